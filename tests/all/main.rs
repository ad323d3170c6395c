//! What a sandbox does, seen from outside.

mod api;
mod claims;
mod components;
mod crossing;
mod errors;
mod limits;
mod modules;
mod support;
