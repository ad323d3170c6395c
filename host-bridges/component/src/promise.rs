//! Exports as functions that return promises: the component runs on the rayon pool, and the isolate goes on.
//!
//! Arguments are checked and copied, and answers lifted, on the isolate's thread; what is between leaves it. Calls of one
//! instance are made in the order in which they were asked for; while one is away, a plain call finds the component busy.

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Arguments as Passed, EventLoop, Failure, OrPending, Outcome, function, value};

use crate::bridge::Bridge;
use crate::call::{Call, export_of, reject, relieve, take};
use crate::callee::{self, Callee};
use crate::cancellation::Cancellation;
use crate::check::{Checker, Tape};
use crate::crew::{Crew, require_stateless};
use crate::door::Crossing;
use crate::fault::Problem;
use crate::import::Outward;
use crate::instance::Instance;
use crate::parcel::{Answer, Arguments, Passing};
use crate::plan::{Function, FunctionId, Role};
use crate::queue::{Ended, Job};
use crate::side;

const SOURCE: &str = include_str!("promising.js");

/// The function `promising` of the module that scripts import it from.
///
/// `reserve` counts the instances that a script asks for besides, before they are made, and refuses those past its limit.
///
/// # Errors
/// [`Failure::Pending`] where its JavaScript does not run.
pub fn promising<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    reserve: Reserve,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let source = value::string(scope, SOURCE);
    let make = v8::Script::compile(scope, source, None).or_pending()?.run(scope).or_pending()?;
    let make = v8::Local::<v8::Function>::try_from(make)
        .map_err(|_| Failure::error("host fault: promising.js gives no function"))?;
    let start = function(scope, "start", start, None).or_pending()?;
    let cancel = function(scope, "cancel", cancel, None).or_pending()?;
    let gather = function(scope, "gather", gather, None).or_pending()?;
    Bridge::of(scope)?.reserve.set(Some(reserve));
    let receiver = value::undefined(scope);
    make.call(scope, receiver, &[start.into(), cancel.into(), gather.into()]).or_pending()
}

/// See [`promising`].
pub type Reserve = fn(&v8::Isolate, usize) -> Result<(), Failure>;

/// `start(fn, this, arguments, crew)`: a list of the promise and the call's number. `start(fn)` only says whether it
/// could be.
fn start<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let bridge = Bridge::of(scope)?;
    let callee = callee_of(scope, &bridge, args.get(0))?;
    let Some((id, function)) = export_of(callee) else { return Ok(value::undefined(scope)) };
    refuse_what_stays(&callee.instance, function)?;
    let Ok(list) = v8::Local::<v8::Array>::try_from(args.get(2)) else { return Ok(value::undefined(scope)) };
    let mut values = Vec::with_capacity(list.length() as usize);
    for index in 0..list.length() {
        values.push(list.get_index(scope, index).or_pending()?);
    }
    let crew = args.get(3).uint32_value(scope).filter(|_| args.get(3).is_number());
    let crew = crew.and_then(|number| bridge.crews.borrow().get(number as usize).cloned());
    let crew = crew.unwrap_or_else(|| Crew::of_one(&callee.instance));
    let (promise, number) = ask(scope, &bridge, &Rc::new(crew), id, args.get(1), &values)?;
    let number = v8::Number::new(scope, number as f64);
    Ok(v8::Array::new_with_elements(scope, &[promise.into(), number.into()]).into())
}

fn callee_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    function: v8::Local<'s, v8::Value>,
) -> Result<&'s Callee, Failure> {
    let data = v8::Local::<v8::Object>::try_from(function).ok();
    let data = data.and_then(|object| bridge.functions.data(scope, object));
    callee::of(data.ok_or_else(|| Failure::type_error("`fn`: expected a function of a component"))?)
}

