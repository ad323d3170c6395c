//! What `transfer.js` asks of the host.

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::value::{self, kind};
use innerbox_binding::{Arguments as Passed, EventLoop, Failure, Outcome, describe_exception};

use super::{Chunk, Open, OpenEnd, Pipe, Slot};
use crate::bridge::Bridge;
use crate::check::lists::element_view;
use crate::check::{Checker, Tape};
use crate::fault::{Fault, Problem};
use crate::import::payload_of;
use crate::instance::Instance;
use crate::lift::lists::typed_array;
use crate::parcel::Arguments;
use crate::path::Path;
use crate::plan::Kind;

/// Most bytes that are copied at once.
const COPY_BYTES: usize = 64 << 10;

pub(super) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "bytesOf", bytes_of);
    value::set_function(scope, host, "dropReader", drop_reader);
    value::set_function(scope, host, "fail", fail);
    value::set_function(scope, host, "finish", finish);
    value::set_function(scope, host, "fulfil", fulfil);
    value::set_function(scope, host, "push", push);
    value::set_function(scope, host, "refuse", refuse);
    value::set_function(scope, host, "take", take);
    value::set_function(scope, host, "whenDropped", when_dropped);
    value::set_function(scope, host, "whenReadable", when_readable);
    value::set_function(scope, host, "whenWritable", when_writable);
}

fn number(scope: &v8::PinScope<'_, '_>, args: &Passed<'_>) -> u32 {
    args.get(0).uint32_value(scope).unwrap_or_default()
}

fn open(scope: &v8::PinScope<'_, '_>, args: &Passed<'_>) -> Result<Option<Open>, Failure> {
    Ok(Bridge::of(scope)?.transfers.get(number(scope, args)))
}

/// A pipe, and whose component is at its other end.
type Piped = (Rc<Instance>, Arc<Pipe>);

/// The pipe of a number; none where its run is over.
fn pipe(scope: &v8::PinScope<'_, '_>, args: &Passed<'_>) -> Result<Option<Piped>, Failure> {
    Ok(match open(scope, args)? {
        Some(Open { instance, end: OpenEnd::Pipe(pipe) }) => Some((instance, pipe)),
        _ => None,
    })
}

fn leave(scope: &v8::PinScope<'_, '_>, args: &Passed<'_>) -> Result<(), Failure> {
    Bridge::of(scope)?.transfers.leave(number(scope, args));
    Ok(())
}

/// `whenReadable(number)`: a promise for the moment when `take` finds something.
fn when_readable<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((_, pipe)) = pipe(scope, &args)? else { return Ok(value::undefined(scope)) };
    if pipe.is_readable() {
        return Ok(value::undefined(scope));
    }
    let (promise, completer) = EventLoop::of(scope)?.later(scope, |scope, ()| Ok(value::undefined(scope)))?;
    pipe.when_readable(completer);
    Ok(promise.into())
}

/// `whenWritable(number)`: a promise for the moment when there is room, with `false` where nobody reads any more. The run
/// does not wait for it: a component may hold a stream that it never reads.
fn when_writable<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((_, pipe)) = pipe(scope, &args)? else { return Ok(v8::Boolean::new(scope, false).into()) };
    let told = Arc::clone(&pipe);
    let (promise, completer) = EventLoop::of(scope)?
        .later_unwaited(scope, move |scope, ()| Ok(v8::Boolean::new(scope, !told.is_dropped()).into()))?;
    pipe.when_writable(completer);
    Ok(promise.into())
}

/// `whenDropped(number)`: a promise for the moment when nobody reads any more, for which the run does not wait.
fn when_dropped<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((_, pipe)) = pipe(scope, &args)? else { return Ok(value::undefined(scope)) };
    let (promise, completer) =
        EventLoop::of(scope)?.later_unwaited(scope, |scope, ()| Ok(value::undefined(scope)))?;
    pipe.when_dropped(completer);
    Ok(promise.into())
}

/// `take(number)`: a chunk, or `undefined` at the end.
fn take<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((instance, pipe)) = pipe(scope, &args)? else { return Ok(value::undefined(scope)) };
    match pipe.take(usize::MAX) {
        Chunk::Bytes(bytes) => typed_array(scope, pipe.element(), &bytes)
            .map_err(|problem| exception(scope, &instance, "stream", problem)),
        Chunk::End | Chunk::Nothing => {
            leave(scope, &args)?;
            Ok(value::undefined(scope))
        }
        Chunk::Failed(fault) => {
            leave(scope, &args)?;
            Err(exception(scope, &instance, "stream", fault.into()))
        }
    }
}

/// `dropReader(number)`: the script reads no more.
fn drop_reader<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    if let Some((_, pipe)) = pipe(scope, &args)? {
        pipe.drop_reader();
        leave(scope, &args)?;
    }
    Ok(value::undefined(scope))
}

/// `bytesOf(number, chunk)`: how many bytes a chunk has, or a `TypeError` where it is none of the stream's.
fn bytes_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((_, pipe)) = pipe(scope, &args)? else { return Ok(v8::Integer::new(scope, 0).into()) };
    let view = chunk(scope, &pipe, args.get(1))?;
    Ok(v8::Number::new(scope, view.byte_length() as f64).into())
}

