//! What every host bridge shares.
//!
//! A bridge shows something outside V8 to an isolate. Whatever it shows, it needs the same things: a way to make
//! JavaScript functions that cannot unwind into V8 ([`function`]), errors of the isolate's own realm ([`Failure`]),
//! work that finishes later ([`EventLoop`]) in the flow that asked for it ([`Flow`]), JavaScript of its own ([`prelude`]), and a few shorthands for values
//! ([`value`]).
//!
//! `scope` is always the first parameter. It dereferences to `&mut v8::Isolate`, which is how code reaches the isolate.

mod buffer;
mod callback;
mod denied;
mod event_loop;
mod failure;
mod flow;
mod globals;
mod mailbox;
mod meter;
mod neighbours;
pub mod prelude;
mod strings;
mod timers;
pub mod value;

pub use buffer::{
    Buffers, Held, Quota, array_buffer, array_buffer_from, hold, require_room, uint8_array, uint8_array_from,
};
pub use callback::{Arguments, function, guard, host_fault, panic_message, reference, template};
pub use event_loop::{Attending, Completer, EventLoop, LoopLimits, Turn};
pub use failure::{Class, Detail, Failure, NewError, OrPending, Outcome, describe_exception};
pub use flow::Flow;
pub use globals::{attach_denied_error, define_denied_error, denied_references};
pub use mailbox::{Job, LoopHandle, wait_on_thread};
pub use meter::Meter;
pub use neighbours::{Neighbours, Served, neighbours, set_neighbours};
pub use timers::Waited;
