//! Lists, maps and lists of a fixed length, as arrays, typed arrays and maps.

use innerbox_binding::{OrPending, array_buffer, value};

use super::{Lifted, Lifter, Scope, Slots};
use crate::plan::{Kind, Scalar, Type};
use crate::scalar;

/// Elements lifted under one handle scope.
const ELEMENTS_PER_SCOPE: usize = 512;

impl Lifter<'_> {
    pub(super) fn list<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        element: &Type,
        at: u32,
        count: u32,
    ) -> Lifted<'s> {
        let size = element.list_size(count)?;
        self.bytes(at, size, element.layout.align)?;
        self.room.take(size)?;
        match ty.typed_array() {
            Some(scalar) => self.typed_array(scope, scalar, at, size),
            None => self.elements(scope, element, at, count),
        }
    }

    pub(super) fn typed_array<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        scalar: Scalar,
        at: u32,
        size: u32,
    ) -> Lifted<'s> {
        typed_array(scope, scalar, self.bytes(at, size, 1)?)
    }

    pub(super) fn elements<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        element: &Type,
        at: u32,
        count: u32,
    ) -> Lifted<'s> {
        self.room.take_elements(count, element.parts)?;
        // Of elements that are its own: to set one that is not there yet would call a setter of `Array.prototype`.
        let undefined = value::undefined(scope);
        let array = v8::Array::new_with_elements(scope, &vec![undefined; count as usize]);
        for start in (0..count).step_by(ELEMENTS_PER_SCOPE) {
            v8::scope!(let scope, scope);
            for index in start..count.min(start + ELEMENTS_PER_SCOPE as u32) {
                let value = self.load(scope, element, at + index * element.layout.size)?;
                array.set_index(scope, index, value).or_pending()?;
            }
        }
        Ok(array.into())
    }

    /// A map. Of entries with the same key the last one counts, as in a literal.
    pub(super) fn map<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        entry: &Type,
        at: u32,
        count: u32,
    ) -> Lifted<'s> {
        let size = entry.list_size(count)?;
        self.bytes(at, size, entry.layout.align)?;
        self.room.take(size)?;
        let map = v8::Map::new(scope);
        let Kind::Tuple(fields) = &entry.kind else { return Ok(map.into()) };
        let [key_field, value_field] = &fields[..] else { return Ok(map.into()) };
        self.room.take_elements(count, entry.parts)?;
        for start in (0..count).step_by(ELEMENTS_PER_SCOPE) {
            v8::scope!(let scope, scope);
            for index in start..count.min(start + ELEMENTS_PER_SCOPE as u32) {
                let at = at + index * entry.layout.size;
                let key = self.load(scope, &key_field.ty, at + key_field.offset)?;
                let value = self.load(scope, &value_field.ty, at + value_field.offset)?;
                map.set(scope, key, value).or_pending()?;
            }
        }
        Ok(map.into())
    }

    /// A list of a fixed length in core values, which are few.
    pub(super) fn flat_elements<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        element: &Type,
        length: u32,
        slots: &mut Slots<'_>,
    ) -> Lifted<'s> {
        if let Some(scalar) = ty.typed_array() {
            let size = element.layout.size as usize;
            let bytes: Vec<u8> =
                (0..length).flat_map(|_| slots.take().to_le_bytes().into_iter().take(size)).collect();
            return typed_array(scope, scalar, &bytes);
        }
        let mut values = Vec::new();
        for _ in 0..length {
            values.push(self.flat(scope, element, slots)?);
        }
        Ok(v8::Array::new_with_elements(scope, &values).into())
    }
}

/// A typed array with a copy of these bytes.
pub(crate) fn typed_array<'s>(scope: Scope<'_, 's, '_>, scalar: Scalar, bytes: &[u8]) -> Lifted<'s> {
    let buffer = array_buffer(scope, bytes)?;
    let count = bytes.len() / scalar::size(scalar) as usize;
    let array: Option<v8::Local<v8::Value>> = match scalar {
        Scalar::S8 => v8::Int8Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::S16 => v8::Int16Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::U16 => v8::Uint16Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::S32 => v8::Int32Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::U32 => v8::Uint32Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::S64 => v8::BigInt64Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::U64 => v8::BigUint64Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::F32 => v8::Float32Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::F64 => v8::Float64Array::new(scope, buffer, 0, count).map(Into::into),
        Scalar::U8 | Scalar::Bool | Scalar::Char => {
            v8::Uint8Array::new(scope, buffer, 0, count).map(Into::into)
        }
    };
    Ok(array.or_pending()?)
}
