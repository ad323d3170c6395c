//! To wait inside a component's call, and no longer than its run or its call may take.
//!
//! wasmtime's synchronous WASI waits by tokio's `block_on`: it cannot be interrupted, and panics on a thread that runs
//! futures already. Here a future is polled on the thread itself, which sleeps in between and looks up every few
//! milliseconds; timers and sockets are driven by a thread beside it.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wasmtime::Trap;

use crate::interrupt::Interrupt;

/// A waiting component looks this often whether its run or its call has ended.
const SLICE: Duration = Duration::from_millis(5);

/// Waits for a future.
///
/// # Errors
/// Where the run or the call ends first, or the system refuses a thread.
pub(crate) fn wait<F: Future>(interrupt: &Interrupt, future: F) -> wasmtime::Result<F::Output> {
    let _entered = runtime()?.enter();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        if interrupt.fired() || interrupt.call_expired() {
            return Err(Trap::Interrupt.into());
        }
        thread::park_timeout(SLICE);
    }
}

/// Runs what begins to use timers or sockets, and does not wait for them.
///
/// # Errors
/// Where the system refuses a thread.
pub(crate) fn begin<R>(work: impl FnOnce() -> R) -> wasmtime::Result<R> {
    let _entered = runtime()?.enter();
    Ok(work())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// What drives timers and sockets, started when a component first waits.
fn runtime() -> wasmtime::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("innerbox-wasi").enable_all().build().ok()
    };
    let runtime = RUNTIME.get_or_init(start).as_ref();
    runtime.ok_or_else(|| wasmtime::Error::msg("the system refuses a thread to wait with"))
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::{Duration, Instant};

    use super::wait;
    use crate::interrupt::Interrupt;

    #[test]
    fn a_future_is_waited_for() {
        let interrupt = Interrupt::idle();
        let started = Instant::now();
        wait(&interrupt, async { tokio::time::sleep(Duration::from_millis(20)).await }).unwrap();
        assert!(started.elapsed() >= Duration::from_millis(20));
        assert_eq!(wait(&interrupt, async { 7 }).unwrap(), 7);
    }

    #[test]
    fn waiting_ends_with_the_run() {
        let interrupt = Interrupt::idle();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                interrupt.end();
            });
            wait(&interrupt, pending::<()>()).unwrap_err();
        });
    }

    #[test]
    fn a_thread_that_runs_futures_may_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sleep = async { tokio::time::sleep(Duration::from_millis(1)).await };
        runtime.block_on(async { wait(&Interrupt::idle(), sleep) }).unwrap();
    }
}
