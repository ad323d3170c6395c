//! Structured clones: a value with all that it refers to, outside of any isolate.
//!
//! What is cloned and what is refused is HTML's [structured clone][1]; besides, a [`Reference`] is cloned as another
//! handle to what it refers to, and errors keep their own properties. It is a format of our own and not V8's serializer,
//! which writes a string again wherever it occurs, asks no limit, and cannot be interrupted.
//!
//! [1]: https://html.spec.whatwg.org/multipage/structured-data.html

mod deserialize;
mod errors;
pub(crate) mod graph;
mod serialize;
mod text;

pub use deserialize::deserialize;
pub use graph::Serialized;
pub use serialize::{CloneOptions, serialize};
