//! What is asked of an isolate, and how it is done there.

use std::rc::Rc;
use std::time::Instant;

use innerbox_binding::{Arguments, EventLoop, Failure, Flow, OrPending, Outcome, function, value};

use crate::answer::{Problem, Reply};
use crate::clone::{Serialized, deserialize};
use crate::remotes::{Open, Remotes};
use crate::reply::{catching, fail, fulfil};
use crate::table::Key;

/// What is done with a value that was lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Gives the value itself.
    Copy,
    /// Reads a property: `[key]`.
    Get,
    /// Sets a property: `[key, value]`.
    Set,
    /// Deletes a property: `[key]`. Gives whether it is gone.
    Delete,
    /// Calls the value: `[receiver, [...arguments]]`.
    Call,
}

/// A request on its way.
pub(crate) struct Request {
    pub(crate) target: Key,
    pub(crate) action: Action,
    /// An array, as the action has it.
    pub(crate) input: Serialized,
}

impl Request {
    pub(crate) fn bytes(&self) -> usize {
        self.input.bytes()
    }

    /// Does it in the isolate of `scope`, and answers, once a promise that comes of it is settled.
    ///
    /// # Errors
    /// [`Failure::Pending`] where execution is being terminated.
    pub(crate) fn serve(self, scope: &mut v8::PinScope<'_, '_>, reply: Reply) -> Result<(), Failure> {
        v8::scope!(let scope, scope);
        let (remotes, event_loop) = (Remotes::of(scope)?, EventLoop::of(scope)?);
        let asked = event_loop.asked().unwrap_or_else(Instant::now);
        if event_loop.due(asked).is_some_and(|due| due <= Instant::now()) {
            reply.tell(Err(Problem::late()));
            return Ok(());
        }
        let made = catching(scope, |scope| {
            let made = self.perform(scope, &remotes)?;
            Ok(v8::Global::new(scope, made))
        });
        // Whatever the function has entered is its own.
        Flow::leave(scope);
        match made {
            Ok(made) => {
                let made = v8::Local::new(scope, made);
                match v8::Local::<v8::Promise>::try_from(made) {
                    Ok(promise) => when_settled(scope, &remotes, promise, Open { reply, asked }),
                    Err(_) => fulfil(reply, scope, made),
                }
            }
            Err(failure) => fail(reply, scope, failure),
        }
    }

    fn perform<'s>(&self, scope: &mut v8::PinScope<'s, '_>, remotes: &Remotes) -> Outcome<'s> {
        let target = remotes.lent(scope, self.target)?;
        let input = deserialize(scope, &self.input)?;
        let input = v8::Local::<v8::Array>::try_from(input).map_err(|_| malformed())?;
        perform(scope, target, self.action, input)
    }
}

/// Does something with a value of this isolate.
///
/// # Errors
/// What the value's own code throws, and a `TypeError` where the value is none that this can be done with.
pub fn perform<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    target: v8::Local<'s, v8::Value>,
    action: Action,
    input: v8::Local<'s, v8::Array>,
) -> Outcome<'s> {
    let first = input.get_index(scope, 0).or_pending()?;
    let second = input.get_index(scope, 1).or_pending()?;
    match action {
        Action::Copy => Ok(target),
        Action::Get => object(target)?.get(scope, first).or_pending(),
        Action::Set => {
            let done = object(target)?.set(scope, first, second).or_pending()?;
            Ok(v8::Boolean::new(scope, done).into())
        }
        Action::Delete => {
            let done = object(target)?.delete(scope, first).or_pending()?;
            Ok(v8::Boolean::new(scope, done).into())
        }
        Action::Call => {
            let function =
                v8::Local::<v8::Function>::try_from(target).map_err(|_| expected("function", target))?;
            let list = v8::Local::<v8::Array>::try_from(second).map_err(|_| malformed())?;
            let arguments: Option<Vec<_>> =
                (0..list.length()).map(|index| list.get_index(scope, index)).collect();
            function.call(scope, first, &arguments.or_pending()?).or_pending()
        }
    }
}

fn object(target: v8::Local<v8::Value>) -> Result<v8::Local<v8::Object>, Failure> {
    v8::Local::<v8::Object>::try_from(target).map_err(|_| expected("object", target))
}

fn expected(what: &str, target: v8::Local<v8::Value>) -> Failure {
    Failure::type_error(format!("`reference`: expected {what}, got {}", value::kind(target)))
}

fn malformed() -> Failure {
    Failure::error("host fault: a request is malformed").code("ERR_HOST_FAULT")
}

/// Answers with what a promise of this isolate comes to.
fn when_settled(
    scope: &mut v8::PinScope<'_, '_>,
    remotes: &Rc<Remotes>,
    promise: v8::Local<v8::Promise>,
    open: Open,
) -> Result<(), Failure> {
    let number = remotes.next_reply.get();
    remotes.next_reply.set(number.wrapping_add(1));
    remotes.open.borrow_mut().insert(number, open);
    let number = v8::Integer::new_from_unsigned(scope, number).into();
    let fulfilled = function(scope, "", on_fulfilled, Some(number)).or_pending()?;
    let rejected = function(scope, "", on_rejected, Some(number)).or_pending()?;
    promise.then2(scope, fulfilled, rejected).or_pending().map(drop)
}

fn on_fulfilled<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    if let Some(reply) = waiting(scope, &args)? {
        fulfil(reply, scope, args.get(0))?;
    }
    Ok(value::undefined(scope))
}

fn on_rejected<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    if let Some(reply) = waiting(scope, &args)? {
        let thrown = Failure::thrown(scope, args.get(0));
        fail(reply, scope, thrown)?;
    }
    Ok(value::undefined(scope))
}

fn waiting(scope: &v8::PinScope<'_, '_>, args: &Arguments<'_>) -> Result<Option<Reply>, Failure> {
    let number = args.data().uint32_value(scope).or_pending()?;
    Ok(Remotes::of(scope)?.open.borrow_mut().remove(&number).map(|open| open.reply))
}
