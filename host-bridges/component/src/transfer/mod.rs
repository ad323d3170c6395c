//! Streams and futures between scripts and asynchronous components.
//!
//! A script sees a `stream` as a ReadableStream and a `future` as a promise. What is between the two threads is a [`Pipe`]
//! or a [`Slot`]; here are their ends on the isolate's thread, half of which is JavaScript (`transfer.js`).

mod natives;
mod pipe;
mod slot;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::prelude::{self, Source};
use innerbox_binding::{EventLoop, Failure, OrPending};

pub use pipe::{Chunk, Pipe};
pub use slot::Slot;

use crate::bridge::Bridge;
use crate::check::Flow;
use crate::fault::{Fault, Problem};
use crate::instance::Instance;
use crate::lift::Lifter;
use crate::parcel::{Answer, Arguments, Taken};
use crate::path::Path;
use crate::plan::{Kind, Type};
use crate::room::Room;

/// The readable end of what a script passes to a component.
#[derive(Clone)]
pub enum End {
    /// Of a stream.
    Stream(Arc<Pipe>),
    /// Of a future.
    Future(Arc<Slot<Arguments>>),
}

/// The readable end of what a component gives to a script.
#[derive(Clone)]
pub enum Came {
    /// Of a stream.
    Stream(Arc<Pipe>),
    /// Of a future.
    Future(Arc<Slot<Answer>>),
}

/// The ends of one isolate's scripts, by the numbers that `transfer.js` has for them.
#[derive(Default)]
pub(crate) struct Transfers {
    last: Cell<u32>,
    open: RefCell<HashMap<u32, Open>>,
}

/// An end, and whose component is at the other.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) instance: Rc<Instance>,
    pub(crate) end: OpenEnd,
}

#[derive(Clone)]
pub(crate) enum OpenEnd {
    Pipe(Arc<Pipe>),
    Going(Arc<Slot<Arguments>>),
}

static SOURCES: &[Source] = &[Source {
    name: "component/transfer",
    text: prelude::text(include_str!("transfer.js")),
    natives: natives::natives,
}];

/// Most ends that the scripts of an isolate may have open at once: behind each are up to 64 KiB.
const OPEN_MAX: usize = 1024;

impl Transfers {
    /// Enters an end, and gives its number.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` where too many are open.
    fn enter(&self, instance: &Rc<Instance>, end: OpenEnd) -> Result<u32, Failure> {
        if self.open.borrow().len() >= OPEN_MAX {
            if let OpenEnd::Pipe(pipe) = end {
                pipe.drop_reader();
            }
            let message = format!("limit reached: open streams and futures: {OPEN_MAX} allowed");
            return Err(Failure::range_error(message).code("ERR_LIMIT"));
        }
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.open.borrow_mut().insert(number, Open { instance: Rc::clone(instance), end });
        Ok(number)
    }

    pub(crate) fn get(&self, number: u32) -> Option<Open> {
        self.open.borrow().get(&number).cloned()
    }

    pub(crate) fn leave(&self, number: u32) {
        self.open.borrow_mut().remove(&number);
    }

    /// Lets go of all ends: whoever is at the others is told that nobody reads and nobody writes any more.
    pub(crate) fn clear(&self) {
        for (_, open) in self.open.borrow_mut().drain() {
            if let OpenEnd::Pipe(pipe) = open.end {
                pipe.drop_reader();
                pipe.finish();
            }
        }
    }
}

/// Makes `transfer.js` ready in the current context, before the first component that needs it is shown there.
pub(crate) fn prepare(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, SOURCES)?;
    prelude::load(scope, SOURCES[0].name).map(drop)
}

/// Calls a function of the current context's `transfer.js`.
fn call<'s>(
    scope: &v8::PinScope<'s, '_>,
    name: &str,
    arguments: &[v8::Local<'s, v8::Value>],
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let missing = || Failure::error(format!("host fault: transfer.js has no `{name}`"));
    let function = prelude::loaded(scope, SOURCES[0].name, name).ok_or_else(missing)?;
    let function = v8::Local::<v8::Function>::try_from(function).map_err(|_| missing())?;
    let receiver = v8::undefined(scope).into();
    function.call(scope, receiver, arguments).or_pending()
}