/// `gather(fn, instances)`: the number of a crew of so many instances.
fn gather<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let bridge = Bridge::of(scope)?;
    let callee = callee_of(scope, &bridge, args.get(0))?;
    let Some((_, function)) = export_of(callee) else { return Ok(value::undefined(scope)) };
    let instance = &callee.instance;
    require_stateless(&instance.name, function)?;
    if instance.side_by_side.is_some() {
        let (title, name) = (&function.title, &instance.name);
        let message =
            format!("`{title}` of component `{name}` runs side by side with itself in one instance");
        return Err(Failure::type_error(message));
    }
    let count = v8::Local::<v8::Number>::try_from(args.get(1)).map(|number| number.value());
    let count = count.ok().filter(|count| count.fract() == 0.0 && *count >= 1.0);
    let count = count.ok_or_else(|| Failure::type_error("`instances`: expected a whole number above 0"))?;
    if let Some(reserve) = bridge.reserve.get() {
        reserve(scope, count as usize)?;
    }
    let crew = Crew::of_many(scope, &bridge, instance, count as usize);
    let mut crews = bridge.crews.borrow_mut();
    crews.push(crew);
    Ok(v8::Number::new(scope, (crews.len() - 1) as f64).into())
}

/// `cancel(number)`: nobody waits for this call any more.
fn cancel<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let number = args.get(0).number_value(scope).unwrap_or_default();
    Bridge::of(scope)?.calls.cancel(number as u64);
    Ok(value::undefined(scope))
}

fn refuse_what_stays(instance: &Instance, function: &Function) -> Result<(), Failure> {
    let (title, name) = (&function.title, &instance.name);
    let stays = |why: &str| {
        Err(Failure::type_error(format!("`{title}` of component `{name}` cannot run off the thread: {why}")))
    };
    if matches!(function.role, Role::Constructor(_)) {
        return stays("it is a constructor");
    }
    if instance.plan.calls_scripts() && instance.side_by_side.is_none() {
        return stays("the component calls JavaScript");
    }
    Ok(())
}

/// Checks the arguments and asks for the call; gives its promise and its number.
fn ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Rc<Bridge>,
    crew: &Rc<Crew>,
    id: FunctionId,
    this: v8::Local<'s, v8::Value>,
    values: &[v8::Local<'s, v8::Value>],
) -> Result<(v8::Local<'s, v8::Promise>, u64), Failure> {
    // Where there are several, they share the plan and the limits, and no argument is a resource.
    let instance = &crew.members[0];
    let function = &instance.plan.functions[id];
    relieve(scope, instance);
    let generation = instance.live_generation();
    let tape = check(scope, instance, generation, function, this, values)?;
    tape.fits(instance.allowed).map_err(|fault| reject(scope, instance, function, fault.into()))?;
    if let Some(calls) = &instance.side_by_side {
        // Its call goes on unheard when it is cancelled: only the whole instance could be ended.
        return Ok((side::start(scope, instance, calls, id, &tape)?, 0));
    }
    let arguments = Arguments::copy(scope, instance, &tape)?;
    let uses_resources = !tape.taken.is_empty() || !tape.lent.is_empty();
    let cancellation = Arc::new(Cancellation::default());
    let number = bridge.calls.enter(&cancellation);
    let (settling, calls) = (Rc::clone(crew), Rc::downgrade(bridge));
    let later = EventLoop::of(scope)?.later(scope, move |scope, ended| {
        if let Some(bridge) = calls.upgrade() {
            bridge.calls.leave(number);
        }
        let outcome = settle(scope, &settling, id, ended);
        next(&settling);
        outcome
    });
    let (promise, completer) = later.inspect_err(|_| bridge.calls.leave(number))?;
    take(instance, &tape);
    let generation = uses_resources.then_some(generation);
    crew.push(Job { function: id, arguments, generation, completer, cancellation });
    next(crew);
    Ok((promise, number))
}

fn check<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    generation: u32,
    function: &Function,
    this: v8::Local<'s, v8::Value>,
    values: &[v8::Local<'s, v8::Value>],
) -> Result<Tape<'s>, Failure> {
    let checker = Checker { instance, generation };
    let mut tape = Tape::default();
    for (index, param) in function.params.iter().enumerate() {
        let value = match index.checked_sub(function.role.receivers()) {
            Some(position) => values.get(position).copied().unwrap_or_else(|| value::undefined(scope)),
            None => this,
        };
        checker.param(scope, param, value, &mut tape)?;
    }
    checker.finish(scope, &tape)?;
    Ok(tape)
}

