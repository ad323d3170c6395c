//! Exports as functions that return promises: the component runs on the rayon pool, and the isolate goes on.
//!
//! Arguments are checked and lowered, and results lifted, on the isolate's thread; only the run between leaves it. Calls of one
//! instance are made in the order in which they were asked for; while one is away, a plain call finds the component busy.

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Arguments, EventLoop, Failure, OrPending, Outcome, function, value};

use crate::bridge::Bridge;
use crate::call::{Call, export_of, reject, relieve, take};
use crate::callee::{self, Callee};
use crate::cancellation::Cancellation;
use crate::check::{Checker, Tape};
use crate::door::Fault;
use crate::import::Outward;
use crate::instance::{Instance, Problem};
use crate::lift::over;
use crate::plan::{Function, FunctionId, Role};
use crate::queue::{Ended, Job};

const SOURCE: &str = include_str!("promising.js");

/// The function `promising` of the module that scripts import it from.
///
/// # Errors
/// [`Failure::Pending`] where its JavaScript does not run.
pub fn promising<'s>(scope: &mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let source = value::string(scope, SOURCE);
    let make = v8::Script::compile(scope, source, None).or_pending()?.run(scope).or_pending()?;
    let make = v8::Local::<v8::Function>::try_from(make)
        .map_err(|_| Failure::error("host fault: promising.js gives no function"))?;
    let start = function(scope, "start", start, None).or_pending()?;
    let cancel = function(scope, "cancel", cancel, None).or_pending()?;
    let receiver = value::undefined(scope);
    make.call(scope, receiver, &[start.into(), cancel.into()]).or_pending()
}

/// `start(fn, this, arguments)`: a list of the promise and the call's number. `start(fn)` only says whether it could be.
fn start<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let bridge = Bridge::of(scope)?;
    let data = v8::Local::<v8::Object>::try_from(args.get(0)).ok();
    let data = data.and_then(|object| bridge.functions.data(scope, object));
    let data = data.ok_or_else(|| Failure::type_error("`fn`: expected a function of a component"))?;
    let callee = callee::of(data)?;
    let Some((id, function)) = export_of(callee) else { return Ok(value::undefined(scope)) };
    refuse_what_stays(&callee.instance, function)?;
    let Ok(list) = v8::Local::<v8::Array>::try_from(args.get(2)) else { return Ok(value::undefined(scope)) };
    let mut values = Vec::with_capacity(list.length() as usize);
    for index in 0..list.length() {
        values.push(list.get_index(scope, index).or_pending()?);
    }
    let (promise, number) = ask(scope, &bridge, callee, id, args.get(1), &values)?;
    let number = v8::Number::new(scope, number as f64);
    Ok(v8::Array::new_with_elements(scope, &[promise.into(), number.into()]).into())
}

/// `cancel(number)`: nobody waits for this call any more.
fn cancel<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
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
    if !instance.plan.imported.is_empty() {
        return stays("the component calls JavaScript");
    }
    let has_no_steps = instance.door().is_ok_and(|mut door| door.in_steps().is_none());
    if has_no_steps { stays("it takes the general door") } else { Ok(()) }
}

