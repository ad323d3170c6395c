//! Ends the process where a run goes on past its limit: some of V8's built-in functions cannot be interrupted.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use innerbox::{Completion, Limit, LimitHit, Outcome, Usage};

/// How long a run may take to end by itself once its time is over. A large collection of garbage takes half a second.
const GRACE: Duration = Duration::from_secs(2);

/// Armed until it is dropped.
pub(crate) struct HardStop {
    _armed: Option<Sender<()>>,
}

impl HardStop {
    /// Calls `tell` with the record of the run and ends the process, should the run go on past `wall` for too long.
    pub(crate) fn arm(wall: Option<Duration>, tell: impl FnOnce(&Completion) -> u8 + Send + 'static) -> Self {
        let Some(wall) = wall else { return Self { _armed: None } };
        let (armed, disarmed) = channel();
        let start = Instant::now();
        let watch = move || {
            if disarmed.recv_timeout(wall.saturating_add(GRACE)) == Err(RecvTimeoutError::Timeout) {
                let code = tell(&overdue(start.elapsed(), wall));
                std::process::exit(code.into());
            }
        };
        // Without this thread the run is watched as any other, and only what cannot be interrupted goes on.
        let thread = std::thread::Builder::new().name("innerbox-hard-stop".to_owned()).spawn(watch);
        Self { _armed: thread.ok().map(|_| armed) }
    }
}

/// The record of a run that does not end. What it used besides time only its own thread could tell.
fn overdue(used: Duration, allowed: Duration) -> Completion {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let limit = LimitHit { which: Limit::WallMs, used: milliseconds(used), allowed: milliseconds(allowed) };
    Completion { outcome: Outcome::Limit { limit }, usage: Usage { wall: used, ..Usage::default() } }
}
