//! WIT components as JavaScript functions and classes.
//!
//! One call, `image.resize(bytes, {width: 100})`, passes these rooms in order:
//!
//! 1. `call` is V8's callback; it finds the export by the number that the function carries.
//! 2. `check` reads the arguments against the [`plan`] and keeps what it saw on a tape. Getters run here and only here.
//! 3. The [`Door`] enters the component. The bridge declares it; what instantiates components implements it.
//! 4. `lower` writes the tape into the component's linear memory and its core parameters.
//! 5. `lift` makes JavaScript values straight from the linear memory.
//!
//! A call on another thread takes copies of its arguments along (`parcel`), and brings back a copy of the memory that its
//! answer lies in (`pack`), which is lifted when it is back.
//!
//! The shapes of values are jco's: kebab-case becomes camelCase, `list<u8>` is a Uint8Array, `option` a value or
//! undefined, a function's `result` returns or throws, variants are `{tag, val}`, 64-bit integers BigInts, resources
//! classes with `[Symbol.dispose]`.

mod bridge;
mod call;
mod callee;
mod cancellation;
mod check;
mod class;
mod core_value;
mod crew;
mod door;
mod errand;
mod error;
mod fast;
mod fault;
mod given;
mod handle;
mod import;
mod instance;
mod lift;
mod lower;
mod namespace;
mod object;
mod pack;
mod parcel;
mod path;
mod payload;
pub mod plan;
mod promise;
mod queue;
mod room;
mod scalar;
mod side;
mod text;
mod transfer;
pub mod typings;

pub use cancellation::Canceller;
pub use core_value::CoreValue;
pub use door::{Crossing, Done, Door, Flat, Guest, Handles, Importer, Maker, SideBySide, Source};
pub use errand::{Errand, Errands, Reply};
pub use error::references;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub use fast::fast_calls;
pub use fault::{CallId, Fault};
pub use namespace::{attach, attach_context, bind, define_errors, end_run, handles_meter, live_handles};
pub use pack::{Returned, pack_params, pack_value};
pub use parcel::{Answer, Arguments};
pub use promise::{Reserve, promising};
pub use text::Encoding;
pub use transfer::{Came, Chunk, End, Pipe, Slot};
