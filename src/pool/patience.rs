//! Whether to look for an answer for a moment before going to sleep: to wake a thread takes the kernel longer than a short run.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// As long as it takes the kernel to wake a thread: whoever looks in vain has wasted no more than sleeping would have cost.
const LOOK: Duration = Duration::from_micros(50);

/// Most waits in a row that do without a look after one in vain.
const SKIPPED_MAX: u32 = 64;

/// What looking has come to. Where answers take longer, or the processors have other work, it is in vain, and hardly done.
#[derive(Default)]
pub(super) struct Patience {
    /// How many waits are to do without.
    skip: AtomicU32,
    /// How many that were when looking was last in vain.
    skipped: AtomicU32,
}

impl Patience {
    /// Looks for a moment whether something `is_there`, unless that was in vain of late.
    pub(super) fn look(&self, is_there: impl Fn() -> bool) {
        if is_there() {
            return;
        }
        let skips = self.skip.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if skips.is_ok() {
            return;
        }
        let start = Instant::now();
        while start.elapsed() < LOOK {
            if is_there() {
                self.skipped.store(0, Ordering::Relaxed);
                return;
            }
            spin_loop();
        }
        let skipped = (2 * self.skipped.load(Ordering::Relaxed)).clamp(1, SKIPPED_MAX);
        self.skipped.store(skipped, Ordering::Relaxed);
        self.skip.store(skipped, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Patience, SKIPPED_MAX};

    /// How many of so many waits looked more than once.
    fn looks(patience: &Patience, waits: u32, answered: bool) -> u32 {
        let looked = |_: &u32| {
            let looks = Cell::new(0);
            patience.look(|| {
                looks.set(looks.get() + 1);
                answered && looks.get() > 1
            });
            looks.get() > 1
        };
        (0..waits).filter(looked).count() as u32
    }

    #[test]
    fn looking_in_vain_is_given_up_and_tried_again() {
        let patience = Patience::default();
        // The first, the third and the sixth: after one wait without, after two, after four.
        assert_eq!(looks(&patience, 10, false), 3);
        looks(&patience, 4 * SKIPPED_MAX, false);
        assert!(looks(&patience, SKIPPED_MAX + 1, true) > 0, "one of so many looks");
        assert_eq!(looks(&patience, 10, true), 10, "it has paid");
    }
}
