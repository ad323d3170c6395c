//! Bytes as text and back, in the encodings of Node.js's `Buffer`.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use innerbox_binding::{
    Arguments, Failure, OrPending, Outcome, reference, require_room, uint8_array_from, value,
};

/// Most UTF-16 units that a string of V8's may have.
const STRING_UNITS_MAX: usize = (1 << 29) - 24;

/// How text is read leniently: a last group may be short, without padding, with bits to spare.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT.with_encode_padding(false));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16,
    Latin1,
    Ascii,
    Base64,
    Base64Url,
    Hex,
}

impl Encoding {
    /// By the number that `buffer.js` gives it.
    fn of(number: u32) -> Option<Self> {
        const ALL: [Encoding; 7] = [
            Encoding::Utf8,
            Encoding::Utf16,
            Encoding::Latin1,
            Encoding::Ascii,
            Encoding::Base64,
            Encoding::Base64Url,
            Encoding::Hex,
        ];
        ALL.get(number as usize).copied()
    }
}

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "encode", encode_callback);
    value::set_function(scope, host, "decode", decode_callback);
    value::set_function(scope, host, "utf8Length", utf8_length);
    value::set_function(scope, host, "compare", compare);
    value::set_function(scope, host, "indexOf", index_of);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![
        reference(encode_callback),
        reference(decode_callback),
        reference(utf8_length),
        reference(compare),
        reference(index_of),
    ]
}

/// `encode(text, encoding)`: the bytes that `text` stands for.
fn encode_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = string_argument("text", args.get(0))?;
    let encoding = encoding_argument(scope, args.get(1))?;
    let most = match encoding {
        Encoding::Utf8 => text.utf8_length(scope),
        Encoding::Utf16 => text.length() * 2,
        _ => text.length(),
    };
    require_room(scope, most)?;
    let bytes = encode(scope, text, encoding);
    Ok(uint8_array_from(scope, bytes)?.into())
}

fn encode(scope: &v8::PinScope<'_, '_>, text: v8::Local<v8::String>, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.to_rust_string_lossy(scope).into_bytes(),
        Encoding::Utf16 => {
            let mut units = vec![0_u16; text.length()];
            text.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
            units.into_iter().flat_map(u16::to_le_bytes).collect()
        }
        Encoding::Latin1 | Encoding::Ascii => {
            let mut bytes = vec![0; text.length()];
            text.write_one_byte_v2(scope, 0, &mut bytes, v8::WriteFlags::empty());
            bytes
        }
        Encoding::Base64 | Encoding::Base64Url => decode_base64(&text.to_rust_string_lossy(scope)),
        Encoding::Hex => decode_hex(text.to_rust_string_lossy(scope).as_bytes()),
    }
}

/// What is no digit is passed over, and both alphabets are read, as Node.js does.
fn decode_base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().take_while(|byte| *byte != b'=').filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Some(byte),
        _ => None,
    });
    let mut digits: Vec<u8> = digits.collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    BASE64.decode(digits).unwrap_or_default()
}

/// Stops before the first pair that is none.
fn decode_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks_exact(2).map_while(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?));
    pairs.filter_map(|byte| u8::try_from(byte).ok()).collect()
}

/// `decode(bytes, encoding, start, end)`: the text that a part of `bytes` stands for.
fn decode_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let view = view_argument("bytes", args.get(0))?;
    let encoding = encoding_argument(scope, args.get(1))?;
    let start = args.get(2).uint32_value(scope).or_pending()? as usize;
    let end = args.get(3).number_value(scope).or_pending()? as usize;
    // Nothing of the tenant's runs from here on, so the bytes stay where they are.
    let mut storage = [0; 64];
    let bytes = view.get_contents(&mut storage);
    let bytes = bytes.get(start..end.min(bytes.len())).unwrap_or_default();
    Ok(decode(scope, bytes, encoding)?.into())
}

fn decode<'s>(
    scope: &v8::PinScope<'s, '_>,
    bytes: &[u8],
    encoding: Encoding,
) -> Result<v8::Local<'s, v8::String>, Failure> {
    let units = match encoding {
        Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii => bytes.len(),
        Encoding::Utf16 => bytes.len() / 2,
        Encoding::Base64 | Encoding::Base64Url => bytes.len().div_ceil(3).saturating_mul(4),
        Encoding::Hex => bytes.len().saturating_mul(2),
    };
    if units > STRING_UNITS_MAX && encoding != Encoding::Utf8 {
        return Err(too_long());
    }
    match encoding {
        Encoding::Utf8 => return string_of(scope, bytes),
        Encoding::Utf16 => {
            let pairs = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            let units: Vec<u16> = pairs.collect();
            v8::String::new_from_two_byte(scope, &units, v8::NewStringType::Normal)
        }
        Encoding::Latin1 => v8::String::new_from_one_byte(scope, bytes, v8::NewStringType::Normal),
        Encoding::Ascii => {
            let bytes: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
            v8::String::new_from_one_byte(scope, &bytes, v8::NewStringType::Normal)
        }
        Encoding::Base64 => v8::String::new(scope, &BASE64.encode(bytes)),
        Encoding::Base64Url => v8::String::new(scope, &BASE64_URL.encode(bytes)),
        Encoding::Hex => {
            let digits: Vec<u8> = bytes.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect();
            v8::String::new_from_one_byte(scope, &digits, v8::NewStringType::Normal)
        }
    }
    .ok_or_else(too_long)
}

