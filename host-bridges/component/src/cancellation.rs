//! Calls on other threads that nobody waits for any more.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// See [`Door::canceller`](crate::Door::canceller).
pub type Canceller = Arc<dyn Fn() + Send + Sync>;

/// Tells a call that nobody waits for it.
#[derive(Default)]
pub(crate) struct Cancellation {
    cancelled: AtomicBool,
    running: Mutex<Option<Canceller>>,
}

impl Cancellation {
    /// True once nobody waits for the call.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Notes how the call is ended, now that it runs.
    pub(crate) fn runs(&self, canceller: Canceller) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(canceller);
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        if let Some(canceller) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            canceller();
        }
    }
}

/// The calls of one isolate that have not ended, by number.
#[derive(Default)]
pub(crate) struct Calls {
    last: Cell<u64>,
    open: RefCell<HashMap<u64, Arc<Cancellation>>>,
}

impl Calls {
    /// Enters a call, and gives its number.
    pub(crate) fn enter(&self, cancellation: &Arc<Cancellation>) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.open.borrow_mut().insert(number, Arc::clone(cancellation));
        number
    }

    /// Forgets a call that has ended.
    pub(crate) fn leave(&self, number: u64) {
        self.open.borrow_mut().remove(&number);
    }

    /// Cancels all of them.
    pub(crate) fn cancel_all(&self) {
        for (_, call) in self.open.borrow_mut().drain() {
            call.cancel();
        }
    }

    /// Cancels a call; one that has ended is none.
    pub(crate) fn cancel(&self, number: u64) {
        if let Some(call) = self.open.borrow().get(&number) {
            call.cancel();
        }
    }
}
