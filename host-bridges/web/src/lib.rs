//! The Minimum Common Web API: what every JavaScript runtime has on its global object.
//!
//! [`install`] puts `console`, timers, clocks, encodings, events, `structuredClone`, `crypto` and `URL` on the global
//! object of the current context. Most of it is JavaScript (`src/js`), compiled when it is first used; what a script
//! could spend without bound (output, timers) is counted in Rust.

mod clock;
mod console;
mod encoding;
mod inspect;
mod random;
mod timers;
mod url;

use std::rc::Rc;
use std::time::Duration;

use innerbox_binding::prelude::{self, Source, Visibility, no_natives};
use innerbox_binding::{Failure, value};

use crate::clock::Clock;
pub use crate::clock::elapsed;
use crate::console::Output;
pub use crate::console::{
    Colors, Console, ConsoleFull, ConsoleQueue, ConsoleSink, Stream, console_object, write,
};
pub use crate::inspect::inspect;

/// What the web's globals are lent.
pub struct Options {
    /// Where the console's lines go.
    pub console: Box<dyn ConsoleSink>,
    /// Most bytes that the console and the process streams may write together.
    ///
    /// A script chooses how much it writes and the host keeps or forwards it; past the limit, writing throws a
    /// `RangeError` with code `ERR_LIMIT`, and nothing of that line is written.
    pub console_bytes_max: usize,
    /// Whether the console's lines are coloured.
    pub console_colors: Colors,
    /// The grain of every clock that scripts see, since a fine one measures what other tenants do. `Date` has the
    /// engine's grain of 1 ms.
    pub clock_coarseness: Duration,
}

impl Options {
    /// The defaults, with lines going to `console`.
    pub fn new(console: impl ConsoleSink + 'static) -> Self {
        Self {
            console: Box::new(console),
            console_bytes_max: 16 << 20,
            console_colors: Colors::Never,
            clock_coarseness: Duration::from_millis(1),
        }
    }
}

/// What the functions of one context share.
struct State {
    output: Output,
    clock: Clock,
}

impl State {
    fn of(scope: &v8::PinScope<'_, '_>) -> Result<Rc<Self>, Failure> {
        scope.get_current_context().get_slot::<Self>().ok_or_else(missing)
    }
}

fn missing() -> Failure {
    Failure::error("host fault: the context has no web globals").code("ERR_HOST_FAULT")
}

/// Puts the web's globals on the global object of the current context, and lends them what they need: call before any of
/// the tenant's code runs.
///
/// Timers need the isolate to have an [`EventLoop`](innerbox_binding::EventLoop).
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn install(scope: &mut v8::PinScope<'_, '_>, options: Options) -> Result<(), Failure> {
    define(scope)?;
    attach(scope, options)
}

/// The first half of [`install`], of which nothing is Rust's: it can be in a start-up snapshot.
///
/// # Errors
/// As [`install`].
pub fn define(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    v8::tc_scope!(let scope, scope);
    match define_all(scope) {
        Err(Failure::Pending) => match scope.exception() {
            Some(exception) if !scope.has_terminated() => Err(Failure::thrown(scope, exception)),
            _ => Err(Failure::Pending),
        },
        other => other,
    }
}

/// The second half: what this context's globals are lent.
///
/// # Errors
/// As [`install`].
pub fn attach(scope: &mut v8::PinScope<'_, '_>, options: Options) -> Result<(), Failure> {
    let state = State {
        output: Output::new(options.console, options.console_bytes_max, options.console_colors),
        clock: Clock::start(options.clock_coarseness),
    };
    attach_state(scope, Rc::new(state))
}

/// The second half for a further context of an isolate: it shares what `other` is lent.
///
/// # Errors
/// As [`install`], and a host fault where `other` has none of it.
pub fn attach_like(scope: &mut v8::PinScope<'_, '_>, other: v8::Local<v8::Context>) -> Result<(), Failure> {
    attach_state(scope, other.get_slot::<State>().ok_or_else(missing)?)
}

fn attach_state(scope: &mut v8::PinScope<'_, '_>, state: Rc<State>) -> Result<(), Failure> {
    prelude::register(scope, SOURCES)?;
    let context = scope.get_current_context();
    context.set_slot(state);
    // V8 gives a context that comes out of a snapshot its own.
    let queue_microtask = prelude::export(scope, "web/timers", "queueMicrotask")?;
    value::set(scope, context.global(scope), "queueMicrotask", queue_microtask);
    Ok(())
}

/// What a snapshot with the first half refers to, whatever of it has been used.
#[must_use]
pub fn references() -> Vec<v8::ExternalReference> {
    [
        clock::references(),
        console::references(),
        encoding::references(),
        inspect::references(),
        random::references(),
        timers::references(),
        url::references(),
        prelude::text_references(SOURCES),
    ]
    .concat()
}

fn define_all(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, SOURCES)?;
    let context = scope.get_current_context();
    let global = context.global(scope);
    value::set(scope, global, "self", global.into());
    for name in ["web/console", "web/timers"] {
        prelude::load(scope, name)?;
    }
    for (name, keys) in OPERATIONS {
        prelude::define_lazily(scope, global, name, keys, Visibility::Enumerable);
    }
    for (name, keys) in CLASSES {
        prelude::define_lazily(scope, global, name, keys, Visibility::Hidden);
    }
    Ok(())
}

/// Functions and objects, which WebIDL makes enumerable, by the source that has them.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("web/crypto", &["crypto"]),
    ("web/encoding", &["atob", "btoa"]),
    ("web/performance", &["performance"]),
    ("web/structured_clone", &["structuredClone"]),
];

/// Classes, which are not enumerable.
const CLASSES: &[(&str, &[&str])] = &[
    ("web/crypto", &["Crypto"]),
    ("web/dom_exception", &["DOMException"]),
    ("web/encoding", &["TextDecoder", "TextEncoder"]),
    ("web/events", &["AbortController", "AbortSignal", "CustomEvent", "Event", "EventTarget"]),
    ("web/performance", &["Performance"]),
    (
        "web/streams",
        &[
            "ByteLengthQueuingStrategy",
            "CountQueuingStrategy",
            "ReadableStream",
            "ReadableStreamDefaultController",
            "ReadableStreamDefaultReader",
        ],
    ),
    ("web/url", &["URL", "URLSearchParams"]),
];

macro_rules! source {
    ($name:literal, $natives:expr) => {
        Source {
            name: concat!("web/", $name),
            text: prelude::text(include_str!(concat!("js/", $name, ".js"))),
            natives: $natives,
        }
    };
}

static SOURCES: &[Source] = &[
    source!("errors", no_natives),
    source!("console", console::natives),
    source!("console_table", no_natives),
    source!("inspect/kind", inspect::natives),
    source!("inspect/text", no_natives),
    source!("inspect/style", no_natives),
    source!("inspect/names", no_natives),
    source!("inspect/errors", no_natives),
    source!("inspect/layout", no_natives),
    source!("inspect/members", no_natives),
    source!("inspect/index", no_natives),
    source!("inspect/format", no_natives),
    source!("timers", timers::natives),
    source!("performance", clock::natives),
    source!("dom_exception", no_natives),
    source!("events", clock::natives),
    source!("encoding", encoding::natives),
    source!("streams", no_natives),
    source!("structured_clone", no_natives),
    source!("crypto", random::natives),
    source!("url", url::natives),
];
