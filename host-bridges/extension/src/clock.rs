//! The clocks of components that were lent no finer ones.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// Clocks tick this often: finer ones tell a guest what its neighbours do.
const CLOCK_TICK: Duration = Duration::from_millis(1);

/// Both clocks of WASI, in steps.
#[derive(Clone, Copy)]
pub(super) struct CoarseClock {
    start: Instant,
}

impl CoarseClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

fn coarse(time: Duration) -> Duration {
    let tick = CLOCK_TICK.as_nanos();
    Duration::from_nanos(u64::try_from(time.as_nanos() / tick * tick).unwrap_or(u64::MAX))
}

impl HostMonotonicClock for CoarseClock {
    fn resolution(&self) -> u64 {
        CLOCK_TICK.as_nanos() as u64
    }

    fn now(&self) -> u64 {
        coarse(self.start.elapsed()).as_nanos() as u64
    }
}

impl HostWallClock for CoarseClock {
    fn resolution(&self) -> Duration {
        CLOCK_TICK
    }

    fn now(&self) -> Duration {
        coarse(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}
