//! One V8 isolate with its limits. Knows no wasmtime.
//!
//! [`platform`] starts V8 once for the process. [`ParkedIsolate`] is an isolate that is entered for one turn at a time,
//! with a quota on the bytes of array buffers ([`innerbox_binding::Buffers`]) and a heap limit that ends a run instead of the process
//! ([`heap_limit`]). [`realm`] takes from a fresh context what a tenant must not have. [`rejections`] remembers the
//! promises that nobody handled, and [`exception`] turns what was thrown into a [`ScriptError`](crate::ScriptError).

pub(crate) mod platform;

mod blob;
mod creation;
mod entry;
mod heap_limit;

pub(crate) mod exception;
pub(crate) mod realm;
pub(crate) mod rejections;

pub(crate) use blob::Blob;
pub(crate) use creation::Creation;
pub(crate) use entry::{IsolateOptions, ParkedIsolate};
pub(crate) use heap_limit::{HeapLimit, HeapWarning};
