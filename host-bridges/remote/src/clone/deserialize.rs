//! Into an isolate.

use innerbox_binding::value::{name, undefined};
use innerbox_binding::{Failure, OrPending, array_buffer, prelude};

use super::errors;
use super::graph::{Graph, Item, Key, Members, Object, Serialized, ViewKind};
use super::text::Text;
use crate::held;

/// Where the stack of an error comes from another isolate, this stands between its frames and the current ones.
const BOUNDARY: &str = "\n    at <another isolate>";

/// Makes the value in the current realm. It takes time by the size; buffers are charged to the isolate's quota.
///
/// # Errors
/// A `RangeError` with code `ERR_LIMIT` where the sandbox's quota of array-buffer bytes has no room.
pub fn deserialize<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    serialized: &Serialized,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let graph = &*serialized.0;
    let mut reader = Reader { graph, made: Vec::with_capacity(graph.objects.len()) };
    for object in &graph.objects {
        let made = reader.make(scope, object)?;
        reader.made.push(made);
    }
    reader.make_views(scope)?;
    for (place, object) in graph.objects.iter().enumerate() {
        if let Some(made) = reader.made[place] {
            v8::scope!(let scope, scope);
            reader.fill(scope, made, object)?;
            if scope.is_execution_terminating() {
                return Err(Failure::Pending);
            }
        }
    }
    reader.item(scope, &graph.root)
}

struct Reader<'g, 's> {
    graph: &'g Graph,
    /// The objects, at their places; those that need another are made later.
    made: Vec<Option<v8::Local<'s, v8::Object>>>,
}