/// Sends the calls that wait on their way, as long as a door is here.
fn next(crew: &Crew) {
    while let Some((member, job)) = crew.next() {
        match ready(&crew.members[member], &job) {
            Ok(()) => leave(crew, member, job),
            Err(ended) => job.completer.complete(ended),
        }
    }
}

/// Makes sure that the call can be made, by the instance that it was asked of where it has resources.
fn ready(instance: &Instance, job: &Job) -> Result<(), Ended> {
    if job.cancellation.is_cancelled() {
        return Err(Ended::Cancelled);
    }
    let mut door = instance.door().map_err(Ended::Refused)?;
    if job.generation.is_some_and(|generation| generation != door.generation()) {
        return Err(Ended::Stale);
    }
    let generation = door.open().map_err(Ended::Refused)?;
    instance.stands(generation);
    Ok(())
}

/// Takes the door out of the instance, and makes the call on the pool.
fn leave(crew: &Crew, member: usize, job: Job) {
    let instance = &crew.members[member];
    let Some(mut door) = instance.door.borrow_mut().take() else { return };
    let (plan, allowed) = (Arc::clone(&instance.plan), instance.allowed);
    let Job { function, arguments, completer, cancellation, .. } = job;
    cancellation.runs(door.canceller());
    rayon::spawn(move || {
        if cancellation.is_cancelled() {
            return completer.complete(Ended::Unwanted(member, door));
        }
        let mut passing = Passing::new(&plan.functions[function], arguments, allowed);
        let called = completer.span().in_scope(|| door.call(function, &mut passing));
        completer.complete(Ended::Ran(member, door, called.and_then(|()| passing.answer().map(Box::new))));
    });
}

/// What the promise is settled with, on the isolate's thread.
fn settle<'s>(scope: &mut v8::PinScope<'s, '_>, crew: &Crew, id: FunctionId, ended: Ended) -> Outcome<'s> {
    let plan = &crew.members[0].plan;
    let function = &plan.functions[id];
    let answer = match ended {
        Ended::Ran(member, mut door, answered) => {
            let instance = &crew.members[member];
            let answer = answered
                .map_err(Problem::from)
                .and_then(|answer| lift(scope, instance, function, door.generation(), &answer));
            // What breaks the canonical ABI may only be seen here.
            if matches!(answer, Err(Problem::Component(_))) {
                door.condemn();
            }
            *instance.door.borrow_mut() = Some(door);
            answer
        }
        Ended::Refused(fault) => Err(fault.into()),
        Ended::Unwanted(member, door) => {
            *crew.members[member].door.borrow_mut() = Some(door);
            Err(cancelled(function).into())
        }
        Ended::Cancelled => Err(cancelled(function).into()),
        Ended::Stale => {
            let message =
                format!("`{}`: the component's instance died before the call's turn came", function.title);
            Err(Failure::type_error(message).code("ERR_STALE_HANDLE").into())
        }
    };
    answer.map_err(|problem: Problem| reject(scope, &crew.members[0], function, problem))
}

/// Nobody sees it: whoever cancelled the call has rejected its promise.
fn cancelled(function: &Function) -> Failure {
    Failure::error(format!("`{}` was cancelled", function.title)).code("ERR_CANCELLED")
}

/// Lifts an answer that came back from another thread.
fn lift<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    function: &Function,
    generation: u32,
    answer: &Answer,
) -> Result<v8::Local<'s, v8::Value>, Problem> {
    let outward = Outward { scope, instance, generation, allowed: instance.allowed, thrown: None };
    let mut call = Call { outward, function, tape: &Tape::default(), target: None, answer: None };
    let lifted = call.lift(answer.source(&mut answer.taken()), &answer.flat);
    call.end(lifted)
}
