//! Rust types as [`Value`]s.

use std::fmt::Display;

use innerbox_bridge_remote::Reference;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::Value;
use super::ser::EXACT_MAX;
use crate::error::Error;

/// Why a Rust value has no [`Value`].
type Refusal = serde::de::value::Error;

impl Value {
    /// What a Rust value is in JavaScript: as in JSON, but bytes are bytes, and integers that a number does not hold
    /// exactly are BigInts.
    ///
    /// # Errors
    /// [`Error::Config`] where the type says so, or a map has keys that are no strings.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::Value;
    /// let value = Value::of(&serde_json::json!({ "id": u64::MAX }))?;
    /// assert_eq!(value.get("id"), Some(&Value::BigInt("18446744073709551615".to_owned())));
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        value
            .serialize(ToValue)
            .map_err(|error| Error::Config(format!("the value has no form in JavaScript: {error}")))
    }
}

fn integer<I: Copy + Display + TryInto<i64>>(integer: I) -> Value {
    match integer.try_into() {
        Ok(small) if small.unsigned_abs() <= EXACT_MAX as u64 => Value::Number(small as f64),
        _ => Value::BigInt(integer.to_string()),
    }
}

/// `{ variant: value }`, as serde has enums by default.
fn tagged(variant: &str, value: Value) -> Value {
    Value::Object(vec![(variant.to_owned(), value)])
}

struct ToValue;

macro_rules! integers {
    ($($method:ident $integer:ty)*) => {
        $(fn $method(self, value: $integer) -> Result<Value, Refusal> {
            Ok(integer(value))
        })*
    };
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Refusal;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    }

    fn serialize_bool(self, value: bool) -> Result<Value, Refusal> {
        Ok(Value::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Refusal> {
        Ok(Value::Number(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Refusal> {
        Ok(Value::Number(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, Refusal> {
        Ok(Value::String(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Refusal> {
        Ok(Value::String(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Refusal> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Value, Refusal> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Refusal> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Refusal> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Refusal> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, Refusal> {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, Refusal> {
        if name == Reference::SERDE_NAME
            && let Some(reference) = Reference::taken_over()
        {
            return Ok(Value::Reference(reference));
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Refusal> {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, Refusal> {
        Ok(Elements { variant: None, elements: Vec::with_capacity(length.unwrap_or(0)) })
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, Refusal> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements, Refusal> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, Refusal> {
        Ok(Elements { variant: Some(variant), elements: Vec::with_capacity(length) })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Members, Refusal> {
        Ok(Members { variant: None, key: None, members: Vec::with_capacity(length.unwrap_or(0)) })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members, Refusal> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Members, Refusal> {
        Ok(Members { variant: Some(variant), key: None, members: Vec::with_capacity(length) })
    }
}

struct Elements {
    variant: Option<&'static str>,
    elements: Vec<Value>,
}

impl Elements {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Refusal> {
        self.elements.push(element.serialize(ToValue)?);
        Ok(())
    }

    fn done(self) -> Value {
        let array = Value::Array(self.elements);
        match self.variant {
            Some(variant) => tagged(variant, array),
            None => array,
        }
    }
}

struct Members {
    variant: Option<&'static str>,
    /// The key whose value comes next.
    key: Option<String>,
    members: Vec<(String, Value)>,
}

impl Members {
    fn push<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), Refusal> {
        self.members.push((key, value.serialize(ToValue)?));
        Ok(())
    }

    fn done(self) -> Value {
        let object = Value::Object(self.members);
        match self.variant {
            Some(variant) => tagged(variant, object),
            None => object,
        }
    }
}

macro_rules! sequences {
    ($($name:ident $method:ident)*) => {
        $(impl $name for Elements {
            type Ok = Value;
            type Error = Refusal;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Refusal> {
                self.push(element)
            }

            fn end(self) -> Result<Value, Refusal> {
                Ok(self.done())
            }
        })*
    };
}

sequences! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! structs {
    ($($name:ident)*) => {
        $(impl $name for Members {
            type Ok = Value;
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refusal> {
                self.push(key.to_owned(), value)
            }

            fn end(self) -> Result<Value, Refusal> {
                Ok(self.done())
            }
        })*
    };
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Members {
    type Ok = Value;
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.key = Some(match key.serialize(ToValue)? {
            Value::String(text) | Value::BigInt(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => return Err(Refusal::custom("a map's key is no string")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        let key = self.key.take().ok_or_else(|| Refusal::custom("a map's value has no key"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<Value, Refusal> {
        Ok(self.done())
    }
}
