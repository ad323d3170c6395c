//! The static library of V8 that the `v8` crate links.

pub(crate) mod archive;
mod headers;
mod ninja;
pub(crate) mod source;
mod tools;
pub(crate) mod wrapper;
