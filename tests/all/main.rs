//! What a sandbox does, seen from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod allocations;
mod api;
mod async_context;
mod claims;
mod cli;
mod components;
mod contexts;
mod crossing;
mod devtools;
mod disasters;
mod doctor;
mod errors;
mod fast;
mod fuzz;
mod general;
mod host;
mod hostile;
mod imports;
mod inspection;
mod languages;
mod layers;
mod limits;
mod modules;
mod names;
mod network;
mod pool;
mod promises;
mod races;
mod remote;
mod shapes;
mod side;
mod support;
mod tampered;
mod typings;
mod wasi;
