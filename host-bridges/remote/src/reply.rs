//! What a request comes to, on its way back.

use innerbox_binding::Failure;

use crate::Limits;
use crate::clone::{CloneOptions, Serialized, serialize};
use crate::remotes::Remotes;

/// What the other isolate answers.
pub(crate) type Answer = Result<Serialized, Problem>;

/// Why there is no value.
pub(crate) enum Problem {
    /// The other isolate threw this.
    Threw(Serialized),
    /// This is said of it.
    Said { message: String, code: &'static str },
}

impl Problem {
    pub(crate) fn gone() -> Self {
        let message = "the isolate that the reference points into is gone".to_owned();
        Self::Said { message, code: "ERR_REFERENCE_GONE" }
    }
}

/// In which form a value is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A structured clone.
    Clone,
    /// A reference to it.
    Reference,
}

/// Who waits for an answer. Dropped without one, it says that the isolate is gone.
pub(crate) struct Reply {
    form: Form,
    tell: Option<Box<dyn FnOnce(Answer) + Send>>,
}

impl Reply {
    pub(crate) fn new(form: Form, tell: impl FnOnce(Answer) + Send + 'static) -> Self {
        Self { form, tell: Some(Box::new(tell)) }
    }

    /// Answers with a value of the isolate of `scope`.
    ///
    /// # Errors
    /// [`Failure::Pending`] where the isolate is being terminated.
    pub(crate) fn fulfil(
        self,
        scope: &mut v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
    ) -> Result<(), Failure> {
        match take(scope, value, self.form) {
            Ok(answer) => {
                self.tell(Ok(answer));
                Ok(())
            }
            Err(failure) => self.fail(scope, failure),
        }
    }

    /// Answers with what was thrown. Where that has no clone, with its text.
    ///
    /// # Errors
    /// As [`fulfil`](Self::fulfil).
    pub(crate) fn fail(self, scope: &mut v8::PinScope<'_, '_>, failure: Failure) -> Result<(), Failure> {
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
        self.tell(Err(problem));
        Ok(())
    }

    fn tell(mut self, answer: Answer) {
        if let Some(tell) = self.tell.take() {
            tell(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(Err(Problem::gone()));
        }
    }
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
