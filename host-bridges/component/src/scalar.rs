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

/// Reads a number as a scalar that is a number in JavaScript. All integer types take the same way, by their range: a jump
/// for each type costs more.
#[inline]
pub(crate) fn number_to_bits(scalar: Scalar, number: f64) -> Option<u64> {
    let integer = low_bits(number);
    let (min, max) = RANGES[scalar as usize];
    if integer as f64 == number && (min..=max).contains(&integer) {
        // A core i32: sign-extended to 32 bits, zero-extended from there.
        return Some(u64::from(integer as u32));
    }
    match scalar {
        Scalar::F64 => Some(number.to_bits()),
        Scalar::F32 => Some(u64::from((number as f32).to_bits())),
        _ => None,
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

/// The least and the greatest value of each integer type that is a number in JavaScript, by `Scalar`.
const RANGES: [(i64, i64); 12] = {
    const NONE: (i64, i64) = (0, -1);
    let mut ranges = [NONE; 12];
    ranges[Scalar::S8 as usize] = (i8::MIN as i64, i8::MAX as i64);
    ranges[Scalar::U8 as usize] = (0, u8::MAX as i64);
    ranges[Scalar::S16 as usize] = (i16::MIN as i64, i16::MAX as i64);
    ranges[Scalar::U16 as usize] = (0, u16::MAX as i64);
    ranges[Scalar::S32 as usize] = (i32::MIN as i64, i32::MAX as i64);
    ranges[Scalar::U32 as usize] = (0, u32::MAX as i64);
    ranges
};

/// The integer that a number of fewer than 51 bits is, or would be rounded to; of any other number, some integer. What is
/// still the same as a number was an integer of that size; -0 is 0.
#[inline]
fn low_bits(number: f64) -> i64 {
    // From here to 2^53 doubles are the integers, so a sum's bits count up from the shift's own.
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 2^52 + 2^51
    (number + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()).cast_signed()
}

/// The core value of a number as it lies in memory.
pub(crate) fn core(scalar: Scalar, bytes: &[u8]) -> u64 {
    let mut bits = [0; 8];
    bits[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(bits);
    match scalar {
        Scalar::S8 => u64::from(i32::from(bits as i8).cast_unsigned()),
        Scalar::S16 => u64::from(i32::from(bits as i16).cast_unsigned()),
        _ => bits,
    }
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

#[cfg(test)]
mod tests {
    use super::number_to_bits;
    use crate::plan::Scalar::{self, S8, S16, S32, U8, U16, U32};

    /// Each type with its least and its greatest value.
    const INTEGERS: [(Scalar, i64, i64); 6] = [
        (U8, 0, u8::MAX as i64),
        (U16, 0, u16::MAX as i64),
        (U32, 0, u32::MAX as i64),
        (S8, i8::MIN as i64, i8::MAX as i64),
        (S16, i16::MIN as i64, i16::MAX as i64),
        (S32, i32::MIN as i64, i32::MAX as i64),
    ];

    #[test]
    fn an_integer_fits_where_it_lies_between_the_ends_of_its_type() {
        let edges = [0, 1, 1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 51, 1 << 52, 1 << 53];
        let numbers =
            edges.into_iter().flat_map(|edge: i64| [edge - 1, edge, edge + 1, -edge, 1 - edge, -1 - edge]);
        for number in numbers {
            for (scalar, least, most) in INTEGERS {
                let expected = (least..=most).contains(&number).then_some(u64::from(number as u32));
                assert_eq!(number_to_bits(scalar, number as f64), expected, "{number} as {scalar:?}");
            }
        }
    }

    #[test]
    fn what_is_no_integer_never_fits() {
        let strange = [
            0.5,
            -0.5,
            1.5,
            4_294_967_295.5,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -1e300,
            5e-324,
        ];
        for number in strange.into_iter().chain([1e15 + 0.5, f64::MAX, f64::MIN, f64::EPSILON]) {
            for (scalar, ..) in INTEGERS {
                assert_eq!(number_to_bits(scalar, number), None, "{number} as {scalar:?}");
            }
        }
        assert_eq!(number_to_bits(U32, -0.0), Some(0));
        assert_eq!(number_to_bits(S32, -0.0), Some(0));
    }
}
