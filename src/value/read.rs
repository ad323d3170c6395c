//! Copies a value out of its isolate.

use innerbox_binding::Failure;
use innerbox_binding::value::{kind, name};
use innerbox_bridge_remote::{Reference, Remotes, held};

use super::Value;
use crate::limit_hit::{Limit, LimitHit};

/// Deepest nesting that is followed. The reader recurses, so this bounds the stack; serde_json reads no deeper either.
const DEPTH_MAX: usize = 128;

/// What a value is charged with besides its bytes.
const VALUE_BYTES: usize = 16;

/// Why a value cannot be read.
pub(crate) enum Unreadable {
    /// A getter threw, or the run was terminated: V8 holds the exception.
    Threw,
    /// It is too large or too deep.
    Limit(LimitHit),
    /// A function in it cannot be lent.
    Refused(Failure),
}

/// Copies `value`, which may take `bytes` at most.
pub(crate) fn read(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<v8::Value>,
    bytes: usize,
) -> Result<Value, Unreadable> {
    Reader { allowed: bytes, used: 0, lends: false }.value(scope, value, None)
}

/// The same, with references to the functions in it, and what references in it stand for.
pub(crate) fn read_lending(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<v8::Value>,
    bytes: usize,
) -> Result<Value, Unreadable> {
    Reader { allowed: bytes, used: 0, lends: true }.value(scope, value, None)
}

struct Reader {
    allowed: usize,
    used: usize,
    lends: bool,
}

/// The objects that are being read, from the inside out.
struct Ancestors<'a> {
    object: v8::Local<'a, v8::Object>,
    depth: usize,
    outer: Outer<'a>,
}

type Outer<'a> = Option<&'a Ancestors<'a>>;

