//! Values that cross between the host and an isolate.

mod de;
mod from;
mod read;
mod ser;
mod write;

pub(crate) use read::{Unreadable, read, read_lending};
pub(crate) use write::write;

use innerbox_bridge_remote::Reference;

/// A JavaScript value, copied out of its isolate or to be copied into one.
///
/// It is made within the run's deadline and its limits, for reading an object may run the script's getters. As a serde
/// format it behaves as JSON does, with these additions: bytes are bytes, and a BigInt is an integer of any width.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Outcome, Sandbox, Value};
/// let engine = Engine::new(Config::default())?;
/// let mut sandbox = Sandbox::builder(&engine).build()?;
/// let completion = sandbox.eval("({ id: 2n ** 70n, data: new Uint8Array([1, 2]) })");
/// let Outcome::Returned { value } = completion.outcome else { panic!() };
/// assert_eq!(value.get("id"), Some(&Value::BigInt("1180591620717411303424".into())));
/// assert_eq!(value.get("data"), Some(&Value::Bytes(vec![1, 2])));
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A BigInt, in decimal.
    BigInt(String),
    /// A string; a lone surrogate is U+FFFD. A `Date` is its ISO string.
    String(String),
    /// An `ArrayBuffer`, a `DataView`, or a typed array of unsigned bytes.
    Bytes(Vec<u8>),
    /// An array, another typed array, or a `Set`. A `Map` is the array of its pairs.
    Array(Vec<Value>),
    /// An object: its own enumerable properties whose names are strings, in order. Of an error also name and message.
    Object(Vec<(String, Value)>),
    /// A function that a script gave to a function of the host's, or what a `Reference` that it gave stands for.
    Reference(Reference),
    /// Something that cannot leave its isolate, in words: a function, a symbol, a promise, a circular reference.
    Other(String),
}

impl Value {
    /// The property `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}
