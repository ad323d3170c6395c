//! The class `Reference` of scripts: what its methods ask, in three forms.

use std::sync::mpsc::channel;
use std::time::Instant;

use innerbox_binding::prelude::{self, Source};
use innerbox_binding::value::{set_function, string, undefined};
use innerbox_binding::{Arguments, EventLoop, Failure, OrPending, Outcome, value};

use crate::answer::{Answer, Form, Problem, Reply};
use crate::clone::{CloneOptions, Serialized, deserialize, serialize};
use crate::held::{self, adopt, receiver, release};
use crate::home::Reference;
use crate::remotes::Remotes;
use crate::request::{Action, Request};
use crate::wait::Wait;

pub(crate) static SOURCES: &[Source] =
    &[Source { name: held::SOURCE, text: prelude::text(include_str!("js/reference.js")), natives }];

fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    set_function(scope, host, "lend", lend);
    set_function(scope, host, "ask", ask);
    set_function(scope, host, "askSync", ask_sync);
    set_function(scope, host, "tell", tell);
    set_function(scope, host, "typeOf", type_of);
    set_function(scope, host, "own", own);
    set_function(scope, host, "release", let_go);
}

/// `lend(object, value)`: `object` refers to a value of this isolate.
fn lend<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let object = v8::Local::<v8::Object>::try_from(args.get(0)).ok().or_pending()?;
    let reference = Remotes::of(scope)?.lend(scope, args.get(1))?;
    adopt(scope, object, reference)?;
    Ok(undefined(scope))
}

fn type_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    Ok(string(scope, receiver(scope, args.get(0))?.type_of()).into())
}

/// The value itself, which only its own isolate has.
fn own<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let reference = receiver(scope, args.get(0))?;
    Remotes::of(scope)?.value(scope, &reference)
}

fn let_go<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    if let Ok(object) = v8::Local::<v8::Object>::try_from(args.get(0)) {
        release(scope, object)?;
    }
    Ok(undefined(scope))
}

/// `ask(reference, action, input, transfer, asReference)`: a promise.
fn ask<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let Asked { reference, request, form } = Asked::of(scope, &args)?;
    let (promise, completer) =
        EventLoop::of(scope)?.later(scope, |scope, answer: Answer| received(scope, answer))?;
    let reply = Reply::new(form, move |answer| completer.complete(answer));
    match post(scope, &reference, request, reply) {
        Ok(()) => Ok(promise.into()),
        Err(failure) => {
            // It is rejected too, and nobody has it.
            promise.mark_as_handled();
            Err(failure)
        }
    }
}

/// The same, and the answer itself: the isolate stands still until it is there.
fn ask_sync<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let Asked { reference, request, form } = Asked::of(scope, &args)?;
    let wait = Wait::prepare(reference.home())?;
    let (sender, receiver) = channel();
    // Nobody may wait any more: then the run is over.
    let reply = Reply::new(form, move |answer| drop(sender.send(answer)));
    post(scope, &reference, request, reply)?;
    let answer = wait.answer(scope, &receiver)?;
    received(scope, answer)
}

/// The same, and nobody learns what it comes to.
fn tell<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let Asked { reference, request, form } = Asked::of(scope, &args)?;
    post(scope, &reference, request, Reply::new(form, drop))?;
    Ok(undefined(scope))
}

fn post(isolate: &v8::Isolate, reference: &Reference, request: Request, reply: Reply) -> Result<(), Failure> {
    // What is asked for by who was asked has no more time than that.
    let asked = EventLoop::of(isolate)?.asked().unwrap_or_else(Instant::now);
    reference.home().post(request.bytes(), asked, move |scope| request.serve(scope, reply))
}

/// What an answer is in the isolate that asked.
fn received<'s>(scope: &mut v8::PinScope<'s, '_>, answer: Answer) -> Outcome<'s> {
    match answer {
        Ok(value) => deserialize(scope, &value),
        Err(Problem::Threw(exception)) => {
            let exception = deserialize(scope, &exception)?;
            Err(Failure::thrown(scope, exception))
        }
        Err(Problem::Said { message, code }) => Err(Failure::error(message).code(code)),
    }
}

struct Asked {
    reference: Reference,
    request: Request,
    form: Form,
}

impl Asked {
    fn of<'s>(scope: &mut v8::PinScope<'s, '_>, args: &Arguments<'s>) -> Result<Self, Failure> {
        let reference = receiver(scope, args.get(0))?;
        let action = action(&value::text(scope, "action", args.get(1))?)?;
        let transfer = buffers(scope, args.get(3))?;
        let options = CloneOptions { bytes: Remotes::of(scope)?.limits.clone_bytes, transfer: &transfer };
        let input: Serialized = serialize(scope, args.get(2), options)?;
        let form = if args.get(4).is_true() { Form::Reference } else { Form::Clone };
        let target = reference.key();
        Ok(Self { reference, request: Request { target, action, input }, form })
    }
}

fn action(name: &str) -> Result<Action, Failure> {
    Ok(match name {
        "copy" => Action::Copy,
        "get" => Action::Get,
        "set" => Action::Set,
        "delete" => Action::Delete,
        "call" => Action::Call,
        _ => return Err(Failure::error("host fault: no such action").code("ERR_HOST_FAULT")),
    })
}

fn buffers<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    list: v8::Local<'s, v8::Value>,
) -> Result<Vec<v8::Local<'s, v8::ArrayBuffer>>, Failure> {
    let Ok(list) = v8::Local::<v8::Array>::try_from(list) else { return Ok(Vec::new()) };
    let mut buffers: Vec<v8::Local<'s, v8::ArrayBuffer>> = Vec::new();
    for index in 0..list.length() {
        let value = list.get_index(scope, index).or_pending()?;
        let buffer = v8::Local::<v8::ArrayBuffer>::try_from(value).map_err(|_| {
            Failure::type_error(format!(
                "`transfer[{index}]`: expected ArrayBuffer, got {}",
                value::kind(value)
            ))
        })?;
        if buffers.contains(&buffer) {
            let message = format!("`transfer[{index}]`: it is in the list already");
            return Err(Failure::type_error(message).code("ERR_DATA_CLONE"));
        }
        buffers.push(buffer);
    }
    Ok(buffers)
}
