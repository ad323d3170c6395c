//! Functions of the host's, as scripts call them.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::value::set;
use innerbox_binding::{Arguments, EventLoop, Failure, OrPending, Outcome, function};
use serde::de::value::Error;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};

use crate::value::{Unreadable, Value, read_lending, write};

/// What went wrong in a call, for the script.
#[derive(Debug)]
enum Fault {
    /// The arguments are not of the types that the function has.
    Arguments(Error),
    /// The function says so.
    Function(anyhow::Error),
}

type Direct = Rc<dyn Fn(Vec<Value>) -> Result<Value, Fault>>;
type Promising = Arc<dyn Fn(Vec<Value>) -> Result<Value, Fault> + Send + Sync>;

#[derive(Clone)]
enum Call {
    Direct(Direct),
    Promising(Promising),
}

/// The functions that a sandbox was given.
#[derive(Default)]
pub(super) struct Functions(Vec<(String, Call)>);

/// Their place in an isolate.
struct Installed {
    calls: Vec<(String, Call)>,
    /// Bytes that the arguments of one call may take.
    argument_bytes: usize,
}

impl Installed {
    fn of(isolate: &v8::Isolate) -> Result<Rc<Self>, Failure> {
        isolate.get_slot::<Rc<Self>>().cloned().ok_or_else(missing)
    }
}

impl Functions {
    pub(super) fn add<A: DeserializeOwned, R: Serialize>(
        &mut self,
        name: String,
        function: impl Fn(A) -> anyhow::Result<R> + 'static,
    ) {
        self.0.push((name, Call::Direct(Rc::new(move |arguments| called(&function, arguments)))));
    }

    pub(super) fn add_promising<A: DeserializeOwned, R: Serialize>(
        &mut self,
        name: String,
        function: impl Fn(A) -> anyhow::Result<R> + Send + Sync + 'static,
    ) {
        self.0.push((name, Call::Promising(Arc::new(move |arguments| called(&function, arguments)))));
    }

    /// Gives them to the isolate. The arguments of one call may take so many bytes.
    pub(super) fn install(self, isolate: &mut v8::Isolate, argument_bytes: usize) {
        isolate.set_slot(Rc::new(Installed { calls: self.0, argument_bytes }));
    }
}

/// Puts the isolate's functions on the global object of the current context.
pub(super) fn attach(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let global = scope.get_current_context().global(scope);
    for (index, (name, _)) in Installed::of(scope)?.calls.iter().enumerate() {
        let index = v8::Number::new(scope, index as f64).into();
        let function = function(scope, name, call, Some(index)).or_pending()?;
        set(scope, global, name, function.into());
    }
    Ok(())
}

fn called<A: DeserializeOwned, R: Serialize>(
    function: &impl Fn(A) -> anyhow::Result<R>,
    arguments: Vec<Value>,
) -> Result<Value, Fault> {
    let arguments = A::deserialize(Tuple(arguments)).map_err(Fault::Arguments)?;
    let answer = function(arguments).map_err(Fault::Function)?;
    Value::of(&answer).map_err(|error| Fault::Function(error.into()))
}

fn call<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let functions = Installed::of(scope)?;
    let index = args.data().uint32_value(scope).or_pending()? as usize;
    let (name, call) = functions.calls.get(index).ok_or_else(missing)?;
    let arguments = arguments(scope, &args, functions.argument_bytes)?;
    match call {
        Call::Direct(function) => answered(scope, name, function(arguments)),
        Call::Promising(function) => {
            let (name, function) = (name.clone(), Arc::clone(function));
            let work = move || function(arguments);
            let event_loop = EventLoop::of(scope)?;
            Ok(event_loop.spawn(scope, work, move |scope, answer| answered(scope, &name, answer))?.into())
        }
    }
}

fn answered<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str, answer: Result<Value, Fault>) -> Outcome<'s> {
    match answer {
        Ok(value) => write(scope, &value),
        Err(Fault::Arguments(error)) => {
            Err(Failure::type_error(format!("`{name}`: {error}")).code("ERR_INVALID_ARG_TYPE"))
        }
        Err(Fault::Function(error)) => Err(Failure::error(format!("{error:#}"))),
    }
}

fn arguments(
    scope: &mut v8::PinScope<'_, '_>,
    args: &Arguments<'_>,
    bytes: usize,
) -> Result<Vec<Value>, Failure> {
    let list: Vec<_> = (0..args.length()).map(|index| args.get(index)).collect();
    let list = v8::Array::new_with_elements(scope, &list);
    match read_lending(scope, list.into(), bytes) {
        Ok(Value::Array(values)) => Ok(values),
        Ok(_) => Err(missing()),
        Err(Unreadable::Threw) => Err(Failure::Pending),
        Err(Unreadable::Refused(failure)) => Err(failure),
        Err(Unreadable::Limit(limit)) => Err(Failure::range_error(limit.to_string()).code("ERR_LIMIT")),
    }
}

fn missing() -> Failure {
    Failure::error("host fault: there is no such function").code("ERR_HOST_FAULT")
}

/// The arguments of a call as a source of Rust types.
struct Tuple(Vec<Value>);

impl<'de> Deserializer<'de> for Tuple {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Sequence { index: 0, length: None, values: self.0.into_iter() })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Sequence { index: 0, length: Some(length), values: self.0.into_iter() })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit_struct seq map
        struct enum identifier ignored_any
    }
}

struct Sequence {
    index: usize,
    /// How many there are to be; `None` for as many as came.
    length: Option<usize>,
    values: std::vec::IntoIter<Value>,
}

impl<'de> SeqAccess<'de> for Sequence {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let value = match (self.values.next(), self.length) {
            (_, Some(length)) if self.index >= length => return Ok(None),
            (Some(value), _) => value,
            (None, Some(_)) => Value::Undefined,
            (None, None) => return Ok(None),
        };
        self.index += 1;
        let named = |error| Error::custom(Named { index: self.index, error });
        seed.deserialize(value).map(Some).map_err(named)
    }
}

struct Named {
    index: usize,
    error: Error,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argument {}: {}", self.index, self.error)
    }
}
