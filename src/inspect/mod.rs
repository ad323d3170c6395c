//! Looking into a sandbox from outside: statistics, profiles, and V8's inspector with its protocol. Knows no wasmtime.
//!
//! [`Agent`] is the inspector of one isolate, on its thread. [`Inspector`] and [`InspectorSession`] reach it from any
//! thread, through the [`Inbox`](inbox::Inbox). [`Probe`](probe::Probe) is the host's own session, for profiles.
//!
//! Nothing of this can be reached by a script: V8's console stays away from it ([`console`]), what a client evaluates has no
//! command-line API ([`protocol`]), and no function of it is given to any realm.

mod agent;
mod client;
mod console;
mod handle;
mod inbox;
mod probe;
mod protocol;
mod statistics;

pub(crate) use agent::Agent;
pub use handle::{Inspector, InspectorMessage, InspectorSession, Start};
pub use statistics::{HeapStatistics, Times};
