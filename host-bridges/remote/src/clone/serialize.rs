//! Out of an isolate.

use std::collections::HashMap;
use std::sync::Arc;

use innerbox_binding::value::{self, kind, name};
use innerbox_binding::{Failure, OrPending, prelude};

use super::errors;
use super::graph::{Error, Graph, Item, Key, Members, Object, Serialized, ViewKind};
use super::text::Text;
use crate::held;

/// What everything is charged with besides its text or bytes.
const ITEM_BYTES: usize = 16;

/// How a value is cloned.
#[derive(Clone, Copy, Debug)]
pub struct CloneOptions<'a, 's> {
    /// Most bytes that the clone may take.
    pub bytes: usize,
    /// Buffers that are moved: the isolate has them no longer.
    pub transfer: &'a [v8::Local<'s, v8::ArrayBuffer>],
}

/// Clones `value` with all that it refers to. Getters are run; it takes time by the size, and its isolate can be terminated
/// meanwhile.
///
/// # Errors
/// A `TypeError` with code `ERR_DATA_CLONE` for what has no clone, a `RangeError` with code `ERR_LIMIT` where it takes too
/// many bytes, and what a getter throws. Nothing has been moved then.
pub fn serialize(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<v8::Value>,
    options: CloneOptions<'_, '_>,
) -> Result<Serialized, Failure> {
    for buffer in options.transfer {
        if buffer.was_detached() || !buffer.is_detachable() {
            return Err(uncloneable(
                "an ArrayBuffer that is detached, or cannot be, is in the transfer list",
            ));
        }
    }
    let mut writer = Writer::new(options.bytes);
    let root = writer.item(scope, value)?;
    let mut objects = Vec::new();
    while let Some(object) = writer.found.get(objects.len()) {
        v8::scope!(let scope, scope);
        let object = v8::Local::new(scope, object);
        objects.push(writer.object(scope, object)?);
        if scope.is_execution_terminating() {
            return Err(Failure::Pending);
        }
    }
    for buffer in options.transfer {
        buffer.detach(None).or_pending()?;
    }
    Ok(Serialized(Arc::new(Graph { root, objects, bytes: writer.used })))
}

struct Writer {
    used: usize,
    allowed: usize,
    /// Every object that was met, at its place.
    found: Vec<v8::Global<v8::Object>>,
    /// Places by identity hash.
    places: HashMap<i32, Vec<u32>>,
}

impl Writer {
    fn new(allowed: usize) -> Self {
        Self { used: 0, allowed, found: Vec::new(), places: HashMap::new() }
    }

    fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.used = self.used.saturating_add(bytes);
        if self.used <= self.allowed {
            return Ok(());
        }
        let (used, allowed) = (self.used, self.allowed);
        let message = format!("limit reached: bytes of a clone: {used} used, {allowed} allowed");
        let failure = Failure::range_error(message).code("ERR_LIMIT");
        Err(failure.detail("used", used as f64).detail("allowed", allowed as f64))
    }

    fn text(&mut self, scope: &v8::PinScope<'_, '_>, text: v8::Local<v8::String>) -> Result<Text, Failure> {
        self.charge(Text::size(text))?;
        Ok(Text::read(scope, text))
    }

    fn item(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
    ) -> Result<Item, Failure> {
        self.charge(ITEM_BYTES)?;
        if let Ok(object) = v8::Local::<v8::Object>::try_from(value) {
            return match held::reference(scope, object)? {
                Some(reference) => Ok(Item::Reference(reference)),
                None => Ok(Item::Object(self.place(scope, object)?)),
            };
        }
        if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
            return Ok(Item::Text(self.text(scope, text)?));
        }
        if let Ok(number) = v8::Local::<v8::Number>::try_from(value) {
            return Ok(Item::Number(number.value()));
        }
        if let Ok(integer) = v8::Local::<v8::BigInt>::try_from(value) {
            self.charge(integer.word_count() * size_of::<u64>())?;
            let mut words = vec![0; integer.word_count()];
            let (negative, _) = integer.to_words_array(&mut words);
            return Ok(Item::BigInt { negative, words: words.into() });
        }
        match value {
            value if value.is_undefined() => Ok(Item::Undefined),
            value if value.is_null() => Ok(Item::Null),
            value if value.is_boolean() => Ok(Item::Bool(value.is_true())),
            value => Err(uncloneable(&format!("a {} cannot be cloned", kind(value)))),
        }
    }

    /// The place of an object, which is visited later where it is new.
    fn place(&mut self, scope: &v8::PinScope<'_, '_>, object: v8::Local<v8::Object>) -> Result<u32, Failure> {
        let places = self.places.entry(object.get_identity_hash().get()).or_default();
        if let Some(place) = places.iter().find(|place| self.found[**place as usize] == object) {
            return Ok(*place);
        }
        let place = u32::try_from(self.found.len()).map_err(|_| uncloneable("there are too many objects"))?;
        places.push(place);
        self.found.push(v8::Global::new(scope, object));
        Ok(place)
    }

    fn object<'s>(
        &mut self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
    ) -> Result<Object, Failure> {
        if let Ok(array) = v8::Local::<v8::Array>::try_from(object) {
            return Ok(Object::Array { length: array.length(), members: self.members(scope, object)? });
        }
        if let Ok(date) = v8::Local::<v8::Date>::try_from(object) {
            return Ok(Object::Date(date.value_of()));
        }
        if let Ok(map) = v8::Local::<v8::Map>::try_from(object) {
            let mut items = self.items(scope, map.as_array(scope))?.into_iter();
            let pairs = std::iter::from_fn(|| items.next().zip(items.next()));
            return Ok(Object::Map(pairs.collect()));
        }
        if let Ok(set) = v8::Local::<v8::Set>::try_from(object) {
            return Ok(Object::Set(self.items(scope, set.as_array(scope))?));
        }
        if let Ok(buffer) = v8::Local::<v8::ArrayBuffer>::try_from(object) {
            return self.buffer(scope, buffer);
        }
        if let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(object) {
            return self.view(scope, view);
        }
        if let Ok(pattern) = v8::Local::<v8::RegExp>::try_from(object) {
            let flags = intrinsic(scope, "RegExpPrototypeGetFlags", object)?;
            let flags = flags.to_string(scope).or_pending()?;
            let source = pattern.get_source(scope);
            return Ok(Object::RegExp { source: self.text(scope, source)?, flags: self.text(scope, flags)? });
        }
        if object.is_native_error() {
            return self.error(scope, object);
        }
        if let Some(unboxed) = unboxed(scope, object)? {
            return Ok(Object::Boxed(self.item(scope, unboxed)?));
        }
        match refusal(object) {
            Some(what) => Err(uncloneable(&format!("{what} cannot be cloned"))),
            None => Ok(Object::Plain(self.members(scope, object)?)),
        }
    }

    fn items(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        array: v8::Local<v8::Array>,
    ) -> Result<Vec<Item>, Failure> {
        (0..array.length())
            .map(|index| {
                v8::scope!(let scope, scope);
                let value = array.get_index(scope, index).or_pending()?;
                self.item(scope, value)
            })
            .collect()
    }

    /// The object's own enumerable properties whose names are strings.
    fn members(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        object: v8::Local<v8::Object>,
    ) -> Result<Members, Failure> {
        let which = v8::GetPropertyNamesArgs {
            mode: v8::KeyCollectionMode::OwnOnly,
            property_filter: v8::PropertyFilter::ONLY_ENUMERABLE | v8::PropertyFilter::SKIP_SYMBOLS,
            index_filter: v8::IndexFilter::IncludeIndices,
            key_conversion: v8::KeyConversionMode::KeepNumbers,
        };
        let keys = object.get_own_property_names(scope, which).or_pending()?;
        let mut members = Members::new();
        for index in 0..keys.length() {
            v8::scope!(let scope, scope);
            let key = keys.get_index(scope, index).or_pending()?;
            // A getter before it may have deleted it.
            let name = v8::Local::<v8::Name>::try_from(key);
            let is_there = match name {
                Ok(name) => object.has_own_property(scope, name).or_pending()?,
                Err(_) => object.has(scope, key).or_pending()?,
            };
            if !is_there {
                continue;
            }
            let value = object.get(scope, key).or_pending()?;
            let item = self.item(scope, value).map_err(|failure| at(scope, key, failure))?;
            members.push((self.key(scope, key)?, item));
        }
        Ok(members)
    }

    fn key(&mut self, scope: &mut v8::PinScope<'_, '_>, key: v8::Local<v8::Value>) -> Result<Key, Failure> {
        if key.is_uint32() {
            return Ok(Key::Index(key.uint32_value(scope).or_pending()?));
        }
        let name = key.to_string(scope).or_pending()?;
        Ok(Key::Name(self.text(scope, name)?))
    }

    fn buffer(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        buffer: v8::Local<v8::ArrayBuffer>,
    ) -> Result<Object, Failure> {
        if buffer.was_detached() {
            return Err(uncloneable("an ArrayBuffer that is detached cannot be cloned"));
        }
        let length = buffer.byte_length();
        self.charge(length)?;
        let mut bytes = vec![0; length];
        v8::DataView::new(scope, buffer, 0, length).copy_contents(&mut bytes);
        Ok(Object::Buffer(bytes))
    }

    fn view(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        view: v8::Local<v8::ArrayBufferView>,
    ) -> Result<Object, Failure> {
        let kind = view_kind(view).ok_or_else(|| uncloneable("a view of a kind that is not known"))?;
        let buffer = view.buffer(scope).or_pending()?;
        let offset = view.byte_offset();
        if buffer.was_detached() || offset > buffer.byte_length() {
            return Err(uncloneable(
                "a view of an ArrayBuffer that is detached or too short cannot be cloned",
            ));
        }
        let length = match v8::Local::<v8::TypedArray>::try_from(view) {
            Ok(array) => array.length(),
            Err(_) => view.byte_length(),
        };
        Ok(Object::View { kind, buffer: self.place(scope, buffer.into())?, offset, length })
    }

    fn error(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        error: v8::Local<v8::Object>,
    ) -> Result<Object, Failure> {
        let class = errors::class(scope, error)?;
        let message = self.own_text(scope, error, "message")?;
        let stack = self.own_text(scope, error, "stack")?;
        let mut hidden = Members::new();
        for key in ["name", "cause", "errors"] {
            let key = name(scope, key);
            if error.has_own_property(scope, key.into()).or_pending()? {
                let value = error.get(scope, key.into()).or_pending()?;
                let item = self.item(scope, value).map_err(|failure| at(scope, key.into(), failure))?;
                hidden.push((Key::Name(self.text(scope, key)?), item));
            }
        }
        if let Some(called) = errors::inherited_name(scope, error, class)? {
            let (key, called) = (name(scope, "name"), self.text(scope, called)?);
            hidden.push((Key::Name(self.text(scope, key)?), Item::Text(called)));
        }
        let members = self.members(scope, error)?;
        Ok(Object::Error(Box::new(Error { class, stack, message, hidden, members })))
    }

    /// An error's own property, where it is a string.
    fn own_text(
        &mut self,
        scope: &mut v8::PinScope<'_, '_>,
        error: v8::Local<v8::Object>,
        key: &str,
    ) -> Result<Option<Text>, Failure> {
        let key = name(scope, key);
        if !error.has_own_property(scope, key.into()).or_pending()? {
            return Ok(None);
        }
        let value = error.get(scope, key.into()).or_pending()?;
        match v8::Local::<v8::String>::try_from(value) {
            Ok(text) => self.text(scope, text).map(Some),
            Err(_) => Ok(None),
        }
    }
}

