//! Errors that a callback gives to its JavaScript caller.

use crate::denied;
use crate::strings::string;

/// What a callback returns: a value, or the reason why there is none.
pub type Outcome<'s> = Result<v8::Local<'s, v8::Value>, Failure>;

/// The JavaScript class of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `Error`
    Error,
    /// `TypeError`
    TypeError,
    /// `RangeError`
    RangeError,
    /// `SyntaxError`
    SyntaxError,
    /// `DeniedError`, where it was defined; else `Error`
    DeniedError,
}

/// Why a callback has no value to return. What there is to tell is boxed, so that success is told in a register.
#[derive(Debug)]
pub enum Failure {
    /// V8 already holds an exception, or is being terminated: leave it as it is.
    Pending,
    /// An exception that was caught or made earlier.
    Thrown(Box<v8::Global<v8::Value>>),
    /// An error to be made in the isolate's own realm.
    Error(Box<NewError>),
}

/// An error that is to be made.
#[derive(Debug)]
pub struct NewError {
    /// Its class.
    pub class: Class,
    /// Its message: whose fault, what, the detail.
    pub message: String,
    /// Its stable `code` property, such as `ERR_ACCESS_DENIED`.
    pub code: Option<&'static str>,
    /// More properties, by name.
    pub details: Vec<(&'static str, Detail)>,
}

/// The value of an error's further property.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// A string.
    Text(String),
    /// A number.
    Number(f64),
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Detail {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Detail {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl Detail {
    fn to_js<'s>(&self, scope: &v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Value> {
        match self {
            Self::Text(text) => string(scope, text).into(),
            Self::Number(number) => v8::Number::new(scope, *number).into(),
        }
    }
}

impl Failure {
    /// An `Error` with this message.
    pub fn error(message: impl Into<String>) -> Self {
        Self::of(Class::Error, message)
    }

    /// A `TypeError` with this message.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::of(Class::TypeError, message)
    }

    /// A `RangeError` with this message.
    pub fn range_error(message: impl Into<String>) -> Self {
        Self::of(Class::RangeError, message)
    }

    /// A `DeniedError`, with its code.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::of(Class::DeniedError, message).code(denied::CODE)
    }

    /// An error of this class.
    pub fn of(class: Class, message: impl Into<String>) -> Self {
        Self::Error(Box::new(NewError { class, message: message.into(), code: None, details: Vec::new() }))
    }

    /// The exception `value`, to be thrown again.
    pub fn thrown(scope: &v8::PinScope<'_, '_>, value: v8::Local<v8::Value>) -> Self {
        Self::Thrown(Box::new(v8::Global::new(scope, value)))
    }

    /// Sets the error's stable `code`.
    #[must_use]
    pub fn code(mut self, name: &'static str) -> Self {
        if let Self::Error(error) = &mut self {
            error.code = Some(name);
        }
        self
    }

    /// Adds a property to the error.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        if let Self::Error(error) = &mut self {
            error.details.push((name, value.into()));
        }
        self
    }

    /// The exception as a value of the current realm; `None` where V8 already holds it.
    pub fn into_exception<'s>(self, scope: &v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
        match self {
            Self::Pending => None,
            Self::Thrown(value) => Some(v8::Local::new(scope, *value)),
            Self::Error(error) => {
                let NewError { class, message, code, details } = *error;
                let exception = make(scope, class, &message)?;
                if let Ok(object) = v8::Local::<v8::Object>::try_from(exception) {
                    let code = code.map(|code| ("code", Detail::from(code)));
                    for (name, value) in code.into_iter().chain(details) {
                        let (name, value) = (string(scope, name), value.to_js(scope));
                        object.create_data_property(scope, name.into(), value);
                    }
                }
                Some(exception)
            }
        }
    }

    /// Schedules the exception in V8; the callback must return at once.
    pub fn throw(self, scope: &v8::PinScope<'_, '_>) {
        if let Some(exception) = self.into_exception(scope) {
            scope.throw_exception(exception);
        }
    }
}

/// `None` where V8 holds an exception, or is being terminated.
fn make<'s>(scope: &v8::PinScope<'s, '_>, class: Class, message: &str) -> Option<v8::Local<'s, v8::Value>> {
    let message = string(scope, message);
    Some(match class {
        Class::Error => v8::Exception::error(scope, message),
        Class::TypeError => v8::Exception::type_error(scope, message),
        Class::RangeError => v8::Exception::range_error(scope, message),
        Class::SyntaxError => v8::Exception::syntax_error(scope, message),
        Class::DeniedError => return denied::make(scope, message),
    })
}

/// Reads `None`, V8's sign of a pending exception, as a [`Failure`].
pub trait OrPending<T> {
    /// The value, or [`Failure::Pending`].
    ///
    /// # Errors
    /// [`Failure::Pending`] where V8 gave nothing: an exception is scheduled or execution is being terminated.
    fn or_pending(self) -> Result<T, Failure>;
}

impl<T> OrPending<T> for Option<T> {
    fn or_pending(self) -> Result<T, Failure> {
        self.ok_or(Failure::Pending)
    }
}

/// One line for an exception, without running any of the tenant's code: `TypeError: message`.
pub fn describe_exception(scope: &v8::PinScope<'_, '_>, exception: v8::Local<v8::Value>) -> String {
    let message = v8::Exception::create_message(scope, exception).get(scope).to_rust_string_lossy(scope);
    message.strip_prefix("Uncaught ").unwrap_or(&message).to_owned()
}
