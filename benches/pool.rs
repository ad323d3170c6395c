//! A pool with sandboxes that stand ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use innerbox::{Engine, Pool, PoolOptions, Sandbox};

use crate::subject::done;

/// How often it is looked whether the pool has prepared what it was asked for.
const LOOK: Duration = Duration::from_millis(1);

/// A pool that is asked for its next sandbox when it has nothing else to do.
pub(crate) struct Warm {
    pool: Pool,
    options: PoolOptions,
    made: Arc<AtomicUsize>,
    taken: AtomicUsize,
}

impl Warm {
    pub(crate) fn new(engine: &Engine) -> Self {
        let options = PoolOptions { threads: 1, ..PoolOptions::default() };
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let pool = Pool::new(engine, options, move |engine| {
            let sandbox = Sandbox::builder(engine).build();
            count.fetch_add(1, Ordering::Release);
            sandbox
        });
        Self { pool: pool.unwrap(), options, made, taken: AtomicUsize::new(0) }
    }

    /// From asking for a tenant to the answer of its first script. Its end is not part of it.
    pub(crate) fn time(&self) -> Duration {
        self.rest();
        let start = Instant::now();
        let tenant = self.pool.tenant();
        let completion = tenant.eval("1 + 1").wait().unwrap();
        let time = start.elapsed();
        done(completion);
        self.taken.fetch_add(1, Ordering::Relaxed);
        time
    }

    /// Until as many sandboxes stand ready as the pool keeps.
    fn rest(&self) {
        let wanted = self.taken.load(Ordering::Relaxed) + self.options.ready;
        while self.made.load(Ordering::Acquire) < wanted {
            sleep(LOOK);
        }
        sleep(LOOK);
    }
}
