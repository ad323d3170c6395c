//! Lists, maps and lists of a fixed length, from arrays, typed arrays and maps.

use innerbox_binding::{Failure, OrPending};

use super::{Checker, Item, Scope, Tape, Value, mismatch};
use crate::path::Path;
use crate::plan::{Kind, Scalar, Type};

impl Checker<'_> {
    pub(super) fn fixed<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        (element, length): (&Type, u32),
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let wrong =
            |got: usize| Failure::type_error(format!("`{path}`: expected {}, got {got} elements", ty.wit));
        if let Some(scalar) = ty.typed_array()
            && let Some(view) = element_view(scope, scalar, value, path)?
        {
            if view.byte_length() != ty.layout.size as usize {
                return Err(wrong(view.byte_length() / element.layout.size as usize));
            }
            tape.items.push(Item::View(view));
            return Ok(());
        }
        let array = v8::Local::<v8::Array>::try_from(value).map_err(|_| mismatch(scope, path, ty, value))?;
        if array.length() != length {
            return Err(wrong(array.length() as usize));
        }
        tape.items.push(Item::Count(length));
        for index in 0..length {
            let value = array.get_index(scope, index).or_pending()?;
            self.value(scope, element, value, &Path::Index(path, index), tape)?;
        }
        Ok(())
    }

    pub(super) fn map<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        entry: &Type,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let map = v8::Local::<v8::Map>::try_from(value).map_err(|_| mismatch(scope, path, ty, value))?;
        let Kind::Tuple(fields) = &entry.kind else { return Err(mismatch(scope, path, ty, value)) };
        // Keys and values by turns, as they are now.
        let flat = map.as_array(scope);
        let count = flat.length() / 2;
        tape.bytes += u64::from(count) * u64::from(entry.layout.size);
        tape.items.push(Item::Count(count));
        for index in 0..count {
            let path = Path::Index(path, index);
            for (place, field) in (0..).zip(fields) {
                let value = flat.get_index(scope, 2 * index + place).or_pending()?;
                let path = Path::Field(&path, if place == 0 { "key" } else { "value" });
                self.value(scope, &field.ty, value, &path, tape)?;
            }
        }
        Ok(())
    }

    pub(super) fn list<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        element: &Type,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        if let Some(scalar) = ty.typed_array()
            && let Some(view) = element_view(scope, scalar, value, path)?
        {
            tape.bytes += view.byte_length() as u64;
            tape.items.push(Item::View(view));
            return Ok(());
        }
        let Ok(array) = v8::Local::<v8::Array>::try_from(value) else {
            return Err(mismatch(scope, path, ty, value));
        };
        let count = array.length();
        tape.bytes += u64::from(count) * u64::from(element.layout.size);
        tape.items.push(Item::Count(count));
        for index in 0..count {
            let value = array.get_index(scope, index).or_pending()?;
            self.value(scope, element, value, &Path::Index(path, index), tape)?;
        }
        Ok(())
    }
}

/// The bytes behind a typed array of a list's own element type; for bytes, behind any view or ArrayBuffer.
pub(crate) fn element_view<'s>(
    scope: Scope<'_, 's, '_>,
    scalar: Scalar,
    value: Value<'s>,
    path: &Path<'_>,
) -> Result<Option<v8::Local<'s, v8::ArrayBufferView>>, Failure> {
    let view = if scalar == Scalar::U8 && value.is_array_buffer() {
        whole_buffer(scope, value)
    } else if is_typed_array_of(scalar, value) || (scalar == Scalar::U8 && value.is_data_view()) {
        v8::Local::<v8::ArrayBufferView>::try_from(value).ok()
    } else {
        return Ok(None);
    };
    match view {
        Some(view) if !is_detached(scope, view) => Ok(Some(view)),
        _ => Err(Failure::type_error(format!("`{path}`: its buffer is detached"))),
    }
}

fn whole_buffer<'s>(
    scope: Scope<'_, 's, '_>,
    value: Value<'s>,
) -> Option<v8::Local<'s, v8::ArrayBufferView>> {
    let buffer = v8::Local::<v8::ArrayBuffer>::try_from(value).ok()?;
    let view = v8::Uint8Array::new(scope, buffer, 0, buffer.byte_length())?;
    Some(view.into())
}

pub(super) fn is_detached(scope: Scope<'_, '_, '_>, view: v8::Local<v8::ArrayBufferView>) -> bool {
    view.byte_length() == 0 && view.buffer(scope).is_none_or(|buffer| buffer.was_detached())
}

fn is_typed_array_of(scalar: Scalar, value: Value<'_>) -> bool {
    match scalar {
        Scalar::U8 => value.is_uint8_array() || value.is_uint8_clamped_array(),
        Scalar::S8 => value.is_int8_array(),
        Scalar::U16 => value.is_uint16_array(),
        Scalar::S16 => value.is_int16_array(),
        Scalar::U32 => value.is_uint32_array(),
        Scalar::S32 => value.is_int32_array(),
        Scalar::U64 => value.is_big_uint64_array(),
        Scalar::S64 => value.is_big_int64_array(),
        Scalar::F32 => value.is_float32_array(),
        Scalar::F64 => value.is_float64_array(),
        Scalar::Bool | Scalar::Char => false,
    }
}
