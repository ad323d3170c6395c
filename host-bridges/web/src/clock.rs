//! The clocks that scripts see, no finer than they were lent.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use innerbox_binding::{Arguments, Failure, Outcome, reference, value};

use crate::State;

pub(crate) struct Clock {
    origin: Instant,
    origin_since_epoch: Duration,
    coarseness: Duration,
}

impl Clock {
    pub(crate) fn start(coarseness: Duration) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            origin: Instant::now(),
            origin_since_epoch: floor(since_epoch.unwrap_or_default(), coarseness),
            coarseness,
        }
    }

    fn elapsed(&self) -> Duration {
        floor(self.origin.elapsed(), self.coarseness)
    }
}

/// `duration` without what is finer than `grain`.
fn floor(duration: Duration, grain: Duration) -> Duration {
    let rest = duration.as_nanos().checked_rem(grain.as_nanos());
    // The rest is less than the grain, which a script's clock has in milliseconds: it fits.
    let rest = u64::try_from(rest.unwrap_or(0)).unwrap_or(0);
    duration.saturating_sub(Duration::from_nanos(rest))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The time since the context was made, as coarse as scripts see it.
///
/// # Errors
/// A host fault where the web's globals were not installed.
pub fn elapsed(scope: &v8::PinScope<'_, '_>) -> Result<Duration, Failure> {
    Ok(State::of(scope)?.clock.elapsed())
}

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "now", now);
    value::set_function(scope, host, "timeOrigin", time_origin);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![reference(now), reference(time_origin)]
}

/// `timeOrigin()`: when the context was made, in milliseconds of the Unix time.
fn time_origin<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let origin = milliseconds(State::of(scope)?.clock.origin_since_epoch);
    Ok(v8::Number::new(scope, origin).into())
}

/// `now()`: milliseconds since the context was made.
pub(crate) fn now<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let elapsed = milliseconds(elapsed(scope)?);
    Ok(v8::Number::new(scope, elapsed).into())
}

#[cfg(test)]
mod tests {
    use super::{Duration, floor};

    #[test]
    fn what_is_finer_than_the_grain_is_cut() {
        let duration = Duration::from_micros(12_345);
        assert_eq!(floor(duration, Duration::from_millis(1)), Duration::from_millis(12));
        assert_eq!(floor(duration, Duration::from_millis(100)), Duration::ZERO);
        assert_eq!(floor(duration, Duration::ZERO), duration);
    }
}