/// Checks the arguments and asks for the call; gives its promise and its number.
fn ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Rc<Bridge>,
    callee: &Callee,
    id: FunctionId,
    this: v8::Local<'s, v8::Value>,
    values: &[v8::Local<'s, v8::Value>],
) -> Result<(v8::Local<'s, v8::Promise>, u64), Failure> {
    let instance = &callee.instance;
    let function = &instance.plan.functions[id];
    relieve(scope, instance);
    let generation = instance.live_generation();
    let tape = check(scope, instance, generation, function, this, values)?;
    let uses_resources = !tape.taken.is_empty() || !tape.lent.is_empty();
    let cancellation = Arc::new(Cancellation::default());
    let number = bridge.calls.enter(&cancellation);
    let (settling, calls) = (Rc::clone(instance), Rc::downgrade(bridge));
    let (promise, completer) = EventLoop::of(scope)?.later(scope, move |scope, ended| {
        if let Some(bridge) = calls.upgrade() {
            bridge.calls.leave(number);
        }
        let outcome = settle(scope, &settling, id, ended);
        next(scope, &settling);
        outcome
    })?;
    take(instance, &tape);
    let job = Job::new(scope, id, &tape, uses_resources.then_some(generation), completer, cancellation)?;
    instance.queue.borrow_mut().push_back(job);
    next(scope, instance);
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

/// Sends the next call on its way, if the door is here.
fn next(scope: &mut v8::PinScope<'_, '_>, instance: &Rc<Instance>) {
    loop {
        if instance.door().is_err() {
            return;
        }
        let Some(mut job) = instance.queue.borrow_mut().pop_front() else { return };
        match lower(scope, instance, &mut job) {
            Ok(()) => return leave(instance, job),
            Err(ended) => job.completer.complete(ended),
        }
    }
}

fn lower(scope: &mut v8::PinScope<'_, '_>, instance: &Instance, job: &mut Job) -> Result<(), Ended> {
    let function = &instance.plan.functions[job.function];
    if job.cancellation.is_cancelled() {
        return Err(Ended::Cancelled);
    }
    let mut door = instance.door().map_err(Ended::Refused)?;
    if job.generation.is_some_and(|generation| generation != door.generation()) {
        return Err(Ended::Stale);
    }
    let generation = door.open().map_err(Ended::Refused)?;
    instance.stands(generation);
    let allowed = door.crossing_bytes();
    v8::scope!(let scope, scope);
    let tape = job.tape(scope);
    if tape.bytes > allowed as u64 {
        return Err(Ended::Refused(over(tape.bytes, allowed as u64)));
    }
    let mut call = through(scope, instance, function, &tape, generation, allowed);
    let steps = door.in_steps().ok_or_else(|| Ended::Refused(Fault::Busy))?;
    steps.lower(job.function, &mut call).map_err(Ended::Refused)
}

/// Takes the door out of the instance, and runs the component on the pool.
fn leave(instance: &Instance, job: Job) {
    let Some(mut door) = instance.door.borrow_mut().take() else { return };
    let Job { completer, cancellation, .. } = job;
    cancellation.runs(door.canceller());
    rayon::spawn(move || {
        let result = match door.in_steps() {
            Some(steps) => steps.run(),
            None => Err(Fault::abi("host fault: the door has no steps")),
        };
        completer.complete(Ended::Ran(door, result));
    });
}

/// What the promise is settled with, on the isolate's thread.
fn settle<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    id: FunctionId,
    ended: Ended,
) -> Outcome<'s> {
    let function = &instance.plan.functions[id];
    let answer = match ended {
        Ended::Ran(mut door, result) => {
            let tape = Tape::default();
            let (generation, allowed) = (door.generation(), door.crossing_bytes());
            let mut call = through(scope, instance, function, &tape, generation, allowed);
            let called = result.and_then(|()| match door.in_steps() {
                Some(steps) => steps.lift(&mut call),
                None => Err(Fault::abi("host fault: the door has no steps")),
            });
            let answer = call.end(called);
            *instance.door.borrow_mut() = Some(door);
            answer
        }
        Ended::Refused(fault) => Err(fault.into()),
        Ended::Cancelled => {
            Err(Failure::error(format!("`{}` was cancelled", function.title)).code("ERR_CANCELLED").into())
        }
        Ended::Stale => {
            let message =
                format!("`{}`: the component's instance died before the call's turn came", function.title);
            Err(Failure::type_error(message).code("ERR_STALE_HANDLE").into())
        }
    };
    answer.map_err(|problem: Problem| reject(scope, instance, function, problem))
}

fn through<'a, 's, 'i>(
    scope: &'a mut v8::PinScope<'s, 'i>,
    instance: &'a Instance,
    function: &'a Function,
    tape: &'a Tape<'s>,
    generation: u32,
    allowed: usize,
) -> Call<'a, 's, 'i> {
    let outward = Outward { scope, instance, generation, allowed, thrown: None };
    Call { outward, function, tape, target: None, answer: None }
}