impl<'s> Reader<'_, 's> {
    fn item<'c>(
        &self,
        scope: &mut v8::PinScope<'c, '_>,
        item: &Item,
    ) -> Result<v8::Local<'c, v8::Value>, Failure> {
        Ok(match item {
            Item::Undefined => undefined(scope),
            Item::Null => v8::null(scope).into(),
            Item::Bool(value) => v8::Boolean::new(scope, *value).into(),
            Item::Number(value) => v8::Number::new(scope, *value).into(),
            Item::BigInt { negative, words } => {
                v8::BigInt::new_from_words(scope, *negative, words).or_pending()?.into()
            }
            Item::Text(text) => text.write(scope)?.into(),
            Item::Object(place) => {
                let made = self.made.get(*place as usize).copied().flatten();
                v8::Local::new(scope, made.ok_or_else(incomplete)?).into()
            }
            Item::Reference(reference) => held::value(scope, reference)?,
        })
    }

    /// An object without its contents; none for what is made of another one.
    fn make(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: &Object,
    ) -> Result<Option<v8::Local<'s, v8::Object>>, Failure> {
        Ok(Some(match object {
            Object::Plain(_) => v8::Object::new(scope),
            Object::Array { members, .. } if is_plain_list(members) => {
                let items: Result<Vec<_>, _> =
                    members.iter().map(|(_, item)| self.item(scope, item)).collect();
                v8::Array::new_with_elements(scope, &items?).into()
            }
            Object::Array { .. } => v8::Array::new(scope, 0).into(),
            Object::Map(_) => v8::Map::new(scope).into(),
            Object::Set(_) => v8::Set::new(scope).into(),
            Object::Date(time) => v8::Date::new(scope, *time).or_pending()?.into(),
            Object::RegExp { source, flags } => {
                let source = source.write(scope)?;
                v8::RegExp::new(scope, source, pattern_flags(flags)).or_pending()?.into()
            }
            Object::Boxed(item) => {
                let primitive = self.item(scope, item)?;
                boxed(scope, primitive)?
            }
            Object::Error(error) => errors::make(scope, error.class)?,
            Object::Buffer(bytes) => array_buffer(scope, bytes)?.into(),
            Object::View { .. } => return Ok(None),
        }))
    }

    fn make_views(&mut self, scope: &mut v8::PinScope<'s, '_>) -> Result<(), Failure> {
        for (place, object) in self.graph.objects.iter().enumerate() {
            if let Object::View { kind, buffer, offset, length } = object {
                let buffer = self.made.get(*buffer as usize).copied().flatten().ok_or_else(incomplete)?;
                let buffer = v8::Local::<v8::ArrayBuffer>::try_from(buffer).map_err(|_| incomplete())?;
                self.made[place] = Some(view(scope, *kind, buffer, *offset, *length)?);
            }
        }
        Ok(())
    }

    fn fill(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        made: v8::Local<v8::Object>,
        object: &Object,
    ) -> Result<(), Failure> {
        match object {
            Object::Plain(members) => self.set_members(scope, made, members),
            Object::Array { length, members } => {
                if !is_plain_list(members) {
                    self.set_members(scope, made, members)?;
                }
                let last = members.iter().rev().find_map(|(key, _)| match key {
                    Key::Index(index) => Some(index + 1),
                    Key::Name(_) => None,
                });
                if last.unwrap_or(0) < *length {
                    let length = v8::Integer::new_from_unsigned(scope, *length).into();
                    made.set(scope, name(scope, "length").into(), length).or_pending()?;
                }
                Ok(())
            }
            Object::Map(pairs) => {
                let map = v8::Local::<v8::Map>::try_from(made).map_err(|_| incomplete())?;
                for (key, value) in pairs {
                    v8::scope!(let scope, scope);
                    let (key, value) = (self.item(scope, key)?, self.item(scope, value)?);
                    map.set(scope, key, value).or_pending()?;
                }
                Ok(())
            }
            Object::Set(items) => {
                let set = v8::Local::<v8::Set>::try_from(made).map_err(|_| incomplete())?;
                for item in items {
                    v8::scope!(let scope, scope);
                    let item = self.item(scope, item)?;
                    set.add(scope, item).or_pending()?;
                }
                Ok(())
            }
            Object::Error(error) => {
                for (key, item) in &error.hidden {
                    if let Key::Name(key) = key {
                        let (key, item) = (key.write(scope)?, self.item(scope, item)?);
                        define_hidden(scope, made, key, item)?;
                    }
                }
                self.set_members(scope, made, &error.members)?;
                if let Some(message) = &error.message {
                    let (key, message) = (name(scope, "message"), message.write(scope)?);
                    define_hidden(scope, made, key, message.into())?;
                }
                error.stack.as_ref().map_or(Ok(()), |stack| set_stack(scope, made, stack))
            }
            Object::Date(_)
            | Object::RegExp { .. }
            | Object::Boxed(_)
            | Object::Buffer(_)
            | Object::View { .. } => Ok(()),
        }
    }

    fn set_members(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        members: &Members,
    ) -> Result<(), Failure> {
        for (key, item) in members {
            v8::scope!(let scope, scope);
            let item = self.item(scope, item)?;
            match key {
                Key::Index(index) => {
                    let index = v8::Integer::new_from_unsigned(scope, *index);
                    let index = index.to_string(scope).or_pending()?;
                    object.create_data_property(scope, index.into(), item).or_pending()?;
                }
                Key::Name(text) => {
                    let key = text.write(scope)?;
                    object.create_data_property(scope, key.into(), item).or_pending()?;
                }
            }
        }
        Ok(())
    }
}

/// True where all is known when the array is made: elements without gaps, none of which is an object.
fn is_plain_list(members: &Members) -> bool {
    let is_next = |(place, (key, item)): (usize, &(Key, Item))| {
        matches!(key, Key::Index(index) if *index as usize == place)
            && !matches!(item, Item::Object(_) | Item::Reference(_))
    };
    members.iter().enumerate().all(is_next)
}

fn define_hidden(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    key: v8::Local<v8::String>,
    value: v8::Local<v8::Value>,
) -> Result<(), Failure> {
    object
        .define_own_property(scope, key.into(), value, v8::PropertyAttribute::DONT_ENUM)
        .or_pending()
        .map(drop)
}

