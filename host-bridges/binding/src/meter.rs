//! How much of a limit was used at most, and what would have been past it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Watches one limit of a sandbox, from any thread.
#[derive(Debug, Default)]
pub struct Meter {
    peak: AtomicUsize,
    refused: AtomicUsize,
}

impl Meter {
    /// Notes that a run begins, with so much in use.
    pub fn begin(&self, used: usize) {
        self.peak.store(used, Ordering::Relaxed);
        self.refused.store(0, Ordering::Relaxed);
    }

    /// Notes that so much is in use.
    pub fn used(&self, used: usize) {
        self.peak.fetch_max(used, Ordering::Relaxed);
    }

    /// Notes how much would have been in use, had it not been refused.
    pub fn refused(&self, wanted: usize) {
        self.refused.store(wanted, Ordering::Relaxed);
    }

    /// The most that was in use at once since the run began.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// What was last refused since the run began, if anything was.
    pub fn refusal(&self) -> Option<usize> {
        Some(self.refused.load(Ordering::Relaxed)).filter(|wanted| *wanted != 0)
    }
}
