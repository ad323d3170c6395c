//! Makes a value in an isolate.

use innerbox_binding::value::{name, undefined};
use innerbox_binding::{Failure, OrPending, uint8_array};

use super::Value;

/// Makes `value` in the current realm.
///
/// # Errors
/// A `RangeError` with code `ERR_LIMIT` where the sandbox's quota of array-buffer bytes has no room.
pub(crate) fn write<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: &Value,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    Ok(match value {
        Value::Undefined => undefined(scope),
        Value::Null => v8::null(scope).into(),
        Value::Bool(value) => v8::Boolean::new(scope, *value).into(),
        Value::Number(number) => v8::Number::new(scope, *number).into(),
        Value::BigInt(digits) => big_int(scope, digits)?,
        Value::String(text) => v8::String::new(scope, text).or_pending()?.into(),
        Value::Bytes(bytes) => uint8_array(scope, bytes)?.into(),
        Value::Array(elements) => {
            let elements: Result<Vec<_>, _> = elements.iter().map(|element| write(scope, element)).collect();
            v8::Array::new_with_elements(scope, &elements?).into()
        }
        Value::Object(members) => {
            let object = v8::Object::new(scope);
            for (key, value) in members {
                v8::scope!(let scope, scope);
                let value = write(scope, value)?;
                object.create_data_property(scope, name(scope, key).into(), value).or_pending()?;
            }
            object.into()
        }
        Value::Reference(reference) => innerbox_bridge_remote::value(scope, reference)?,
        Value::Other(what) => {
            return Err(Failure::type_error(format!("{what}: it cannot be given to an isolate")));
        }
    })
}

/// Decimal digits, with a sign or without.
fn big_int<'s>(scope: &mut v8::PinScope<'s, '_>, digits: &str) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let mut words = Vec::new();
    for digit in digits.chars() {
        let digit = digit.to_digit(10);
        let mut carry: u128 = digit.ok_or_else(|| Failure::type_error("a BigInt is made of digits"))?.into();
        for word in &mut words {
            carry += u128::from(*word) * 10;
            *word = carry as u64;
            carry >>= u64::BITS;
        }
        if carry > 0 {
            words.push(carry as u64);
        }
    }
    Ok(v8::BigInt::new_from_words(scope, negative, &words).or_pending()?.into())
}