/// The primitive in an object such as `Object(1)`.
fn unboxed<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
) -> Result<Option<v8::Local<'s, v8::Value>>, Failure> {
    let value_of = match object {
        object if object.is_boolean_object() => "BooleanPrototypeValueOf",
        object if object.is_number_object() => "NumberPrototypeValueOf",
        object if object.is_string_object() => "StringPrototypeValueOf",
        object if object.is_big_int_object() => "BigIntPrototypeValueOf",
        _ => return Ok(None),
    };
    intrinsic(scope, value_of, object).map(Some)
}

/// Calls one of the language's functions as it was before any of the tenant's code ran.
fn intrinsic<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: &str,
    receiver: v8::Local<'s, v8::Object>,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let function = prelude::export(scope, "primordials", function)?;
    let function = v8::Local::<v8::Function>::try_from(function).ok().or_pending()?;
    let undefined = value::undefined(scope);
    function.call(scope, undefined, &[receiver.into()]).or_pending()
}

/// What an object is that has no clone.
fn refusal(object: v8::Local<v8::Object>) -> Option<&'static str> {
    Some(match object {
        object if object.is_function() => "a function",
        object if object.is_proxy() => "a proxy",
        object if object.is_promise() => "a promise",
        object if object.is_symbol_object() => "a symbol",
        object if object.is_weak_map() || object.is_weak_set() => "a weak collection",
        object if object.is_generator_object() => "a generator",
        object if object.is_map_iterator() || object.is_set_iterator() => "an iterator",
        object if object.is_module_namespace_object() => "a module",
        object if object.is_external() || object.internal_field_count() > 0 => "a handle of the host's",
        object if object.is_wasm_memory_object() || object.is_wasm_module_object() => "WebAssembly's",
        object if object.is_shared_array_buffer() => "a SharedArrayBuffer",
        _ => return None,
    })
}

fn view_kind(view: v8::Local<v8::ArrayBufferView>) -> Option<ViewKind> {
    Some(match view {
        view if view.is_uint8_array() => ViewKind::Uint8,
        view if view.is_uint8_clamped_array() => ViewKind::Uint8Clamped,
        view if view.is_int8_array() => ViewKind::Int8,
        view if view.is_uint16_array() => ViewKind::Uint16,
        view if view.is_int16_array() => ViewKind::Int16,
        view if view.is_uint32_array() => ViewKind::Uint32,
        view if view.is_int32_array() => ViewKind::Int32,
        view if view.is_float16_array() => ViewKind::Float16,
        view if view.is_float32_array() => ViewKind::Float32,
        view if view.is_float64_array() => ViewKind::Float64,
        view if view.is_big_uint64_array() => ViewKind::BigUint64,
        view if view.is_big_int64_array() => ViewKind::BigInt64,
        view if view.is_data_view() => ViewKind::DataView,
        _ => return None,
    })
}

fn uncloneable(message: &str) -> Failure {
    Failure::type_error(message).code("ERR_DATA_CLONE")
}

/// Names the property that an error is about.
fn at(scope: &mut v8::PinScope<'_, '_>, key: v8::Local<v8::Value>, failure: Failure) -> Failure {
    match failure {
        Failure::Error(mut error) if error.code == Some("ERR_DATA_CLONE") => {
            error.message = format!("`{}`: {}", key.to_rust_string_lossy(scope), error.message);
            Failure::Error(error)
        }
        failure => failure,
    }
}
