//! The bytes of file contents that unfinished calls hold: a script may start many before it takes one answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A count of bytes that may be held at once, shared with the pool's threads.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Count>);

#[derive(Debug)]
struct Count {
    held: AtomicUsize,
    allowed: usize,
}

/// Bytes that are held, until this is dropped.
pub(crate) struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(allowed: usize) -> Self {
        Self(Arc::new(Count { held: AtomicUsize::new(0), allowed }))
    }

    pub(crate) fn hold(&self, bytes: usize) -> Option<Held> {
        let mut held = Held { budget: self.clone(), bytes: 0 };
        held.grow(bytes).then_some(held)
    }

    pub(crate) fn allowed(&self) -> usize {
        self.0.allowed
    }
}

impl Held {
    /// Holds `bytes` more; false, and nothing more held, where they do not fit.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let count = &self.budget.0;
        let fits = |held: usize| held.checked_add(bytes).filter(|total| *total <= count.allowed);
        let grown = count.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if grown {
            self.bytes += bytes;
        }
        grown
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.0.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_budget_holds_at_its_limit_and_one_past_it() {
        let budget = Budget::new(10);
        let mut held = budget.hold(9).expect("9 of 10");
        assert!(held.grow(1));
        assert!(!held.grow(1));
        assert!(budget.hold(1).is_none());
        drop(held);
        assert!(budget.hold(10).is_some());
        assert!(budget.hold(11).is_none());
    }
}
