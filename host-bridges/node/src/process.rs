//! `process`: what a script is told of the run it is part of, and its two streams.

use innerbox_binding::{Arguments, Failure, OrPending, Outcome, prelude, reference, value};
use innerbox_bridge_web::{Stream, elapsed, write};

use crate::State;

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "exit", exit);
    value::set_function(scope, host, "write", write_callback);
    value::set_function(scope, host, "elapsed", elapsed_callback);
    value::set_function(scope, host, "memory", memory);
    let facts = [
        ("platform", platform().to_owned()),
        ("arch", architecture().to_owned()),
        ("innerbox", env!("CARGO_PKG_VERSION").to_owned()),
        ("v8", v8::V8::get_version().to_owned()),
    ];
    for (name, fact) in facts {
        value::set(scope, host, name, value::string(scope, &fact).into());
    }
    value::set_function(scope, host, "cwd", cwd);
    value::set_function(scope, host, "arguments", arguments);
    value::set_function(scope, host, "environment", environment);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![
        reference(exit),
        reference(write_callback),
        reference(elapsed_callback),
        reference(memory),
        reference(cwd),
        reference(arguments),
        reference(environment),
    ]
}

/// Tells `process` what it is now lent, where the context has it already: one that came from a snapshot may.
pub(crate) fn tell_again(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let tell = prelude::loaded(scope, "node/process_told", "tell");
    let Some(Ok(tell)) = tell.map(v8::Local::<v8::Function>::try_from) else { return Ok(()) };
    tell.call(scope, value::undefined(scope), &[]).or_pending().map(drop)
}

fn strings<'s>(scope: &v8::PinScope<'s, '_>, texts: &[impl AsRef<str>]) -> v8::Local<'s, v8::Value> {
    let texts: Vec<_> = texts.iter().map(|text| value::string(scope, text.as_ref()).into()).collect();
    v8::Array::new_with_elements(scope, &texts).into()
}

fn platform() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        other => other,
    }
}

/// `exit(code)`: does not return.
fn exit<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let code = args.get(0).int32_value(scope).or_pending()?;
    (State::of(scope)?.exit)(code);
    Err(Failure::error(format!("the script ended the run: process.exit({code})")).code("ERR_PROCESS_EXIT"))
}

/// `write(stream, text)`: `stream` is 1 for what a program says and 2 for what it warns of.
fn write_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let stream = match args.get(0).int32_value(scope) {
        Some(1) => Stream::Out,
        _ => Stream::Err,
    };
    let text = v8::Local::<v8::String>::try_from(args.get(1))
        .map_err(|_| Failure::type_error("`text`: expected string"))?;
    write(scope, stream, text)?;
    Ok(value::undefined(scope))
}

/// `elapsed()`: whole nanoseconds since the context was made, as coarse as every clock, as a BigInt.
fn elapsed_callback<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let nanoseconds = u64::try_from(elapsed(scope)?.as_nanos()).unwrap_or(u64::MAX);
    Ok(v8::BigInt::new_from_u64(scope, nanoseconds).into())
}

/// `cwd()`: the folder that relative paths start from.
fn cwd<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let state = State::of(scope)?;
    Ok(value::string(scope, &state.cwd.to_string_lossy()).into())
}

/// `arguments()`: the program, the script, and what follows.
fn arguments<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let state = State::of(scope)?;
    Ok(strings(scope, &state.arguments))
}

/// `environment()`: names and values in turn.
fn environment<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let state = State::of(scope)?;
    let pairs = state.environment.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    Ok(strings(scope, &pairs.collect::<Vec<_>>()))
}

/// `memory()`: bytes of the heap, used of it, and outside of it.
fn memory<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let heap = scope.get_heap_statistics();
    let bytes = [heap.total_heap_size(), heap.used_heap_size(), heap.external_memory()];
    let bytes = bytes.map(|bytes| v8::Number::new(scope, bytes as f64).into());
    Ok(v8::Array::new_with_elements(scope, &bytes).into())
}

/// What the script left in `process.exitCode`, if it is a number; nothing where a getter that it has put there throws.
pub fn exit_code(scope: &mut v8::PinScope<'_, '_>) -> Option<i32> {
    // Nobody has set it where nobody has asked for `process`, which takes as long to run as half a sandbox to make.
    let code = prelude::loaded(scope, "node/process", "exitCode")?;
    if code.is_number() { code.int32_value(scope) } else { None }
}
