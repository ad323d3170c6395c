//! Where the console's lines go, and how many bytes of them.

use std::cell::{Cell, RefCell};

use innerbox_binding::{Arguments, Failure, Outcome, value};

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
    allowed: usize,
    left: Cell<usize>,
    colors: Colors,
}

impl Output {
    pub(crate) fn new(sink: Box<dyn ConsoleSink>, allowed: usize, colors: Colors) -> Self {
        Self { sink: RefCell::new(sink), allowed, left: Cell::new(allowed), colors }
    }

    /// Charges `bytes`, before anything is copied out of V8.
    fn charge(&self, bytes: usize) -> Result<(), Failure> {
        let Some(left) = self.left.get().checked_sub(bytes) else {
            let message = format!("limit reached: console bytes: {} allowed", self.allowed);
            return Err(Failure::range_error(message).code("ERR_LIMIT"));
        };
        self.left.set(left);
        Ok(())
    }
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
    state.output.charge(text.utf8_length(scope))?;
    let text = text.to_rust_string_lossy(scope);
    state.output.sink.borrow_mut().write(stream, &text);
    Ok(())
}

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "write", write_callback);
    value::set_function(scope, host, "now", clock::now);
    let colored = State::of(scope).is_ok_and(|state| state.output.colors == Colors::Always);
    value::set(scope, host, "colors", v8::Boolean::new(scope, colored).into());
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