/// True for a ReadableStream that may be passed, false for what is none.
///
/// # Errors
/// A `TypeError` for one that is locked: somebody reads it already.
pub(crate) fn is_free_stream<'s>(
    scope: &v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    path: &Path<'_>,
) -> Result<bool, Failure> {
    let state = call(scope, "stateOf", &[value])?;
    if state.is_null() {
        return Err(Failure::type_error(format!("`{path}`: the stream is locked")));
    }
    Ok(state.is_true())
}

/// Makes the end of what a script passes, and begins to read it.
///
/// # Errors
/// A `TypeError` for a stream that was locked meanwhile.
pub(crate) fn to_component<'s>(
    scope: &v8::PinScope<'s, '_>,
    instance: &Rc<Instance>,
    value: v8::Local<'s, v8::Value>,
    flow: &Flow,
) -> Result<End, Failure> {
    let bridge = Bridge::of(scope)?;
    let transfers = &bridge.transfers;
    match flow {
        Flow::Stream(element) => {
            let pipe = Pipe::new(*element);
            let entered = transfers.enter(instance, OpenEnd::Pipe(Arc::clone(&pipe)))?;
            let key = v8::Number::new(scope, f64::from(entered)).into();
            call(scope, "pump", &[key, value]).inspect_err(|_| transfers.leave(entered))?;
            Ok(End::Stream(pipe))
        }
        Flow::Future(payload) => {
            let slot = Slot::new(payload.clone());
            let entered = transfers.enter(instance, OpenEnd::Going(Arc::clone(&slot)))?;
            let key = v8::Number::new(scope, f64::from(entered)).into();
            call(scope, "settle", &[key, value]).inspect_err(|_| transfers.leave(entered))?;
            Ok(End::Future(slot))
        }
    }
}

/// What a script sees of what a component gave: a ReadableStream, or a promise.
pub(crate) fn to_script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Rc<Instance>,
    generation: u32,
    came: Came,
) -> Result<v8::Local<'s, v8::Value>, Problem> {
    match came {
        Came::Stream(pipe) => {
            let entered = Bridge::of(scope)?.transfers.enter(instance, OpenEnd::Pipe(pipe))?;
            let key = v8::Number::new(scope, f64::from(entered)).into();
            Ok(call(scope, "readable", &[key])?)
        }
        Came::Future(slot) => {
            let (instance, payload) = (Rc::clone(instance), slot.payload.clone());
            let (promise, completer) =
                EventLoop::of(scope)?.later(scope, move |scope, answer: Result<Answer, Box<Fault>>| {
                    match answer {
                        Ok(answer) => value(scope, &instance, generation, payload.as_deref(), &answer)
                            .map_err(|problem| natives::exception(scope, &instance, "future", problem)),
                        Err(fault) => Err(natives::exception(scope, &instance, "future", fault.into())),
                    }
                })?;
            slot.when_full(completer);
            Ok(promise.into())
        }
    }
}

/// The value of a future. The error case of a `result` is thrown, as a function's is.
fn value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Rc<Instance>,
    generation: u32,
    payload: Option<&Type>,
    answer: &Answer,
) -> Result<v8::Local<'s, v8::Value>, Problem> {
    let Some(ty) = payload else { return Ok(v8::undefined(scope).into()) };
    let (mut taken, room) = (Taken(Vec::new()), Room::with(0, instance.allowed));
    let (memory, encoding) = (&answer.memory[..], answer.encoding);
    let mut lifter = Lifter { memory, handles: &mut taken, encoding, instance, generation, room };
    let Kind::Result(cases) = &ty.kind else { return lifter.load(scope, ty, 0) };
    let failed = lifter.failed(ty, 0)?;
    let value = match &cases.list[usize::from(failed)].payload {
        Some(payload) => lifter.load(scope, payload, cases.payload_offset)?,
        None => v8::undefined(scope).into(),
    };
    match failed {
        false => Ok(value),
        true => Err(instance.realm.errors.payload(scope, &instance.name, "future", value).into()),
    }
}
