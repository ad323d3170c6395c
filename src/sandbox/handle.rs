//! Ends what a sandbox does, from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use innerbox_binding::LoopHandle;
use innerbox_extension::Interrupt;

use crate::engine::Engine;

/// Ends what a [`Sandbox`](super::Sandbox) does, from any thread. See [`Sandbox::handle`](super::Sandbox::handle).
#[derive(Clone)]
pub struct SandboxHandle {
    pub(super) isolate: v8::IsolateHandle,
    pub(super) interrupt: Arc<Interrupt>,
    pub(super) engine: Engine,
    pub(super) event_loop: LoopHandle,
    pub(super) terminated: Arc<AtomicBool>,
}

impl SandboxHandle {
    /// Ends the run that the sandbox is making, if any, and condemns the sandbox: every later run is refused. Once the sandbox
    /// is gone this does nothing.
    ///
    /// It returns at once; the run ends in [`Outcome::Died`](crate::Outcome::Died) when the script, or the component that it
    /// has called, next looks whether it must stop.
    pub fn terminate(&self) {
        self.cut_off();
        self.event_loop.wake();
    }

    /// The same, for who runs the sandbox: nobody else is told.
    pub(crate) fn terminate_quietly(&self) {
        self.cut_off();
        self.event_loop.wake_thread();
    }

    fn cut_off(&self) {
        self.terminated.store(true, Ordering::Release);
        self.interrupt.fire();
        self.isolate.terminate_execution();
        self.engine.increment_epoch();
    }
}
