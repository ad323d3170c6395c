//! Text as bytes and back, in the encodings of the web.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use innerbox_binding::{
    Arguments, Failure, OrPending, Outcome, reference, require_room, uint8_array_from, value,
};

/// Padding is taken off before; the bits that a last digit has to spare may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// How much longer text may be in UTF-16 units than in bytes, in any encoding.
const STRING_UNITS_MAX: usize = (1 << 29) - 24;

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "encode", encode);
    value::set_function(scope, host, "encodeInto", encode_into);
    value::set_function(scope, host, "encodingOf", encoding_of);
    value::set_function(scope, host, "decode", decode_callback);
    value::set_function(scope, host, "toBase64", to_base64);
    value::set_function(scope, host, "fromBase64", from_base64);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![
        reference(encode),
        reference(encode_into),
        reference(encoding_of),
        reference(decode_callback),
        reference(to_base64),
        reference(from_base64),
    ]
}

/// `encode(text)`: its bytes in UTF-8.
fn encode<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = string_argument(args.get(0))?;
    require_room(scope, text.utf8_length(scope))?;
    let bytes = text.to_rust_string_lossy(scope).into_bytes();
    Ok(uint8_array_from(scope, bytes)?.into())
}

/// `encodeInto(text, target)`: writes as much as fits; gives the units read and the bytes written.
fn encode_into<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = string_argument(args.get(0))?;
    let target = view_argument(args.get(1))?;
    let most = text.length().saturating_mul(3).min(target.byte_length());
    let mut bytes = vec![0; most];
    let mut read = 0;
    let flags = v8::WriteFlags::kReplaceInvalidUtf8;
    let written = text.write_utf8_v2(scope, &mut bytes, flags, Some(&mut read));
    if let Some(store) = target.get_backing_store() {
        let cells = store.get(target.byte_offset()..).unwrap_or_default();
        for (cell, byte) in cells.iter().zip(&bytes[..written.min(most)]) {
            cell.set(*byte);
        }
    }
    let counts = [read, written].map(|count| v8::Number::new(scope, count as f64).into());
    Ok(v8::Array::new_with_elements(scope, &counts).into())
}

/// `encodingOf(label)`: the encoding's name, or undefined where there is none.
fn encoding_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let label = string_argument(args.get(0))?;
    // The longest label has 19 characters, and may have white space around it.
    let label = if label.length() > 100 { String::new() } else { label.to_rust_string_lossy(scope) };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) => Ok(value::string(scope, &encoding.name().to_lowercase()).into()),
        None => Ok(value::undefined(scope)),
    }
}

/// `decode(encoding, bytes, isFatal, isPart)`: the text, and how many bytes were read; undefined where `isFatal` and the
/// bytes are not of that encoding. Of a part, the bytes at its end that are no whole character are not read.
fn decode_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let name = string_argument(args.get(0))?.to_rust_string_lossy(scope);
    let encoding =
        Encoding::for_label(name.as_bytes()).ok_or_else(|| Failure::type_error("`encoding`: unknown"))?;
    let view = view_argument(args.get(1))?;
    // Nothing of the tenant's runs from here on, so the bytes stay where they are.
    let mut storage = [0; 64];
    let bytes = view.get_contents(&mut storage);
    let length = if args.get(3).is_true() { whole_length(encoding, bytes) } else { bytes.len() };
    let Some(text) = decode(scope, encoding, &bytes[..length], args.get(2).is_true())? else {
        return Ok(value::undefined(scope));
    };
    let length = v8::Number::new(scope, length as f64);
    Ok(v8::Array::new_with_elements(scope, &[text.into(), length.into()]).into())
}

fn decode<'s>(
    scope: &v8::PinScope<'s, '_>,
    encoding: &'static Encoding,
    bytes: &[u8],
    is_fatal: bool,
) -> Result<Option<v8::Local<'s, v8::String>>, Failure> {
    if encoding == UTF_8 {
        // V8 replaces what is no UTF-8 just as the web does.
        if is_fatal && std::str::from_utf8(bytes).is_err() {
            return Ok(None);
        }
        return v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal)
            .ok_or_else(too_long)
            .map(Some);
    }
    if bytes.len() > STRING_UNITS_MAX {
        return Err(too_long());
    }
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    if is_fatal && malformed {
        return Ok(None);
    }
    v8::String::new(scope, &text).ok_or_else(too_long).map(Some)
}

/// How many bytes of a part are whole characters. The old encodings of more than one byte are read at the end only.
fn whole_length(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    if encoding == UTF_8 {
        whole_utf8(bytes)
    } else if encoding == UTF_16LE || encoding == UTF_16BE {
        whole_utf16(bytes, encoding == UTF_16LE)
    } else if encoding.is_single_byte() {
        bytes.len()
    } else {
        0
    }
}

