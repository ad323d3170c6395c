//! What is told when a run has used a share of its time.

use std::sync::Arc;
use std::time::Duration;

use crate::limit_hit::{Limit, LimitHit};

/// Is told which limit is near.
pub(super) type Tell = Arc<dyn Fn(LimitHit) + Send + Sync>;

/// Whom to tell of a run that has used a share of its wall or processor time.
#[derive(Clone)]
pub(crate) struct TimeWarning {
    pub(crate) share: f64,
    pub(crate) tell: Tell,
}

/// The warnings of one run that are still to come.
pub(super) struct Warnings {
    warning: TimeWarning,
    wall_told: bool,
    cpu_told: bool,
}

impl Warnings {
    pub(super) fn new(warning: TimeWarning) -> Self {
        Self { warning, wall_told: false, cpu_told: false }
    }

    pub(super) fn tell(&self) -> Tell {
        Arc::clone(&self.warning.tell)
    }

    /// True once for each limit, when the share of what is allowed has been used.
    pub(super) fn take(&mut self, which: Limit, used: Duration, allowed: Duration) -> bool {
        let Some(after) = self.due(which, allowed) else { return false };
        let told = if which == Limit::CpuMs { &mut self.cpu_told } else { &mut self.wall_told };
        *told = used >= after;
        used >= after
    }

    /// After how much of what is allowed the warning is due, unless it was given.
    pub(super) fn due(&self, which: Limit, allowed: Duration) -> Option<Duration> {
        let told = if which == Limit::CpuMs { self.cpu_told } else { self.wall_told };
        (!told).then(|| allowed.mul_f64(self.warning.share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_warned_of_once_and_at_its_share() {
        let warning = TimeWarning { share: 0.8, tell: Arc::new(|_| {}) };
        let mut warnings = Warnings::new(warning);
        let allowed = Duration::from_millis(100);
        assert!(!warnings.take(Limit::WallMs, Duration::from_millis(79), allowed));
        assert!(warnings.take(Limit::WallMs, Duration::from_millis(80), allowed));
        assert!(!warnings.take(Limit::WallMs, Duration::from_millis(90), allowed));
        assert!(warnings.take(Limit::CpuMs, Duration::from_millis(100), allowed));
        assert!(!warnings.take(Limit::CpuMs, Duration::from_millis(100), allowed));
    }
}
