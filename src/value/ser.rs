//! [`Value`] as serde writes it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Value;

/// The largest integer up to which every number is exact.
pub(super) const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

/// The number as an integer, if it is one. Minus zero is none.
pub(super) fn integer(number: f64) -> Option<i64> {
    let is_integer = number.trunc() == number && number.abs() <= EXACT_MAX;
    (is_integer && !(number == 0.0 && number.is_sign_negative())).then_some(number as i64)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Undefined | Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => match integer(*number) {
                Some(integer) => serializer.serialize_i64(integer),
                None => serializer.serialize_f64(*number),
            },
            Self::BigInt(digits) => match digits.parse::<i64>() {
                Ok(integer) => serializer.serialize_i64(integer),
                Err(_) => serializer.serialize_str(digits),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::Array(elements) => serializer.collect_seq(elements),
            Self::Object(members) => members_to_map(members, serializer),
            Self::Reference(reference) => reference.serialize(serializer),
            Self::Other(what) => serializer.collect_str(&format_args!("[{what}]")),
        }
    }
}

/// As `JSON.stringify` does, a member that is `undefined` is left out.
fn members_to_map<S: Serializer>(members: &[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (key, value) in members {
        if *value != Value::Undefined {
            map.serialize_entry(key, value)?;
        }
    }
    map.end()
}
