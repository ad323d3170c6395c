//! Values of one core number: between JavaScript and the 64 bits of a flat value.

use crate::plan::Scalar;

/// Reads a JavaScript value as a scalar; `None` where it does not fit. Never runs JavaScript.
pub(crate) fn to_bits(
    scalar: Scalar,
    value: v8::Local<v8::Value>,
    scope: &v8::PinScope<'_, '_>,
) -> Option<u64> {
    match scalar {
        Scalar::Bool | Scalar::S64 | Scalar::U64 => primitive_to_bits(scalar, value),
        Scalar::Char => char_bits(value, scope),
        _ => number_to_bits(scalar, v8::Local::<v8::Number>::try_from(value).ok()?.value()),
    }
}

/// Reads a number as a scalar that is a number in JavaScript.
#[inline]
pub(crate) fn number_to_bits(scalar: Scalar, number: f64) -> Option<u64> {
    match scalar {
        Scalar::U32 => unsigned(number, u32::MAX),
        Scalar::S32 => signed(number, i32::MIN, i32::MAX),
        Scalar::F64 => Some(number.to_bits()),
        Scalar::F32 => Some(u64::from((number as f32).to_bits())),
        Scalar::U8 => unsigned(number, u8::MAX.into()),
        Scalar::U16 => unsigned(number, u16::MAX.into()),
        Scalar::S8 => signed(number, i8::MIN.into(), i8::MAX.into()),
        Scalar::S16 => signed(number, i16::MIN.into(), i16::MAX.into()),
        Scalar::Bool | Scalar::S64 | Scalar::U64 | Scalar::Char => None,
    }
}

/// Reads a value as a scalar that is a boolean or a BigInt in JavaScript.
pub(crate) fn primitive_to_bits(scalar: Scalar, value: v8::Local<v8::Value>) -> Option<u64> {
    match scalar {
        Scalar::Bool => value.is_boolean().then(|| u64::from(value.is_true())),
        Scalar::S64 => {
            let (number, lossless) = v8::Local::<v8::BigInt>::try_from(value).ok()?.i64_value();
            lossless.then_some(number.cast_unsigned())
        }
        Scalar::U64 => {
            let (number, lossless) = v8::Local::<v8::BigInt>::try_from(value).ok()?.u64_value();
            lossless.then_some(number)
        }
        _ => None,
    }
}

// A cast saturates and makes NaN 0, so a number that comes back from one as it was is an integer of that type; -0 is 0.

#[inline]
fn unsigned(number: f64, max: u32) -> Option<u64> {
    let integer = number as u32;
    (f64::from(integer) == number && integer <= max).then(|| u64::from(integer))
}

#[inline]
fn signed(number: f64, min: i32, max: i32) -> Option<u64> {
    let integer = number as i32;
    let fits = f64::from(integer) == number && (min..=max).contains(&integer);
    // A core i32: sign-extended to 32 bits, zero-extended from there.
    fits.then(|| u64::from(integer.cast_unsigned()))
}

fn char_bits(value: v8::Local<v8::Value>, scope: &v8::PinScope<'_, '_>) -> Option<u64> {
    let string = v8::Local::<v8::String>::try_from(value).ok()?;
    if string.length() > 2 {
        return None;
    }
    let mut units = [0_u16; 2];
    string.write_v2(scope, 0, &mut units[..string.length()], v8::WriteFlags::empty());
    let mut chars = char::decode_utf16(units[..string.length()].iter().copied());
    match (chars.next(), chars.next()) {
        (Some(Ok(only)), None) => Some(u64::from(u32::from(only))),
        _ => None,
    }
}

/// Makes the JavaScript value of a scalar; `None` where the component's bits are no value of its type.
pub(crate) fn from_bits<'s>(
    scalar: Scalar,
    bits: u64,
    scope: &v8::PinScope<'s, '_>,
) -> Option<v8::Local<'s, v8::Value>> {
    Some(match scalar {
        // The canonical ABI reads only the bits of the type: a bool is true when any bit is set.
        Scalar::Bool => v8::Boolean::new(scope, bits as u32 != 0).into(),
        Scalar::S8 => v8::Integer::new(scope, i32::from(bits as i8)).into(),
        Scalar::U8 => v8::Integer::new(scope, i32::from(bits as u8)).into(),
        Scalar::S16 => v8::Integer::new(scope, i32::from(bits as i16)).into(),
        Scalar::U16 => v8::Integer::new(scope, i32::from(bits as u16)).into(),
        Scalar::S32 => v8::Integer::new(scope, bits as i32).into(),
        Scalar::U32 => v8::Integer::new_from_unsigned(scope, bits as u32).into(),
        Scalar::S64 => v8::BigInt::new_from_i64(scope, bits.cast_signed()).into(),
        Scalar::U64 => v8::BigInt::new_from_u64(scope, bits).into(),
        Scalar::F32 => v8::Number::new(scope, f64::from(f32::from_bits(bits as u32))).into(),
        Scalar::F64 => v8::Number::new(scope, f64::from_bits(bits)).into(),
        Scalar::Char => {
            let char = char::from_u32(bits as u32)?;
            innerbox_binding::value::string(scope, char.encode_utf8(&mut [0; 4])).into()
        }
    })
}

/// Sets a scalar as the answer of a callback: small numbers without making a handle.
pub(crate) fn answer(
    scalar: Scalar,
    bits: u64,
    scope: &v8::PinScope<'_, '_>,
    to: &mut v8::ReturnValue<'_>,
) -> Option<()> {
    match scalar {
        Scalar::Bool => to.set_bool(bits as u32 != 0),
        Scalar::S8 => to.set_int32(i32::from(bits as i8)),
        Scalar::U8 => to.set_uint32(u32::from(bits as u8)),
        Scalar::S16 => to.set_int32(i32::from(bits as i16)),
        Scalar::U16 => to.set_uint32(u32::from(bits as u16)),
        Scalar::S32 => to.set_int32(bits as i32),
        Scalar::U32 => to.set_uint32(bits as u32),
        Scalar::F32 => to.set_double(f64::from(f32::from_bits(bits as u32))),
        Scalar::F64 => to.set_double(f64::from_bits(bits)),
        Scalar::S64 | Scalar::U64 | Scalar::Char => to.set(from_bits(scalar, bits, scope)?),
    }
    Some(())
}

/// Bytes of the scalar in linear memory.
pub(crate) fn size(scalar: Scalar) -> u32 {
    match scalar {
        Scalar::Bool | Scalar::S8 | Scalar::U8 => 1,
        Scalar::S16 | Scalar::U16 => 2,
        Scalar::S32 | Scalar::U32 | Scalar::F32 | Scalar::Char => 4,
        Scalar::S64 | Scalar::U64 | Scalar::F64 => 8,
    }
}