impl Reader {
    fn value(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
        outer: Outer<'_>,
    ) -> Result<Value, Unreadable> {
        self.charge(VALUE_BYTES)?;
        v8::scope!(let scope, scope);
        if let Ok(object) = v8::Local::<v8::Object>::try_from(value) {
            return self.object(scope, object, outer);
        }
        Ok(if value.is_undefined() {
            Value::Undefined
        } else if value.is_null() {
            Value::Null
        } else if value.is_boolean() {
            Value::Bool(value.is_true())
        } else if let Ok(number) = v8::Local::<v8::Number>::try_from(value) {
            Value::Number(number.value())
        } else if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
            Value::String(self.text(scope, text)?)
        } else if let Ok(integer) = v8::Local::<v8::BigInt>::try_from(value) {
            self.big_int(scope, integer)?
        } else {
            self.other(scope, value)?
        })
    }

    fn object(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        outer: Outer<'_>,
    ) -> Result<Value, Unreadable> {
        if let Some(bytes) = self.bytes(scope, object)? {
            return Ok(bytes);
        }
        if self.lends
            && let Some(reference) = lend(scope, object)?
        {
            return Ok(Value::Reference(reference));
        }
        if object.is_function() || object.is_promise() || object.is_reg_exp() || object.is_external() {
            return self.other(scope, object.into());
        }
        if object.is_date() {
            return self.date(scope, object);
        }
        if is_inside(object, outer) {
            return Ok(Value::Other("circular reference".to_owned()));
        }
        let depth = outer.map_or(1, |outer| outer.depth + 1);
        if depth > DEPTH_MAX {
            return Err(limit(Limit::ValueDepth, depth, DEPTH_MAX));
        }
        self.contents(scope, object, Some(&Ancestors { object, depth, outer }))
    }

    fn contents(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        outer: Outer<'_>,
    ) -> Result<Value, Unreadable> {
        if let Ok(array) = v8::Local::<v8::Array>::try_from(object) {
            self.elements(scope, object, array.length() as usize, outer).map(Value::Array)
        } else if let Ok(array) = v8::Local::<v8::TypedArray>::try_from(object) {
            self.elements(scope, object, array.length(), outer).map(Value::Array)
        } else if let Ok(set) = v8::Local::<v8::Set>::try_from(object) {
            let elements = set.as_array(scope);
            self.elements(scope, elements.into(), elements.length() as usize, outer).map(Value::Array)
        } else if let Ok(map) = v8::Local::<v8::Map>::try_from(object) {
            self.pairs(scope, map, outer)
        } else {
            self.members(scope, object, outer)
        }
    }

    fn elements(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        length: usize,
        outer: Outer<'_>,
    ) -> Result<Vec<Value>, Unreadable> {
        // Charged as a whole before anything is allocated: an empty array may be four thousand million long.
        self.charge(length.saturating_mul(VALUE_BYTES))?;
        let mut elements = Vec::with_capacity(length);
        for index in 0..length {
            v8::scope!(let scope, scope);
            let index = u32::try_from(index).map_err(|_| Unreadable::Threw)?;
            let element = object.get_index(scope, index).ok_or(Unreadable::Threw)?;
            elements.push(self.value(scope, element, outer)?);
        }
        Ok(elements)
    }

    fn pairs(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        map: v8::Local<v8::Map>,
        outer: Outer<'_>,
    ) -> Result<Value, Unreadable> {
        let flat = map.as_array(scope);
        let mut elements = self.elements(scope, flat.into(), flat.length() as usize, outer)?.into_iter();
        let mut pairs = Vec::with_capacity(elements.len() / 2);
        while let (Some(key), Some(value)) = (elements.next(), elements.next()) {
            pairs.push(Value::Array(vec![key, value]));
        }
        Ok(Value::Array(pairs))
    }

    fn members(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
        outer: Outer<'_>,
    ) -> Result<Value, Unreadable> {
        let mut members = Vec::new();
        if object.is_native_error() {
            for key in ["name", "message"] {
                let value = object.get(scope, name(scope, key).into()).ok_or(Unreadable::Threw)?;
                members.push((key.to_owned(), self.value(scope, value, outer)?));
            }
        }
        let which = v8::GetPropertyNamesArgs {
            mode: v8::KeyCollectionMode::OwnOnly,
            property_filter: v8::PropertyFilter::ONLY_ENUMERABLE | v8::PropertyFilter::SKIP_SYMBOLS,
            index_filter: v8::IndexFilter::IncludeIndices,
            key_conversion: v8::KeyConversionMode::ConvertToString,
        };
        let keys = object.get_own_property_names(scope, which).ok_or(Unreadable::Threw)?;
        for index in 0..keys.length() {
            v8::scope!(let scope, scope);
            let key = keys.get_index(scope, index).ok_or(Unreadable::Threw)?;
            let value = object.get(scope, key).ok_or(Unreadable::Threw)?;
            let key = v8::Local::<v8::String>::try_from(key).map_err(|_| Unreadable::Threw)?;
            members.push((self.text(scope, key)?, self.value(scope, value, outer)?));
        }
        Ok(Value::Object(members))
    }

    fn bytes(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
    ) -> Result<Option<Value>, Unreadable> {
        let view: v8::Local<v8::ArrayBufferView> =
            if let Ok(buffer) = v8::Local::<v8::ArrayBuffer>::try_from(object) {
                let length = buffer.byte_length();
                v8::DataView::new(scope, buffer, 0, length).into()
            } else if object.is_uint8_array() || object.is_uint8_clamped_array() || object.is_data_view() {
                object.try_into().map_err(|_| Unreadable::Threw)?
            } else {
                return Ok(None);
            };
        let length = view.byte_length();
        self.charge(length)?;
        let mut bytes = vec![0; length];
        let copied = view.copy_contents(&mut bytes);
        bytes.truncate(copied);
        Ok(Some(Value::Bytes(bytes)))
    }

    fn date(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        date: v8::Local<v8::Object>,
    ) -> Result<Value, Unreadable> {
        let json = v8::json::stringify(scope, date.into()).ok_or(Unreadable::Threw)?;
        let json = self.text(scope, json)?;
        Ok(serde_json::from_str(&json).map_or(Value::Null, Value::String))
    }

    fn big_int(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        integer: v8::Local<v8::BigInt>,
    ) -> Result<Value, Unreadable> {
        // A word has 19.3 decimal digits. Charged before V8 makes them, which takes it long.
        self.charge(integer.word_count().saturating_mul(20))?;
        let digits = integer.to_string(scope).ok_or(Unreadable::Threw)?;
        Ok(Value::BigInt(digits.to_rust_string_lossy(scope)))
    }

    fn other(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
    ) -> Result<Value, Unreadable> {
        let what = if value.is_reg_exp() { "RegExp" } else { kind(value) };
        let name = match v8::Local::<v8::Function>::try_from(value) {
            Ok(function) => {
                let name = function.get_name(scope);
                self.text(scope, name)?
            }
            Err(_) => String::new(),
        };
        Ok(Value::Other(if name.is_empty() { what.to_owned() } else { format!("{what} {name}") }))
    }

    fn text(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        text: v8::Local<v8::String>,
    ) -> Result<String, Unreadable> {
        self.charge(text.utf8_length(scope))?;
        Ok(text.to_rust_string_lossy(scope))
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.used = self.used.saturating_add(bytes);
        if self.used > self.allowed {
            return Err(limit(Limit::ValueBytes, self.used, self.allowed));
        }
        Ok(())
    }
}

/// A reference to a function, or what the object refers to.
fn lend(
    scope: &v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
) -> Result<Option<Reference>, Unreadable> {
    if object.is_function() {
        let remotes = Remotes::of(scope).map_err(Unreadable::Refused)?;
        return remotes.lend(scope, object.into()).map(Some).map_err(Unreadable::Refused);
    }
    Ok(held(scope, object))
}

fn is_inside(object: v8::Local<v8::Object>, mut outer: Outer<'_>) -> bool {
    while let Some(ancestor) = outer {
        if ancestor.object.strict_equals(object.into()) {
            return true;
        }
        outer = ancestor.outer;
    }
    false
}

fn limit(which: Limit, used: usize, allowed: usize) -> Unreadable {
    Unreadable::Limit(LimitHit { which, used: used as u64, allowed: allowed as u64 })
}
