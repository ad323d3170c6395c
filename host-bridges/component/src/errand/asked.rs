//! An errand whose function has run: what it came to goes back to the component.

use std::rc::Rc;

use innerbox_binding::{
    Arguments as Passed, Failure, OrPending, Outcome, describe_exception, function, value,
};

use super::{Reply, Scope, Value};
use crate::bridge::Bridge;
use crate::fault::{CallId, Fault, Problem};
use crate::import::{self, Answer as Came};
use crate::instance::Instance;
use crate::plan::{Function, ImportId};

/// Catches what `body` throws: [`Failure::Pending`] is left where execution is being terminated.
pub(super) fn catching<'s, R>(
    scope: Scope<'_, 's, '_>,
    body: impl FnOnce(&mut v8::PinScope<'s, '_>) -> Result<R, Problem>,
) -> Result<R, Problem> {
    v8::tc_scope!(let scope, scope);
    match body(scope) {
        Err(Problem::Script(failure)) if matches!(*failure, Failure::Pending) => {
            match scope.exception().filter(|_| !scope.has_terminated()) {
                Some(exception) => Err(Failure::thrown(scope, exception).into()),
                None => Err(Failure::Pending.into()),
            }
        }
        other => other,
    }
}

/// An errand whose function has run.
pub(super) struct Asked {
    pub(super) instance: Rc<Instance>,
    pub(super) import: ImportId,
    pub(super) generation: u32,
    pub(super) call: Option<CallId>,
    pub(super) reply: Reply,
}

impl Asked {
    fn function(&self) -> &Function {
        &self.instance.plan.imported[self.import]
    }

    /// Answers with what a promise comes to, or at once with what is none.
    pub(super) fn when_settled<'s>(self, scope: Scope<'_, 's, '_>, value: Value<'s>) -> Result<(), Failure> {
        match catching(scope, |scope| Ok(promise(scope, value)?)) {
            Ok(None) => self.finish(scope, &Came::Returned(value)),
            Ok(Some(promise)) if promise.state() == v8::PromiseState::Fulfilled => {
                let value = promise.result(scope);
                self.finish(scope, &Came::Returned(value))
            }
            Ok(Some(promise)) => self.await_(scope, promise),
            Err(problem) => self.refuse(scope, problem),
        }
    }

    fn await_(self, scope: Scope<'_, '_, '_>, promise: v8::Local<v8::Promise>) -> Result<(), Failure> {
        let bridge = Bridge::of(scope)?;
        let outstanding = &bridge.outstanding;
        let number = outstanding.number();
        outstanding.awaited.borrow_mut().insert(number, self);
        let reacting = catching(scope, |scope| Ok(react(scope, promise, number)?));
        let Err(problem) = reacting else { return Ok(()) };
        let asked = outstanding.awaited.borrow_mut().remove(&number);
        asked.map_or(Ok(()), |asked| asked.refuse(scope, problem))
    }

    /// Answers with what the function came to, if that fits.
    pub(super) fn finish<'s>(self, scope: Scope<'_, 's, '_>, came: &Came<'s>) -> Result<(), Failure> {
        let (instance, generation) = (&*self.instance, self.generation);
        let copied =
            catching(scope, |scope| import::copy(scope, instance, generation, self.function(), came));
        match copied {
            Ok(arguments) => {
                (self.reply)(Ok(arguments));
                Ok(())
            }
            Err(problem) => self.refuse(scope, problem),
        }
    }

    /// Answers with a fault. What the script threw is kept for the call that it was thrown for.
    pub(super) fn refuse(self, scope: Scope<'_, '_, '_>, problem: Problem) -> Result<(), Failure> {
        let failure = match problem {
            Problem::Component(fault) => {
                (self.reply)(Err(fault));
                return Ok(());
            }
            Problem::Script(failure) => *failure,
        };
        let Some(exception) = failure.into_exception(scope) else {
            (self.reply)(Err(Fault::Terminated.into()));
            return Err(Failure::Pending);
        };
        let described = describe_exception(scope, exception);
        let text = format!("what JavaScript gave as `{}` threw: {described}", self.function().title);
        let fault = match self.call {
            Some(call) => {
                let exception = v8::Global::new(scope, exception);
                Bridge::of(scope)?.outstanding.raised.borrow_mut().insert(call, exception);
                Box::new(Fault::Raised { call, text })
            }
            None => Fault::abi(text),
        };
        (self.reply)(Err(fault));
        Ok(())
    }
}

/// The promise that a value is, or stands for; none for a primitive.
fn promise<'s>(
    scope: &v8::PinScope<'s, '_>,
    value: Value<'s>,
) -> Result<Option<v8::Local<'s, v8::Promise>>, Failure> {
    if !value.is_object() {
        return Ok(None);
    }
    if let Ok(promise) = v8::Local::<v8::Promise>::try_from(value) {
        return Ok(Some(promise));
    }
    let resolver = v8::PromiseResolver::new(scope).or_pending()?;
    resolver.resolve(scope, value).or_pending()?;
    Ok(Some(resolver.get_promise(scope)))
}

fn react<'s>(
    scope: &v8::PinScope<'s, '_>,
    promise: v8::Local<'s, v8::Promise>,
    number: u64,
) -> Result<(), Failure> {
    let data = Some(v8::Number::new(scope, number as f64).into());
    let fulfilled = function(scope, "fulfilled", fulfilled, data).or_pending()?;
    let rejected = function(scope, "rejected", rejected, data).or_pending()?;
    promise.then2(scope, fulfilled, rejected).or_pending().map(drop)
}

/// The errand that a reaction is to; none where its instance is dead, or its run over.
fn awaited(scope: &v8::PinScope<'_, '_>, args: &Passed<'_>) -> Result<Option<Asked>, Failure> {
    let number = args.data().number_value(scope).unwrap_or_default() as u64;
    let asked = Bridge::of(scope)?.outstanding.awaited.borrow_mut().remove(&number);
    Ok(asked.filter(|asked| asked.instance.generation.get() == asked.generation))
}

fn fulfilled<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    if let Some(asked) = awaited(scope, &args)? {
        asked.finish(scope, &Came::Returned(args.get(0)))?;
    }
    Ok(value::undefined(scope))
}

fn rejected<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some(asked) = awaited(scope, &args)? else { return Ok(value::undefined(scope)) };
    let exception = args.get(0);
    let payload =
        catching(scope, |scope| Ok(import::payload(scope, &asked.instance, asked.function(), exception)?));
    match payload {
        Ok(Some(payload)) => asked.finish(scope, &Came::Failed(payload))?,
        Ok(None) => asked.refuse(scope, Failure::thrown(scope, exception).into())?,
        Err(problem) => asked.refuse(scope, problem)?,
    }
    Ok(value::undefined(scope))
}
