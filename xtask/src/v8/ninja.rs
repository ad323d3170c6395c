//! Reading how far ninja is.

use std::time::Duration;

/// How ninja is told to begin its lines.
pub(crate) const STATUS: &str = "[%f/%t] ";

/// How many of ninja's steps are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    finished: u32,
    total: u32,
}

impl Done {
    /// What a line of ninja's tells, if it tells that.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (finished, total) = line.strip_prefix('[')?.split_once(']')?.0.split_once('/')?;
        Some(Self { finished: finished.parse().ok()?, total: total.parse().ok()? })
    }

    /// For the user: steps, share and the time that is left, judged by the time that the steps so far took.
    pub(crate) fn shown(self, passed: Duration) -> String {
        let percent = 100 * self.finished / self.total.max(1);
        let counted = format!("{} of {} ({percent} %)", self.finished, self.total);
        if self.finished < 20 {
            return counted; // too early to judge
        }
        let left =
            passed.mul_f64(f64::from(self.total.saturating_sub(self.finished)) / f64::from(self.finished));
        format!("{counted}, about {} min left", left.as_secs().div_ceil(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_head_of_the_line() {
        assert_eq!(Done::parse("[3/2230] CXX obj/a.o"), Some(Done { finished: 3, total: 2230 }));
        assert_eq!(Done::parse("FAILED: [code=1] obj/a.o"), None);
        assert_eq!(Done::parse("[note] x"), None);
    }

    #[test]
    fn the_time_left_follows_from_the_time_passed() {
        let half = Done { finished: 500, total: 1000 };
        assert_eq!(half.shown(Duration::from_secs(600)), "500 of 1000 (50 %), about 10 min left");
        assert_eq!(Done { finished: 1, total: 1000 }.shown(Duration::from_secs(9)), "1 of 1000 (0 %)");
    }
}