fn whole_utf8(bytes: &[u8]) -> usize {
    // At most three bytes of a character can be waiting for their last.
    let start = bytes.len().saturating_sub(3);
    let Some(lead) = bytes[start..].iter().rposition(|byte| byte & 0xc0 != 0x80) else {
        return bytes.len();
    };
    match std::str::from_utf8(&bytes[start + lead..]) {
        Err(error) if error.error_len().is_none() => start + lead,
        _ => bytes.len(),
    }
}

fn whole_utf16(bytes: &[u8], is_little: bool) -> usize {
    let even = bytes.len() & !1;
    let Some(last) = even.checked_sub(2) else { return even };
    let high = bytes[if is_little { last + 1 } else { last }];
    if (0xd8..0xdc).contains(&high) { last } else { even }
}

/// `toBase64(text)`: undefined where a unit of `text` is no byte.
fn to_base64<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = string_argument(args.get(0))?;
    if !text.contains_only_onebyte() {
        return Ok(value::undefined(scope));
    }
    require_room(scope, text.length())?;
    let mut bytes = vec![0; text.length()];
    text.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
    Ok(v8::String::new(scope, &BASE64_PADDED.encode(bytes)).ok_or_else(too_long)?.into())
}

/// With the padding that is written.
const BASE64_PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new());

/// `fromBase64(text)`: undefined where it is none.
fn from_base64<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = string_argument(args.get(0))?;
    require_room(scope, text.length())?;
    match forgiving_base64(&text.to_rust_string_lossy(scope)) {
        Some(bytes) => {
            Ok(v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal).or_pending()?.into())
        }
        None => Ok(value::undefined(scope)),
    }
}

/// White space is passed over, and padding may be missing, but not wrong.
fn forgiving_base64(text: &str) -> Option<Vec<u8>> {
    let mut digits: Vec<u8> = text.bytes().filter(|byte| !b" \t\n\x0c\r".contains(byte)).collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            if digits.last() == Some(&b'=') {
                digits.pop();
            }
        }
    }
    BASE64.decode(digits).ok()
}

fn too_long() -> Failure {
    let message = format!("limit reached: units of a string: {STRING_UNITS_MAX} allowed");
    Failure::range_error(message).code("ERR_STRING_TOO_LONG")
}

fn string_argument<'s>(value: v8::Local<'s, v8::Value>) -> Result<v8::Local<'s, v8::String>, Failure> {
    v8::Local::try_from(value).map_err(|_| Failure::type_error("`text`: expected string"))
}

fn view_argument<'s>(value: v8::Local<'s, v8::Value>) -> Result<v8::Local<'s, v8::ArrayBufferView>, Failure> {
    v8::Local::try_from(value).map_err(|_| Failure::type_error("`bytes`: expected typed array"))
}

#[cfg(test)]
mod tests {
    use super::{forgiving_base64, whole_utf8, whole_utf16};

    #[test]
    fn a_part_ends_before_a_character_that_is_not_whole() {
        let text = "a€😀".as_bytes();
        let whole: Vec<_> = (0..=text.len()).map(|end| whole_utf8(&text[..end])).collect();
        assert_eq!(whole, [0, 1, 1, 1, 4, 4, 4, 4, 8]);
        // What can never become a character is not waited for.
        assert_eq!(whole_utf8(&[0xff]), 1);
        assert_eq!(whole_utf8(&[0xe2, 0x28]), 2);
        assert_eq!(whole_utf8(&[0x80, 0x80, 0x80]), 3);
        assert_eq!(whole_utf16(&[0x61, 0, 0x3d, 0xd8], true), 2);
        assert_eq!(whole_utf16(&[0x61, 0, 0x3d], true), 2);
        assert_eq!(whole_utf16(&[0xd8, 0x3d], false), 0);
        assert_eq!(whole_utf16(&[], true), 0);
    }

    #[test]
    fn padding_may_be_missing_but_not_wrong() {
        let good: [(&str, &[u8]); 6] =
            [("", b""), ("YQ==", b"a"), ("YQ", b"a"), (" Y\nWI= ", b"ab"), ("YWJj", b"abc"), ("YR==", b"a")];
        for (text, bytes) in good {
            assert_eq!(forgiving_base64(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Y", "YQ=", "YQ===", "=", "Y*==", "YWJj=", "YW=j", "YQ==YQ=="] {
            assert_eq!(forgiving_base64(text), None, "{text}");
        }
    }
}
