//! JavaScript functions implemented in Rust, which cannot unwind into V8.
#![expect(
    unsafe_code,
    reason = "conjures the value of a zero-sized function type inside a plain `fn` callback"
)]

use std::any::Any;
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use v8::MapFnTo;

use crate::failure::{Failure, Outcome};
use crate::strings::string;

/// The arguments of a call: `get(i)`, `length()`, `this()`, `data()`.
pub type Arguments<'s> = v8::FunctionCallbackArguments<'s>;

/// Makes the JavaScript function `name` out of a Rust function that captures nothing.
///
/// What the function returns is returned, a [`Failure`] is thrown, and a panic becomes a JavaScript `Error`: V8 would
/// abort the process if it unwound. `data` reaches the function as `args.data()`.
pub fn function<'s, F>(
    scope: &v8::PinScope<'s, '_>,
    name: &str,
    callback: F,
    data: Option<v8::Local<'s, v8::Value>>,
) -> Option<v8::Local<'s, v8::Function>>
where
    F: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, Arguments<'c>) -> Outcome<'c> + Copy + 'static,
{
    let _ = callback;
    let builder = v8::Function::builder(guarded::<F>).constructor_behavior(v8::ConstructorBehavior::Throw);
    let function = match data {
        Some(data) => builder.data(data).build(scope),
        None => builder.build(scope),
    }?;
    function.set_name(string(scope, name));
    Some(function)
}

/// Makes a function template, for classes; see [`function`].
pub fn template<'s, F>(
    scope: &v8::PinScope<'s, '_, ()>,
    callback: F,
    data: Option<v8::Local<'s, v8::Value>>,
    signature: Option<v8::Local<'s, v8::Signature>>,
) -> v8::Local<'s, v8::FunctionTemplate>
where
    F: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, Arguments<'c>) -> Outcome<'c> + Copy + 'static,
{
    let _ = callback;
    let mut builder = v8::FunctionTemplate::builder(guarded::<F>);
    if let Some(data) = data {
        builder = builder.data(data);
    }
    if let Some(signature) = signature {
        builder = builder.signature(signature);
    }
    builder.build(scope)
}

/// The C function behind a [`function`] that is in a start-up snapshot: V8 has to know it where one is made or used.
pub fn reference<F>(callback: F) -> v8::ExternalReference
where
    F: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, Arguments<'c>) -> Outcome<'c> + Copy + 'static,
{
    let _ = callback;
    v8::ExternalReference { function: guarded::<F>.map_fn_to() }
}

fn guarded<'s, F>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>, mut answer: v8::ReturnValue<'s>)
where
    F: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, Arguments<'c>) -> Outcome<'c> + Copy + 'static,
{
    let callback = conjure::<F>();
    guard(scope, |scope| callback(scope, args).map(|value| answer.set(value)));
}

/// Runs the body of a raw V8 callback: a [`Failure`] is thrown, and so is a panic, which V8 must never see.
pub fn guard<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Result<(), Failure>,
) {
    match catch_unwind(AssertUnwindSafe(|| body(scope))) {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => failure.throw(scope),
        Err(panic) => host_fault(&*panic).throw(scope),
    }
}

/// The value of a function type that captures nothing. `function` and `template` were given one, so the type is inhabited.
fn conjure<F: Copy + 'static>() -> F {
    const { assert!(size_of::<F>() == 0, "a callback captures nothing: pass state as `data`") };
    // SAFETY: F has no bytes (asserted above at compile time), so a well-aligned pointer is all that a read of it needs; it
    // is `Copy` and has a value, for every caller that names `F` was handed one of it by value.
    unsafe { NonNull::<F>::dangling().read() }
}

/// The error for a panic that was caught.
pub fn host_fault(panic: &(dyn Any + Send)) -> Failure {
    let message = panic_message(panic);
    Failure::error(format!("host fault: a callback panicked: {message}")).code("ERR_HOST_FAULT")
}

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
