//! Timers on the isolate's event loop.

use std::time::Duration;

use innerbox_binding::{Arguments, EventLoop, Failure, OrPending, Outcome, Waited, reference, value};

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "startTimer", start_timer);
    value::set_function(scope, host, "restartTimer", restart_timer);
    value::set_function(scope, host, "clearTimer", clear_timer);
    value::set_function(scope, host, "releaseTimer", release_timer);
    value::set_function(scope, host, "holdTimer", hold_timer);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![
        reference(start_timer),
        reference(restart_timer),
        reference(clear_timer),
        reference(release_timer),
        reference(hold_timer),
    ]
}

/// `startTimer(callback, milliseconds, repeats)`: the timer's number. Arguments of the callback are bound to it in
/// JavaScript, where the tenant's heap limit counts them.
fn start_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let callback = v8::Local::<v8::Function>::try_from(args.get(0))
        .map_err(|_| Failure::type_error("`callback`: expected function"))?;
    let delay = args.get(1).uint32_value(scope).or_pending()?;
    let delay = Duration::from_millis(u64::from(delay));
    let every = args.get(2).is_true().then_some(delay);
    let id = EventLoop::of(scope)?.start_timer(scope, callback, &[], delay, every)?;
    // Numbers count up from 1, and 2^53 of them are never used up.
    Ok(v8::Number::new(scope, id as f64).into())
}

/// `restartTimer(number, milliseconds)`: whether there is such a timer still.
fn restart_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let delay = args.get(1).uint32_value(scope).or_pending()?;
    let delay = Duration::from_millis(u64::from(delay));
    let event_loop = EventLoop::of(scope)?;
    let id = timer_argument(scope, args.get(0))?;
    let restarted = id.is_some_and(|id| event_loop.restart_timer(id, delay));
    Ok(v8::Boolean::new(scope, restarted).into())
}

/// `clearTimer(number)`.
fn clear_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    if let Some(id) = timer_argument(scope, args.get(0))? {
        EventLoop::of(scope)?.clear_timer(id);
    }
    Ok(value::undefined(scope))
}

/// `releaseTimer(number)`: the run does not wait for it any more.
fn release_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    set_waited(scope, args.get(0), Waited::No)
}

/// `holdTimer(number)`: the run waits for it again.
fn hold_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    set_waited(scope, args.get(0), Waited::Yes)
}

fn set_waited<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    timer: v8::Local<v8::Value>,
    waited: Waited,
) -> Outcome<'s> {
    if let Some(id) = timer_argument(scope, timer)? {
        EventLoop::of(scope)?.set_waited(id, waited);
    }
    Ok(value::undefined(scope))
}

fn timer_argument(scope: &v8::PinScope<'_, '_>, timer: v8::Local<v8::Value>) -> Result<Option<u64>, Failure> {
    let id = timer.number_value(scope).or_pending()?;
    Ok((id >= 1.0 && id.fract() == 0.0).then_some(id as u64))
}
