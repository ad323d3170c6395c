//! Calls of a component that makes several at once, on threads of its own: an asynchronous one.
//!
//! What WIT declares `async` is a function that returns a promise. Every other function makes the isolate's thread wait,
//! as its caller expects.

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Arguments as Passed, EventLoop, Failure, OrPending};

use crate::bridge::Bridge;
use crate::call::{Call, check, reject, relieve, take};
use crate::check::Tape;
use crate::door::{Crossing, SideBySide};
use crate::errand::{Desk, attend};
use crate::fault::{CallId, Fault, Problem};
use crate::import::Outward;
use crate::instance::Instance;
use crate::parcel::{Answer, Arguments};
use crate::plan::{Function, FunctionId, Role};

type Value<'s> = v8::Local<'s, v8::Value>;

/// Calls an export from V8's callback.
pub(crate) fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Rc<Instance>,
    calls: &Arc<dyn SideBySide>,
    id: FunctionId,
    args: &Passed<'s>,
) -> Result<Value<'s>, Problem> {
    relieve(scope, instance);
    let function = &instance.plan.functions[id];
    if function.asynchronous {
        return Ok(promise(scope, |scope| {
            let mut tape = Tape::default();
            check(scope, instance, function, args, &mut tape)?;
            start(scope, instance, calls, id, &tape)
        })?);
    }
    let mut tape = Tape::default();
    check(scope, instance, function, args, &mut tape)?;
    if instance.desk.as_ref().is_some_and(Desk::stands_still) {
        return Err(Fault::Busy.into());
    }
    let (generation, arguments) = open(scope, instance, &tape)?;
    take(instance, &tape);
    let call = begin(scope, instance)?;
    let answered = calls.wait(call, id, arguments, &mut || attend(scope, instance));
    end(instance, call);
    let answer = answered?;
    let target = matches!(function.role, Role::Constructor(_)).then(|| args.this());
    lift(scope, instance, function, generation, &answer, target)
}

/// A promise of what `body` gives a promise of; it is rejected with what `body` throws.
fn promise<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl FnOnce(&mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Promise>, Failure>,
) -> Result<Value<'s>, Failure> {
    v8::tc_scope!(let scope, scope);
    let exception = match body(scope) {
        Ok(promise) => return Ok(promise.into()),
        Err(Failure::Pending) => {
            let exception = scope.exception().filter(|_| !scope.has_terminated()).or_pending()?;
            scope.reset();
            exception
        }
        Err(failure) => failure.into_exception(scope).or_pending()?,
    };
    let resolver = v8::PromiseResolver::new(scope).or_pending()?;
    resolver.reject(scope, exception);
    Ok(resolver.get_promise(scope).into())
}

/// Starts a call with checked arguments.
///
/// # Errors
/// Where it cannot be started; it has not begun then.
pub(crate) fn start<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Rc<Instance>,
    calls: &Arc<dyn SideBySide>,
    id: FunctionId,
    tape: &Tape<'s>,
) -> Result<v8::Local<'s, v8::Promise>, Failure> {
    let function = &instance.plan.functions[id];
    let (generation, arguments) = match open(scope, instance, tape) {
        Ok(opened) => opened,
        Err(problem) => return Err(reject(scope, instance, function, problem)),
    };
    let call = begin(scope, instance)?;
    let settling = Rc::clone(instance);
    let (promise, completer) =
        EventLoop::of(scope)?.later(scope, move |scope, answered: Result<Box<Answer>, _>| {
            end(&settling, call);
            let function = &settling.plan.functions[id];
            let answer = answered
                .map_err(Problem::Component)
                .and_then(|answer| lift(scope, &settling, function, generation, &answer, None));
            answer.map_err(|problem| reject(scope, &settling, function, problem))
        })?;
    take(instance, tape);
    calls.start(call, id, arguments, Box::new(|answer| completer.complete(answer.map(Box::new))));
    Ok(promise)
}

/// A number for a call, under which its flow is found when it asks something of JavaScript.
fn begin(scope: &v8::PinScope<'_, '_>, instance: &Instance) -> Result<CallId, Failure> {
    let call = Bridge::of(scope)?.outstanding.number();
    if let Some(desk) = &instance.desk {
        desk.begin(scope, call)?;
    }
    Ok(call)
}

/// Notes that a call has ended.
fn end(instance: &Instance, call: CallId) {
    if let Some(desk) = &instance.desk {
        desk.end(call);
    }
}

/// Makes sure that an instance stands ready, and copies the arguments.
fn open<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    tape: &Tape<'s>,
) -> Result<(u32, Arguments), Problem> {
    tape.fits(instance.allowed)?;
    let generation = instance.door()?.open()?;
    instance.stands(generation);
    Ok((generation, Arguments::copy(scope, instance, tape)?))
}

/// Lifts an answer that came back. What breaks the canonical ABI may only be seen here, and ends the instance.
fn lift<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    function: &Function,
    generation: u32,
    answer: &Answer,
    target: Option<v8::Local<'s, v8::Object>>,
) -> Result<Value<'s>, Problem> {
    let outward = Outward { scope, instance, generation, allowed: instance.allowed, thrown: None };
    let mut call = Call { outward, function, tape: &Tape::default(), target, answer: None };
    let lifted = call.lift(answer.source(&mut answer.taken()), &answer.flat);
    let value = call.end(lifted);
    if matches!(value, Err(Problem::Component(_)))
        && let Ok(mut door) = instance.door()
        && door.generation() == generation
    {
        door.condemn();
    }
    value
}