/// The frames of the isolate that the error comes from, the boundary, and the frames here.
fn set_stack(
    scope: &mut v8::PinScope<'_, '_>,
    error: v8::Local<v8::Object>,
    there: &Text,
) -> Result<(), Failure> {
    let key = name(scope, "stack");
    let here = error.get(scope, key.into()).or_pending()?;
    let here = here.to_rust_string_lossy(scope);
    let here = here.find("\n    at ").map_or("", |frames| &here[frames..]);
    let there = there.write(scope)?;
    let rest = innerbox_binding::value::string(scope, &format!("{BOUNDARY}{here}"));
    let stack = v8::String::concat(scope, there, rest).or_pending()?;
    define_hidden(scope, error, key, stack.into())
}

/// `Object(primitive)`
fn boxed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    primitive: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let object = prelude::export(scope, "primordials", "Object")?;
    let object = v8::Local::<v8::Function>::try_from(object).ok().or_pending()?;
    let receiver = undefined(scope);
    let boxed = object.call(scope, receiver, &[primitive]).or_pending()?;
    v8::Local::try_from(boxed).map_err(|_| incomplete())
}

fn pattern_flags(flags: &Text) -> v8::RegExpCreationFlags {
    let flag = |letter| match letter {
        'd' => v8::RegExpCreationFlags::HAS_INDICES,
        'g' => v8::RegExpCreationFlags::GLOBAL,
        'i' => v8::RegExpCreationFlags::IGNORE_CASE,
        'm' => v8::RegExpCreationFlags::MULTILINE,
        's' => v8::RegExpCreationFlags::DOT_ALL,
        'u' => v8::RegExpCreationFlags::UNICODE,
        'v' => v8::RegExpCreationFlags::UNICODE_SETS,
        'y' => v8::RegExpCreationFlags::STICKY,
        _ => v8::RegExpCreationFlags::empty(),
    };
    flags.ascii().unwrap_or_default().chars().map(flag).collect()
}

fn view<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    kind: ViewKind,
    buffer: v8::Local<'s, v8::ArrayBuffer>,
    offset: usize,
    length: usize,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    // V8 takes them as they are. The buffer may have shrunk after the view of it was met.
    let size = kind.element_bytes();
    let end = length.checked_mul(size).and_then(|bytes| bytes.checked_add(offset));
    if !offset.is_multiple_of(size) || end.is_none_or(|end| end > buffer.byte_length()) {
        return Err(Failure::type_error("a view reaches past its ArrayBuffer").code("ERR_DATA_CLONE"));
    }
    macro_rules! array {
        ($array:ident) => {
            v8::$array::new(scope, buffer, offset, length).or_pending()?.into()
        };
    }
    Ok(match kind {
        ViewKind::Uint8 => array!(Uint8Array),
        ViewKind::Uint8Clamped => array!(Uint8ClampedArray),
        ViewKind::Int8 => array!(Int8Array),
        ViewKind::Uint16 => array!(Uint16Array),
        ViewKind::Int16 => array!(Int16Array),
        ViewKind::Uint32 => array!(Uint32Array),
        ViewKind::Int32 => array!(Int32Array),
        ViewKind::Float16 => float16_array(scope, buffer, offset, length)?,
        ViewKind::Float32 => array!(Float32Array),
        ViewKind::Float64 => array!(Float64Array),
        ViewKind::BigUint64 => array!(BigUint64Array),
        ViewKind::BigInt64 => array!(BigInt64Array),
        ViewKind::DataView => v8::DataView::new(scope, buffer, offset, length).into(),
    })
}

/// The crate makes those, and has no way to use them as objects.
fn float16_array<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    buffer: v8::Local<'s, v8::ArrayBuffer>,
    offset: usize,
    length: usize,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let class = prelude::export(scope, "primordials", "Float16Array")?;
    let class = v8::Local::<v8::Function>::try_from(class).ok().or_pending()?;
    let (offset, length) = (v8::Number::new(scope, offset as f64), v8::Number::new(scope, length as f64));
    class.new_instance(scope, &[buffer.into(), offset.into(), length.into()]).or_pending()
}

fn incomplete() -> Failure {
    Failure::error("host fault: a clone is not complete").code("ERR_HOST_FAULT")
}
