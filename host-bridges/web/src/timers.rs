//! Timers on the isolate's event loop.

use std::time::Duration;

use innerbox_binding::{Arguments, EventLoop, Failure, OrPending, Outcome, value};

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "startTimer", start_timer);
    value::set_function(scope, host, "clearTimer", clear_timer);
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

/// `clearTimer(number)`.
fn clear_timer<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let id = args.get(0).number_value(scope).or_pending()?;
    if id >= 1.0 && id.fract() == 0.0 {
        EventLoop::of(scope)?.clear_timer(id as u64);
    }
    Ok(value::undefined(scope))
}
