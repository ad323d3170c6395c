//! Exceptions, taken from V8.

use innerbox_binding::{Failure, OrPending};

/// Runs `body`, whose `None` means that V8 holds an exception, and takes the exception.
pub(super) fn catching<'s, 'i, T>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Option<T>,
) -> Result<T, Failure> {
    taking(scope, |scope| body(scope).or_pending())
}

/// Runs `body`, and takes the exception that it leaves with V8. What stays pending is that execution is terminated.
pub(super) fn taking<'s, 'i, T>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    v8::tc_scope!(let scope, scope);
    match body(scope) {
        Err(Failure::Pending) => Err(match scope.exception() {
            Some(exception) if !scope.has_terminated() => Failure::thrown(scope, exception),
            _ => Failure::Pending,
        }),
        result => result,
    }
}