fn chunk<'s>(
    scope: &v8::PinScope<'s, '_>,
    pipe: &Pipe,
    value: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::ArrayBufferView>, Failure> {
    let view = element_view(scope, pipe.element(), value, &Path::Param("chunk"))?;
    view.ok_or_else(|| {
        let expected = format!("{:?}", pipe.element()).to_lowercase();
        Failure::type_error(format!("`chunk`: expected bytes of `stream<{expected}>`, got {}", kind(value)))
    })
}

/// `push(number, chunk, at)`: writes what there is room for of a chunk, from its byte `at` on, and gives how much that was.
fn push<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    let Some((_, pipe)) = pipe(scope, &args)? else { return Ok(v8::Number::new(scope, f64::MAX).into()) };
    let view = chunk(scope, &pipe, args.get(1))?;
    let at = args.get(2).integer_value(scope).unwrap_or_default() as usize;
    let gone = || Failure::type_error("`chunk`: its buffer was detached while it was read");
    let length = view.byte_length().checked_sub(at).ok_or_else(gone)?.min(COPY_BYTES);
    let store = view.buffer(scope).ok_or_else(gone)?.get_backing_store();
    let start = view.byte_offset() + at;
    let cells = store.get(start..start + length).ok_or_else(gone)?;
    let bytes: Vec<u8> = cells.iter().map(std::cell::Cell::get).collect();
    let pushed = pipe.push(&bytes);
    if pushed == 0 && length == 0 {
        return Err(gone());
    }
    Ok(v8::Number::new(scope, pushed as f64).into())
}

/// `finish(number)`: the script writes no more.
fn finish<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    if let Some((_, pipe)) = pipe(scope, &args)? {
        pipe.finish();
        leave(scope, &args)?;
    }
    Ok(value::undefined(scope))
}

/// `fail(number, error)`: the stream came to no good end. The component could not tell that from its end, so it ends.
fn fail<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    if let Some((_, pipe)) = pipe(scope, &args)? {
        let error = describe_exception(scope, args.get(1));
        pipe.fail(Fault::abi(format!("a stream that was passed to it failed: {error}")));
        leave(scope, &args)?;
    }
    Ok(value::undefined(scope))
}

/// `fulfil(number, value)`: what was passed as a future has come to a value.
fn fulfil<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    settle(scope, &args, |scope, checker, slot, tape| {
        let Some(payload) = &slot.payload else { return Ok(()) };
        match &payload.kind {
            Kind::Result(cases) => checker.case(scope, "future", cases, 0, args.get(1), tape),
            _ => checker.result(scope, "future", payload, args.get(1), tape),
        }
    })
}

/// `refuse(number, error)`: what was passed as a future was rejected: the error case of a `result`, else the end.
fn refuse<'s>(scope: &mut v8::PinScope<'s, '_>, args: Passed<'s>) -> Outcome<'s> {
    settle(scope, &args, |scope, checker, slot, tape| {
        let error = args.get(1);
        if let Some(Kind::Result(cases)) = slot.payload.as_ref().map(|payload| &payload.kind)
            && let Some(payload) = payload_of(scope, checker.instance, error)?
        {
            return checker.case(scope, "future", cases, 1, payload, tape);
        }
        Err(Failure::thrown(scope, error))
    })
}

fn settle<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &Passed<'s>,
    check: impl FnOnce(
        &v8::PinScope<'s, '_>,
        &Checker<'_>,
        &Slot<Arguments>,
        &mut Tape<'s>,
    ) -> Result<(), Failure>,
) -> Outcome<'s> {
    let Some(Open { instance, end: OpenEnd::Going(slot) }) = open(scope, args)? else {
        return Ok(value::undefined(scope));
    };
    leave(scope, args)?;
    let mut tape = Tape::default();
    let checker = Checker { instance: &instance, generation: instance.live_generation() };
    let checked = caught(scope, |scope| check(scope, &checker, &slot, &mut tape));
    let arguments = checked
        .and_then(|()| Arguments::copy(scope, &instance, &tape).map_err(|failure| text(scope, failure)));
    slot.fill(arguments.map_err(|why| {
        Fault::abi(format!("a promise that was passed to it came to nothing that fits: {why}"))
    }));
    Ok(value::undefined(scope))
}

/// Runs a check, and gives the text of what it throws.
fn caught<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    check: impl FnOnce(&v8::PinScope<'s, '_>) -> Result<(), Failure>,
) -> Result<(), String> {
    v8::tc_scope!(let scope, scope);
    match check(scope) {
        Ok(()) => Ok(()),
        Err(Failure::Pending) => {
            let exception = scope.exception().filter(|_| !scope.has_terminated());
            scope.reset();
            Err(exception.map_or_else(String::new, |exception| describe_exception(scope, exception)))
        }
        Err(failure) => Err(text(scope, failure)),
    }
}

fn text(scope: &v8::PinScope<'_, '_>, failure: Failure) -> String {
    let exception = failure.into_exception(scope);
    exception.map_or_else(String::new, |exception| describe_exception(scope, exception))
}

/// The exception for what a stream or a future came to.
pub(super) fn exception(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    what: &str,
    problem: Problem,
) -> Failure {
    match problem {
        Problem::Script(failure) => *failure,
        Problem::Component(fault) => instance.realm.errors.fault(scope, &instance.name, what, &fault),
    }
}
