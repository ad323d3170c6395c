//! Data between isolates: structured clones ([`Serialized`]), and references to values that stay where they are
//! ([`Reference`]).
//!
//! An isolate that has [`Remotes`] may lend values ([`Remotes::lend`]) and hold references of others, which are objects of the
//! class `Reference` to its scripts. What is asked of a reference is a request: a job of the event loop of the isolate that
//! has the value, which is done there in a run of that isolate, under its own limits; the answer goes back the same way.
//! Nothing of one isolate is ever touched by the thread of another.

mod answer;
mod ask;
mod clone;
mod held;
mod home;
mod remotes;
mod reply;
mod request;
mod serde;
mod table;
mod wait;

use innerbox_binding::{Failure, prelude};

pub use answer::Form;
pub use clone::{CloneOptions, Serialized, deserialize, serialize};
pub use held::{held, value};
pub use home::{Home, Reference};
pub use remotes::Remotes;
pub use reply::take;
pub use request::{Action, perform};

/// How much of its remotes an isolate may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most values lent at once, and most references held.
    pub handles: usize,
    /// Most requests that wait for the isolate.
    pub requests: usize,
    /// Most bytes of one clone, and of all requests that wait.
    pub clone_bytes: usize,
}

/// Makes the class `Reference` known to the current context. The isolate needs [`Remotes`].
///
/// # Errors
/// A host fault where the context has no prelude.
pub fn attach(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, ask::SOURCES)
}

/// What the module `innerbox:reference` exports: the class.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn exports<'s>(scope: &mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let exports = v8::Object::new(scope);
    let class = prelude::export(scope, held::SOURCE, "Reference")?;
    innerbox_binding::value::set(scope, exports, "Reference", class);
    Ok(exports)
}
