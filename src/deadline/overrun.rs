//! What is told when a run does not end though its time is over.

use std::sync::Arc;
use std::time::Duration;

use crate::limit_hit::LimitHit;

/// Whom to tell of a run that goes on for too long after it was terminated, since V8 is in a function that looks at
/// nothing.
#[derive(Clone)]
pub(crate) struct Overrun {
    pub(crate) grace: Duration,
    pub(crate) tell: Arc<dyn Fn(LimitHit) + Send + Sync>,
}
