//! What the host gives to scripts, and in which form it takes what they give.

use innerbox_binding::{Detail, Failure};
use innerbox_bridge_remote::{Form, Reference, Remotes, Serialized, deserialize, take, value};
use serde::Serialize;

use crate::error::Error;
use crate::limit_hit::{Limit, LimitHit};
use crate::value::{Unreadable, Value, read, write};

/// A value on its way into a sandbox.
///
/// # Examples
/// ```
/// # use innerbox::{Argument, Config, Engine, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let mut sandbox = Sandbox::builder(&engine).build()?;
/// let join = sandbox.eval_into("(...parts) => parts.join('-')").into_returned()?;
/// let completion = sandbox.call(&join, &[1.into(), "two".into(), Argument::of(&["three", "four"])?]);
/// assert_eq!(completion.into_value::<String>()?, "1-two-three,four");
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Argument {
    /// A value of the host's.
    Value(Value),
    /// A structured clone.
    Serialized(Serialized),
    /// To the sandbox that it is of, the value itself; to every other one, an object of the class `Reference`.
    Reference(Reference),
}

impl Argument {
    /// A Rust value; see [`Value::of`].
    ///
    /// # Errors
    /// As there.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        Value::of(value).map(Self::Value)
    }

    pub(super) fn write<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
    ) -> Result<v8::Local<'s, v8::Value>, Failure> {
        match self {
            Self::Value(value) => write(scope, value),
            Self::Serialized(serialized) => deserialize(scope, serialized),
            Self::Reference(reference) => value(scope, reference),
        }
    }
}

macro_rules! arguments {
    ($($from:ty, $value:ident => $argument:expr;)*) => {
        $(impl From<$from> for Argument {
            fn from($value: $from) -> Self {
                $argument
            }
        })*
    };
}

arguments! {
    Value, value => Self::Value(value);
    Serialized, serialized => Self::Serialized(serialized);
    Reference, reference => Self::Reference(reference);
    &Reference, reference => Self::Reference(reference.clone());
    &str, text => Self::Value(Value::String(text.to_owned()));
    String, text => Self::Value(Value::String(text));
    bool, value => Self::Value(Value::Bool(value));
    f64, number => Self::Value(Value::Number(number));
    i32, number => Self::Value(Value::Number(number.into()));
    u32, number => Self::Value(Value::Number(number.into()));
    Vec<u8>, bytes => Self::Value(Value::Bytes(bytes));
}

/// A form in which the host takes what a script gives: [`Value`], a copy for Rust; [`Serialized`], a structured clone for
/// another sandbox; [`Reference`], the value where it is; `()`, nothing.
pub trait FromScript: Sized + sealed::Take {}

impl<T: sealed::Take> FromScript for T {}

/// Why a value was not taken.
pub(super) enum NotTaken {
    Limit(LimitHit),
    Failed(Failure),
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        match &failure {
            // The host's own: what a script throws is `Thrown`.
            Failure::Error(error) if error.code == Some("ERR_LIMIT") => match error.details.as_slice() {
                [("used", Detail::Number(used)), ("allowed", Detail::Number(allowed))] => {
                    let (used, allowed) = (*used as u64, *allowed as u64);
                    Self::Limit(LimitHit { which: Limit::ValueBytes, used, allowed })
                }
                _ => Self::Failed(failure),
            },
            _ => Self::Failed(failure),
        }
    }
}

pub(super) mod sealed {
    use super::{Failure, Form, NotTaken, Reference, Remotes, Serialized, Unreadable, Value, read, take};

    pub trait Take: Sized {
        #[doc(hidden)]
        #[allow(private_interfaces, reason = "nobody else calls it")]
        fn take(
            scope: &mut v8::PinScope<'_, '_>,
            value: v8::Local<v8::Value>,
            bytes: usize,
        ) -> Result<Self, NotTaken>;
    }

    #[allow(private_interfaces, reason = "nobody else calls it")]
    impl Take for Value {
        fn take(
            scope: &mut v8::PinScope<'_, '_>,
            value: v8::Local<v8::Value>,
            bytes: usize,
        ) -> Result<Self, NotTaken> {
            read(scope, value, bytes).map_err(|unreadable| match unreadable {
                Unreadable::Limit(limit) => NotTaken::Limit(limit),
                Unreadable::Threw => NotTaken::Failed(Failure::Pending),
                Unreadable::Refused(failure) => NotTaken::Failed(failure),
            })
        }
    }

    #[allow(private_interfaces, reason = "nobody else calls it")]
    impl Take for Serialized {
        fn take(
            scope: &mut v8::PinScope<'_, '_>,
            value: v8::Local<v8::Value>,
            _: usize,
        ) -> Result<Self, NotTaken> {
            Ok(take(scope, value, Form::Clone)?)
        }
    }

    #[allow(private_interfaces, reason = "nobody else calls it")]
    impl Take for Reference {
        fn take(
            scope: &mut v8::PinScope<'_, '_>,
            value: v8::Local<v8::Value>,
            _: usize,
        ) -> Result<Self, NotTaken> {
            Ok(Remotes::of(scope)?.lend(scope, value)?)
        }
    }

    #[allow(private_interfaces, reason = "nobody else calls it")]
    impl Take for () {
        fn take(_: &mut v8::PinScope<'_, '_>, _: v8::Local<v8::Value>, _: usize) -> Result<(), NotTaken> {
            Ok(())
        }
    }
}
