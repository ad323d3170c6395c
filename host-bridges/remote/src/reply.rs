//! Answers a request with what it came to.

use innerbox_binding::Failure;

use crate::Limits;
use crate::answer::{Form, Problem, Reply};
use crate::clone::{CloneOptions, Serialized, serialize};
use crate::remotes::Remotes;

/// Answers with a value of the isolate of `scope`.
///
/// # Errors
/// [`Failure::Pending`] where the isolate is being terminated.
pub(crate) fn fulfil(
    reply: Reply,
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<v8::Value>,
) -> Result<(), Failure> {
    match take(scope, value, reply.form) {
        Ok(answer) => {
            reply.tell(Ok(answer));
            Ok(())
        }
        Err(failure) => fail(reply, scope, failure),
    }
}

/// Answers with what was thrown. Where that has no clone, with its text.
///
/// # Errors
/// As [`fulfil`].
pub(crate) fn fail(reply: Reply, scope: &mut v8::PinScope<'_, '_>, failure: Failure) -> Result<(), Failure> {
    v8::tc_scope!(let scope, scope);
    let Some(exception) = failure.into_exception(scope) else { return Err(Failure::Pending) };
    let problem = match take(scope, exception, Form::Clone) {
        Ok(exception) => Problem::Threw(exception),
        Err(_) if scope.has_terminated() => return Err(Failure::Pending),
        Err(_) => {
            scope.reset();
            let message = innerbox_binding::describe_exception(scope, exception);
            Problem::Said { message, code: "ERR_DATA_CLONE" }
        }
    };
    reply.tell(Err(problem));
    Ok(())
}

/// Takes a value out of the isolate of `scope`. What a getter throws is a [`Failure::Thrown`].
///
/// # Errors
/// As [`serialize`].
pub fn take(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<v8::Value>,
    form: Form,
) -> Result<Serialized, Failure> {
    let remotes = Remotes::of(scope)?;
    match form {
        Form::Reference => Ok(Serialized::of_reference(remotes.lend(scope, value)?)),
        Form::Clone => catching(scope, |scope| {
            let Limits { clone_bytes, .. } = remotes.limits;
            serialize(scope, value, CloneOptions { bytes: clone_bytes, transfer: &[] })
        }),
    }
}

/// Runs `body` and makes what V8 holds as an exception afterwards a [`Failure::Thrown`].
///
/// # Errors
/// Those of `body`; [`Failure::Pending`] where execution is being terminated.
pub(crate) fn catching<'s, 'i, R>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl for<'c> FnOnce(&mut v8::PinScope<'c, 'i>) -> Result<R, Failure>,
) -> Result<R, Failure> {
    v8::tc_scope!(let scope, scope);
    match body(scope) {
        Err(Failure::Pending) => match scope.exception() {
            Some(exception) if !scope.has_terminated() => Err(Failure::thrown(scope, exception)),
            _ => Err(Failure::Pending),
        },
        other => other,
    }
}
