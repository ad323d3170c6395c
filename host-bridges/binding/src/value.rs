//! Shorthands for JavaScript values.

use crate::callback::{Arguments, function};
use crate::failure::{Failure, Outcome};
pub use crate::strings::{name, string};

/// `undefined`.
pub fn undefined<'s>(scope: &v8::PinScope<'s, '_, ()>) -> v8::Local<'s, v8::Value> {
    v8::undefined(scope).into()
}

/// Defines the own property `key` of `object`.
pub fn set(
    scope: &v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    key: &str,
    value: v8::Local<v8::Value>,
) {
    object.create_data_property(scope, name(scope, key).into(), value);
}

/// Reads the property `key` of `object`; runs getters.
pub fn get<'s>(
    scope: &v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    key: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    object.get(scope, name(scope, key).into())
}

/// Defines the method `key` of `object`, implemented in Rust.
pub fn set_function<'s, F>(
    scope: &v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    key: &str,
    callback: F,
) where
    F: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, Arguments<'c>) -> Outcome<'c> + Copy + 'static,
{
    if let Some(function) = function(scope, key, callback, None) {
        set(scope, object, key, function.into());
    }
}

/// Rust text of a JavaScript string; lone surrogates become U+FFFD.
///
/// # Errors
/// A `TypeError` naming `parameter` where the value is not a string.
pub fn text(
    scope: &v8::PinScope<'_, '_>,
    parameter: &str,
    value: v8::Local<v8::Value>,
) -> Result<String, Failure> {
    match v8::Local::<v8::String>::try_from(value) {
        Ok(string) => Ok(string.to_rust_string_lossy(scope)),
        Err(_) => Err(Failure::type_error(format!("`{parameter}`: expected string, got {}", kind(value)))),
    }
}

/// What a value is, in one word, for error messages.
pub fn kind(value: v8::Local<v8::Value>) -> &'static str {
    if value.is_undefined() {
        "undefined"
    } else if value.is_null() {
        "null"
    } else if value.is_boolean() {
        "boolean"
    } else if value.is_number() {
        "number"
    } else if value.is_big_int() {
        "bigint"
    } else if value.is_string() {
        "string"
    } else if value.is_symbol() {
        "symbol"
    } else if value.is_function() {
        "function"
    } else if value.is_array() {
        "array"
    } else if value.is_array_buffer() || value.is_shared_array_buffer() {
        "ArrayBuffer"
    } else if value.is_uint8_array() {
        "Uint8Array"
    } else if value.is_array_buffer_view() {
        "typed array"
    } else if value.is_promise() {
        "Promise"
    } else {
        "object"
    }
}
