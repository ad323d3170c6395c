//! What a sandbox does, seen from outside.

mod api;
mod errors;
mod limits;
mod modules;
