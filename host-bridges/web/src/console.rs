//! Where the console's lines go, and how many bytes of them.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use innerbox_binding::{Arguments, Failure, Meter, Outcome, prelude, reference, value};

use crate::{State, clock};

/// Which of the two streams a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What a program says: `console.log`, `process.stdout`.
    Out,
    /// What it warns of: `console.error`, `process.stderr`.
    Err,
}

/// Takes what scripts write.
pub trait ConsoleSink {
    /// Takes `text` as it is to appear: a line of the console ends with its line feed, and a process stream may write
    /// part of a line.
    fn write(&mut self, stream: Stream, text: &str);
}

/// Whether the console's lines are coloured, with ANSI escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// Plain text.
    Never,
    /// Values coloured by their type: for a terminal.
    Always,
}

/// The sink, with what it may still be given.
pub(crate) struct Output {
    sink: RefCell<Box<dyn ConsoleSink>>,
    queue: Arc<ConsoleQueue>,
    colors: Colors,
}

impl Output {
    pub(crate) fn new(sink: Box<dyn ConsoleSink>, allowed: usize, colors: Colors) -> Self {
        let queue = ConsoleQueue {
            allowed,
            left: AtomicUsize::new(allowed),
            waiting: Mutex::default(),
            meter: Meter::default(),
        };
        Self { sink: RefCell::new(sink), queue: Arc::new(queue), colors }
    }

    /// Writes `text`, which is charged, after what waits.
    fn write(&self, stream: Stream, text: &str) {
        self.deliver();
        self.sink.borrow_mut().write(stream, text);
    }

    fn deliver(&self) {
        for (stream, text) in std::mem::take(&mut *self.queue.waiting()) {
            self.sink.borrow_mut().write(stream, &text);
        }
    }
}

/// How many bytes a console takes, and what waits for it, from any thread.
pub struct ConsoleQueue {
    allowed: usize,
    left: AtomicUsize,
    waiting: Mutex<Vec<(Stream, String)>>,
    meter: Meter,
}

impl ConsoleQueue {
    /// Charges `bytes`, before they are written or kept to be written.
    ///
    /// # Errors
    /// Past the limit; then nothing is charged.
    pub fn charge(&self, bytes: usize) -> Result<(), ConsoleFull> {
        let charged = |left: usize| left.checked_sub(bytes);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, charged) {
            Ok(left) => {
                self.meter.used(self.allowed - left + bytes);
                Ok(())
            }
            Err(left) => {
                let used = (self.allowed - left).saturating_add(bytes);
                self.meter.refused(used);
                Err(ConsoleFull { used, allowed: self.allowed })
            }
        }
    }

    /// What was written, and what was refused.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Bytes that were charged so far.
    pub fn used(&self) -> usize {
        self.allowed - self.left.load(Ordering::Relaxed)
    }

    /// Keeps `text`, which is charged, until the console is next written to or asked to deliver.
    pub fn push(&self, stream: Stream, text: String) {
        self.waiting().push((stream, text));
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Stream, String)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A console takes no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleFull {
    /// How many there would be.
    pub used: usize,
    /// How many are allowed.
    pub allowed: usize,
}

impl fmt::Display for ConsoleFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit reached: console bytes: {} allowed", self.allowed)
    }
}

impl std::error::Error for ConsoleFull {}

impl From<ConsoleFull> for Failure {
    fn from(full: ConsoleFull) -> Self {
        Self::range_error(full.to_string()).code("ERR_LIMIT")
    }
}

/// The console of a context, for what writes to it without being a script. It belongs to the isolate's thread.
#[derive(Clone)]
pub struct Console(Rc<State>);

impl Console {
    /// The console of the current context.
    ///
    /// # Errors
    /// A host fault where it has none.
    pub fn of(scope: &v8::PinScope<'_, '_>) -> Result<Self, Failure> {
        State::of(scope).map(Self)
    }

    /// What is charged for writing, and takes what other threads write.
    pub fn queue(&self) -> Arc<ConsoleQueue> {
        Arc::clone(&self.0.output.queue)
    }

    /// Writes `text`, which is charged, after what waits.
    pub fn write(&self, stream: Stream, text: &str) {
        self.0.output.write(stream, text);
    }

    /// Writes what waits.
    pub fn deliver(&self) {
        self.0.output.deliver();
    }
}

/// The console that scripts have, which they may have changed.
///
/// # Errors
/// A host fault where the context has none.
pub fn console_object<'s>(scope: &mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let console = prelude::export(scope, "web/console", "console")?;
    v8::Local::<v8::Object>::try_from(console)
        .map_err(|_| Failure::error("host fault: `console` is no object").code("ERR_HOST_FAULT"))
}

/// Writes `text` as the console does, under the same limit.
///
/// # Errors
/// A `RangeError` with code `ERR_LIMIT` past the limit of bytes.
pub fn write(
    scope: &v8::PinScope<'_, '_>,
    stream: Stream,
    text: v8::Local<v8::String>,
) -> Result<(), Failure> {
    let state = State::of(scope)?;
    state.output.queue.charge(text.utf8_length(scope))?;
    let text = text.to_rust_string_lossy(scope);
    state.output.write(stream, &text);
    Ok(())
}

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "write", write_callback);
    value::set_function(scope, host, "now", clock::now);
    value::set_function(scope, host, "colored", colored);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![reference(write_callback), reference(colored)]
}

/// `colored()`: whether values are coloured.
fn colored<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let colored = State::of(scope)?.output.colors == Colors::Always;
    Ok(v8::Boolean::new(scope, colored).into())
}

/// `write(stream, text)`: `stream` is 0 for what a program says and 1 for what it warns of.
fn write_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let stream = match args.get(0).int32_value(scope) {
        Some(0) => Stream::Out,
        _ => Stream::Err,
    };
    let text = v8::Local::<v8::String>::try_from(args.get(1))
        .map_err(|_| Failure::type_error("`text`: expected string"))?;
    write(scope, stream, text)?;
    Ok(value::undefined(scope))
}
