//! A realm of V8 with nothing of Innerbox in it.

use std::time::{Duration, Instant};

use v8::fast_api::{CFunction, CFunctionInfo, Int64Representation, Type};

/// An isolate with one context: the callbacks that floors are measured with are its globals.
///
/// It stays entered until it is dropped, so nothing else may use V8 on this thread meanwhile.
pub(crate) struct Realm {
    // Dropped before the isolate it belongs to.
    context: v8::Global<v8::Context>,
    isolate: v8::OwnedIsolate,
}

impl Realm {
    pub(crate) fn new() -> Self {
        let mut isolate = v8::Isolate::new(v8::CreateParams::default());
        let context = {
            v8::scope!(let scope, &mut isolate);
            let context = v8::Context::new(scope, v8::ContextOptions::default());
            let scope = &mut v8::ContextScope::new(scope, context);
            install(scope, context);
            v8::Global::new(scope, context)
        };
        let mut realm = Self { context, isolate };
        realm.run("const loops = {};");
        realm
    }

    /// Makes an isolate and a context, runs one expression, and drops them: what a sandbox stands on.
    pub(crate) fn bare() {
        let mut isolate = v8::Isolate::new(v8::CreateParams::default());
        v8::scope!(let scope, &mut isolate);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        evaluate(&mut v8::ContextScope::new(scope, context), "1 + 2");
    }

    /// Runs what the loops stand on.
    pub(crate) fn prepare(&mut self, source: &str) {
        self.run(source);
    }

    /// Defines the loop `id`, which goes round `n` times.
    pub(crate) fn define(&mut self, id: &str, body: &str) {
        self.run(&format!("loops['{id}'] = function (n) {{ {body} }};"));
    }

    /// How long the loop `id` takes to go round so many times.
    pub(crate) fn time(&mut self, id: &str, times: u64) -> Duration {
        let call = format!("loops['{id}']({times})");
        let start = Instant::now();
        self.run(&call);
        start.elapsed()
    }

    /// How long it takes to call a function of JavaScript so many times from Rust, with two numbers.
    pub(crate) fn time_calls(&mut self, times: u64) -> Duration {
        v8::scope!(let scope, &mut self.isolate);
        let context = v8::Local::new(scope, &self.context);
        let scope = &mut v8::ContextScope::new(scope, context);
        let function = evaluate(scope, "(a, b) => a + b");
        let function = v8::Local::<v8::Function>::try_from(function).unwrap();
        let receiver = v8::undefined(scope).into();
        let start = Instant::now();
        for time in 0..times {
            v8::scope!(let scope, scope);
            let a = v8::Integer::new_from_unsigned(scope, time as u32).into();
            let b = v8::Integer::new_from_unsigned(scope, 1).into();
            function.call(scope, receiver, &[a, b]).unwrap();
        }
        start.elapsed()
    }

    fn run(&mut self, source: &str) {
        v8::scope!(let scope, &mut self.isolate);
        let context = v8::Local::new(scope, &self.context);
        evaluate(&mut v8::ContextScope::new(scope, context), source);
    }
}

fn evaluate<'s>(scope: &mut v8::PinScope<'s, '_>, source: &str) -> v8::Local<'s, v8::Value> {
    let source = v8::String::new(scope, source).unwrap();
    let script = v8::Script::compile(scope, source, None).unwrap();
    script.run(scope).unwrap()
}

/// Puts the callbacks of the floors on the global object.
fn install(scope: &mut v8::PinScope<'_, '_>, context: v8::Local<v8::Context>) {
    let names = FIELDS.map(|field| v8::Global::new(scope, internalized(scope, field)));
    scope.set_slot(Names(names));
    let callback_function = v8::Function::new(scope, callback).unwrap();
    let echo_eight = v8::Function::new(scope, echo_eight).unwrap();
    let echo_string = v8::Function::new(scope, echo_string).unwrap();
    let echo_bytes = v8::Function::new(scope, echo_bytes).unwrap();
    let fast = v8::FunctionTemplate::builder(callback).build_fast(scope, &[FAST_CALLBACK]);
    let fast = fast.get_function(scope).unwrap();
    let global = context.global(scope);
    for (name, function) in [
        ("callback", callback_function),
        ("fastCallback", fast),
        ("echoEight", echo_eight),
        ("echoString", echo_string),
        ("echoBytes", echo_bytes),
    ] {
        global.set(scope, internalized(scope, name).into(), function.into()).unwrap();
    }
}

fn internalized<'s>(scope: &v8::PinScope<'s, '_>, text: &str) -> v8::Local<'s, v8::String> {
    v8::String::new_from_utf8(scope, text.as_bytes(), v8::NewStringType::Internalized).unwrap()
}

/// Does nothing.
fn callback(_: &mut v8::PinScope, _: v8::FunctionCallbackArguments, _: v8::ReturnValue) {}

const FAST_CALLBACK: CFunction = CFunction::new(
    fast_callback as _,
    &CFunctionInfo::new(
        Type::Uint32.as_info(),
        &[Type::V8Value.as_info(), Type::Uint32.as_info(), Type::Uint32.as_info()],
        Int64Representation::Number,
    ),
);

/// Does nothing either. V8's optimised code calls it as it would call a function of C.
extern "C" fn fast_callback(_receiver: v8::Local<v8::Object>, _: u32, _: u32) -> u32 {
    0
}

const FIELDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// The names of the fields, made once, as the bridge has them.
struct Names([v8::Global<v8::String>; 8]);

/// Reads an object of eight numbers and makes another one.
fn echo_eight(scope: &mut v8::PinScope, args: v8::FunctionCallbackArguments, mut answer: v8::ReturnValue) {
    let from = v8::Local::<v8::Object>::try_from(args.get(0)).unwrap();
    let to = v8::Object::new(scope);
    for index in 0..FIELDS.len() {
        let name = v8::Local::new(scope, &scope.get_slot::<Names>().unwrap().0[index]);
        let value = from.get(scope, name.into()).unwrap();
        let number = v8::Local::<v8::Number>::try_from(value).unwrap().value() as u32;
        let number = v8::Integer::new_from_unsigned(scope, number);
        to.create_data_property(scope, name.into(), number.into());
    }
    answer.set(to.into());
}

/// Reads a string of ASCII and makes another one.
fn echo_string(scope: &mut v8::PinScope, args: v8::FunctionCallbackArguments, mut answer: v8::ReturnValue) {
    let text = v8::Local::<v8::String>::try_from(args.get(0)).unwrap();
    let mut bytes = [0; 1024];
    text.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
    let text = v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal).unwrap();
    answer.set(text.into());
}

/// Copies bytes out, and into a new array.
fn echo_bytes(scope: &mut v8::PinScope, args: v8::FunctionCallbackArguments, mut answer: v8::ReturnValue) {
    thread_local! {
        static PLACE: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let from = v8::Local::<v8::Uint8Array>::try_from(args.get(0)).unwrap();
    PLACE.with_borrow_mut(|place| {
        place.resize(from.byte_length(), 0);
        from.copy_contents(place);
        let store = v8::ArrayBuffer::new_backing_store_from_bytes(place.clone()).make_shared();
        let buffer = v8::ArrayBuffer::with_backing_store(scope, &store);
        answer.set(v8::Uint8Array::new(scope, buffer, 0, place.len()).unwrap().into());
    });
}
