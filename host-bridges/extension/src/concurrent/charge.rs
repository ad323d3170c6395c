//! How much an instance may have waiting for JavaScript: it chooses what it asks, and the host keeps that meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use innerbox_bridge_component::Fault;

/// Most calls of JavaScript that may wait at once for their answers.
const CALLS_MAX: usize = 10_000;

/// What waits.
#[derive(Default)]
pub(super) struct InFlight {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

/// One call among it; until this is dropped.
pub(super) struct Charge {
    of: Arc<InFlight>,
    bytes: usize,
}

impl InFlight {
    /// Counts a call that was passed so many bytes.
    ///
    /// # Errors
    /// The limit that it would exceed.
    pub(super) fn charge(this: &Arc<Self>, bytes: usize, allowed: usize) -> Result<Charge, Box<Fault>> {
        let calls = this.calls.fetch_add(1, Ordering::AcqRel) + 1;
        let all = this.bytes.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        // What is refused is given back with it.
        let charge = Charge { of: Arc::clone(this), bytes };
        let limit = |which, used: usize, allowed: usize, unit| {
            Err(Box::new(Fault::Limit { which, used: used as u64, allowed: allowed as u64, unit }))
        };
        if calls > CALLS_MAX {
            return limit("calls of JavaScript at once", calls, CALLS_MAX, "");
        }
        if all > allowed {
            return limit("bytes on their way to JavaScript", all, allowed, "bytes");
        }
        Ok(charge)
    }

    /// True where something waits.
    pub(super) fn is_any(&self) -> bool {
        self.calls.load(Ordering::Acquire) > 0
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.of.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        self.of.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_or_refused_counts_no_more() {
        let all: Arc<InFlight> = Arc::default();
        let first = InFlight::charge(&all, 60, 100).unwrap();
        assert!(
            matches!(InFlight::charge(&all, 41, 100), Err(fault) if matches!(*fault, Fault::Limit { used: 101, .. }))
        );
        let second = InFlight::charge(&all, 40, 100).unwrap();
        drop(first);
        assert!(all.is_any() && InFlight::charge(&all, 60, 100).is_ok());
        drop(second);
        assert!(!all.is_any());
        let many: Vec<_> = (0..CALLS_MAX).map(|_| InFlight::charge(&all, 0, 100).unwrap()).collect();
        assert!(InFlight::charge(&all, 0, 100).is_err());
        drop(many);
        assert!(!all.is_any());
    }
}
