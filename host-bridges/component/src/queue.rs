//! Calls that wait for a component to come back from another thread.

use std::collections::VecDeque;
use std::sync::Arc;

use innerbox_binding::Completer;

use crate::cancellation::Cancellation;
use crate::door::Door;
use crate::fault::Fault;
use crate::parcel::{Answer, Arguments};
use crate::plan::FunctionId;

/// The calls of one component that were asked for and are not made yet, in order.
pub(crate) type Queue = VecDeque<Job>;

/// A call that was asked for.
pub(crate) struct Job {
    pub(crate) function: FunctionId,
    pub(crate) arguments: Arguments,
    /// The generation that its resources are of; none where it has no resources.
    pub(crate) generation: Option<u32>,
    pub(crate) completer: Completer<Ended>,
    pub(crate) cancellation: Arc<Cancellation>,
}

/// How a call on another thread ended.
pub(crate) enum Ended {
    /// The door of this member of the crew is back, and the answer is to be lifted.
    Ran(usize, Box<dyn Door>, Result<Box<Answer>, Box<Fault>>),
    /// The door is back, and nobody waited for the call when its turn came on the pool.
    Unwanted(usize, Box<dyn Door>),
    /// It never left.
    Refused(Box<Fault>),
    /// Its resources were gone before its turn came.
    Stale,
    /// Nobody waited for it when its turn came.
    Cancelled,
}