fn hex(digit: u8) -> u8 {
    b"0123456789abcdef"[usize::from(digit & 15)]
}

/// `utf8Length(text)`: the bytes that it has in UTF-8.
fn utf8_length<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let length = string_argument("text", args.get(0))?.utf8_length(scope);
    Ok(v8::Number::new(scope, length as f64).into())
}

/// `compare(a, b)`: -1, 0 or 1, byte by byte.
fn compare<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let (a, b) = (view_argument("a", args.get(0))?, view_argument("b", args.get(1))?);
    let (mut storage_a, mut storage_b) = ([0; 64], [0; 64]);
    let order = a.get_contents(&mut storage_a).cmp(b.get_contents(&mut storage_b));
    Ok(v8::Integer::new(scope, order as i32).into())
}

/// `indexOf(bytes, wanted, start)`: where `wanted` first is in `bytes` at or after `start`, or -1.
fn index_of<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let (bytes, wanted) = (view_argument("bytes", args.get(0))?, view_argument("wanted", args.get(1))?);
    let start = args.get(2).number_value(scope).or_pending()? as usize;
    let (mut storage_a, mut storage_b) = ([0; 64], [0; 64]);
    let (bytes, wanted) = (bytes.get_contents(&mut storage_a), wanted.get_contents(&mut storage_b));
    let found = bytes.get(start..).and_then(|rest| memchr::memmem::find(rest, wanted));
    let index = found.map_or(-1.0, |found| (start + found) as f64);
    Ok(v8::Number::new(scope, index).into())
}

/// Bytes of UTF-8 as a string; what is none becomes U+FFFD.
pub(crate) fn string_of<'s>(
    scope: &v8::PinScope<'s, '_>,
    bytes: &[u8],
) -> Result<v8::Local<'s, v8::String>, Failure> {
    v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal).ok_or_else(too_long)
}

fn too_long() -> Failure {
    let message = format!("limit reached: units of a string: {STRING_UNITS_MAX} allowed");
    Failure::error(message).code("ERR_STRING_TOO_LONG")
}

/// A copy of a string, in UTF-8, or of a view's bytes.
///
/// # Errors
/// A `TypeError` where it is neither, a `RangeError` with code `ERR_LIMIT` where it has more bytes than `allowed`.
pub(crate) fn bytes_of(
    scope: &v8::PinScope<'_, '_>,
    parameter: &str,
    value: v8::Local<v8::Value>,
    allowed: usize,
) -> Result<Vec<u8>, Failure> {
    let check = |length: usize| {
        let message = format!("limit reached: file bytes: `{parameter}` has {length}, {allowed} allowed");
        if length <= allowed { Ok(()) } else { Err(Failure::range_error(message).code("ERR_LIMIT")) }
    };
    if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
        check(text.utf8_length(scope))?;
        return Ok(text.to_rust_string_lossy(scope).into_bytes());
    }
    let view = view_argument(parameter, value)?;
    check(view.byte_length())?;
    let mut bytes = vec![0; view.byte_length()];
    let copied = view.copy_contents(&mut bytes);
    bytes.truncate(copied);
    Ok(bytes)
}

fn string_argument<'s>(
    parameter: &str,
    value: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::String>, Failure> {
    v8::Local::try_from(value).map_err(|_| unexpected(parameter, "string", value))
}

fn view_argument<'s>(
    parameter: &str,
    value: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::ArrayBufferView>, Failure> {
    v8::Local::try_from(value).map_err(|_| unexpected(parameter, "string or typed array", value))
}

fn unexpected(parameter: &str, expected: &str, value: v8::Local<v8::Value>) -> Failure {
    let message = format!("`{parameter}`: expected {expected}, got {}", value::kind(value));
    Failure::type_error(message).code("ERR_INVALID_ARG_TYPE")
}

fn encoding_argument(scope: &v8::PinScope<'_, '_>, value: v8::Local<v8::Value>) -> Result<Encoding, Failure> {
    let number = value.uint32_value(scope).or_pending()?;
    Encoding::of(number).ok_or_else(|| Failure::type_error("`encoding`: expected the number of one"))
}

#[cfg(test)]
mod tests {
    use super::{decode_base64, decode_hex};

    #[test]
    fn base64_is_read_leniently() {
        let cases: [(&str, &[u8]); 9] = [
            ("", b""),
            ("YQ==", b"a"),
            ("YQ", b"a"),
            ("Y", b""),
            ("YWJj", b"abc"),
            ("Y W\nJ*j", b"abc"),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            ("YQ==YQ==", b"a"),
            ("YR==", b"a"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode_base64(text), expected, "{text}");
        }
    }

    #[test]
    fn hex_stops_at_what_is_none() {
        assert_eq!(decode_hex(b"00fFa"), [0, 255]);
        assert_eq!(decode_hex(b"01zz02"), [1]);
        assert_eq!(decode_hex("0é".as_bytes()), []);
    }
}
