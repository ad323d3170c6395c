//! Strings in linear memory, in the encodings of the canonical ABI.
//!
//! JavaScript's strings are sequences of 16-bit units in which surrogates may stand alone; a component's are Unicode. On
//! the way in a lone surrogate becomes U+FFFD, on the way out it breaks the canonical ABI.

use innerbox_binding::OrPending;

use crate::fault::{Fault, Problem};

/// Set in the length of a string that may be Latin-1: this one is UTF-16.
const UTF16_TAG: u32 = 1 << 31;

/// What a lone surrogate becomes.
const REPLACEMENT: u16 = 0xfffd;

/// From so many bytes on, a call of simdutf costs less than it saves.
const LONG: usize = 64;

/// Units that are converted at once.
const UNITS_PER_CHUNK: usize = 512;

/// How strings lie in a component's memory: what its canonical options say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16 in little-endian order.
    Utf16,
    /// Latin-1 where every character allows it, else UTF-16: a bit of the length tells which.
    Latin1OrUtf16,
}

/// How the characters of one string lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Utf8,
    Latin1,
    Utf16,
}

impl Form {
    fn of(encoding: Encoding, is_latin1: impl FnOnce() -> bool) -> Self {
        match encoding {
            Encoding::Utf8 => Self::Utf8,
            Encoding::Latin1OrUtf16 if is_latin1() => Self::Latin1,
            Encoding::Utf16 | Encoding::Latin1OrUtf16 => Self::Utf16,
        }
    }

    /// The alignment and the bytes of one unit of length.
    fn unit(self) -> u32 {
        match self {
            Self::Utf8 | Self::Latin1 => 1,
            Self::Utf16 => 2,
        }
    }
}

/// The alignment of a string: that of its widest form.
fn align(encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Utf8 => 1,
        Encoding::Utf16 | Encoding::Latin1OrUtf16 => 2,
    }
}

/// A string of JavaScript as it will lie in a component's memory.
pub(crate) struct Lowered {
    form: Form,
    pub(crate) align: u32,
    pub(crate) bytes: u32,
    /// Its length as the component is told it.
    pub(crate) length: u32,
}

impl Lowered {
    /// Measures a string whose length in UTF-8 is known; none where the component's memory could not hold it.
    pub(crate) fn new(
        encoding: Encoding,
        string: v8::Local<'_, v8::String>,
        utf8_length: usize,
    ) -> Option<Self> {
        let form = Form::of(encoding, || string.contains_only_onebyte());
        Self::measured(encoding, form, if form == Form::Utf8 { utf8_length } else { string.length() })
    }

    /// Measures a copy of a string.
    pub(crate) fn of_copy(encoding: Encoding, text: &str) -> Option<Self> {
        let form = Form::of(encoding, || text.chars().all(|char| u32::from(char) <= 0xff));
        let units = match form {
            Form::Utf8 => text.len(),
            Form::Latin1 => text.chars().count(),
            Form::Utf16 => text.encode_utf16().count(),
        };
        Self::measured(encoding, form, units)
    }

    fn measured(encoding: Encoding, form: Form, units: usize) -> Option<Self> {
        let units = u32::try_from(units).ok()?;
        let bytes = units.checked_mul(form.unit())?;
        let tag = if encoding == Encoding::Latin1OrUtf16 && form == Form::Utf16 { UTF16_TAG } else { 0 };
        // The string of no characters is Latin-1, and V8's strings are too short to reach the tag.
        Some(Self { form, align: align(encoding), bytes, length: units | tag })
    }

    /// Writes the string to its place, which is `bytes` long.
    pub(crate) fn write(&self, isolate: &v8::Isolate, string: v8::Local<'_, v8::String>, place: &mut [u8]) {
        match self.form {
            // As many bytes as units: all of it is ASCII, and copied as it is.
            Form::Utf8 if place.len() == string.length() => {
                string.write_one_byte_v2(isolate, 0, place, v8::WriteFlags::empty());
            }
            Form::Utf8 => {
                string.write_utf8_v2(isolate, place, v8::WriteFlags::kReplaceInvalidUtf8, None);
            }
            Form::Latin1 => string.write_one_byte_v2(isolate, 0, place, v8::WriteFlags::empty()),
            Form::Utf16 => write_utf16(isolate, string, place),
        }
    }

    /// Writes a copy to its place, which is `bytes` long.
    pub(crate) fn write_copy(&self, text: &str, place: &mut [u8]) {
        match self.form {
            Form::Utf8 => place.copy_from_slice(text.as_bytes()),
            Form::Latin1 => place.iter_mut().zip(text.chars()).for_each(|(byte, char)| *byte = char as u8),
            Form::Utf16 => {
                for (bytes, unit) in place.chunks_exact_mut(2).zip(text.encode_utf16()) {
                    bytes.copy_from_slice(&unit.to_le_bytes());
                }
            }
        }
    }
}

fn write_utf16(isolate: &v8::Isolate, string: v8::Local<'_, v8::String>, place: &mut [u8]) {
    let mut chunk = [0_u16; UNITS_PER_CHUNK];
    let mut done = 0;
    let total = place.len() / 2;
    while done < total {
        let mut count = (total - done).min(UNITS_PER_CHUNK);
        let units = &mut chunk[..count];
        // An offset is at most the length of a string of V8's, which is below 2^30.
        string.write_v2(isolate, done as u32, units, v8::WriteFlags::empty());
        // The halves of a pair are not parted.
        if done + count < total && is_high_surrogate(units[count - 1]) {
            count -= 1;
        }
        let units = &mut chunk[..count];
        replace_lone_surrogates(units);
        for (bytes, unit) in place[2 * done..].chunks_exact_mut(2).zip(&*units) {
            bytes.copy_from_slice(&unit.to_le_bytes());
        }
        done += count;
    }
}

fn is_high_surrogate(unit: u16) -> bool {
    matches!(unit, 0xd800..=0xdbff)
}

fn is_low_surrogate(unit: u16) -> bool {
    matches!(unit, 0xdc00..=0xdfff)
}

fn replace_lone_surrogates(units: &mut [u16]) {
    let mut index = 0;
    while let Some(unit) = units.get(index).copied() {
        let is_pair = is_high_surrogate(unit) && units.get(index + 1).copied().is_some_and(is_low_surrogate);
        if is_pair {
            index += 1;
        } else if is_high_surrogate(unit) || is_low_surrogate(unit) {
            units[index] = REPLACEMENT;
        }
        index += 1;
    }
}

/// A string that lies in a component's memory, by the length that the component gives.
pub(crate) struct Stored {
    form: Form,
    pub(crate) align: u32,
    pub(crate) bytes: u32,
}

impl Stored {
    /// Reads what a length says.
    ///
    /// # Errors
    /// A fault where no memory is so large.
    #[inline]
    pub(crate) fn read(encoding: Encoding, length: u32) -> Result<Self, Box<Fault>> {
        let (form, units) = match encoding {
            Encoding::Utf8 => (Form::Utf8, length),
            Encoding::Utf16 => (Form::Utf16, length),
            Encoding::Latin1OrUtf16 if length & UTF16_TAG != 0 => (Form::Utf16, length ^ UTF16_TAG),
            Encoding::Latin1OrUtf16 => (Form::Latin1, length),
        };
        let too_long = || Fault::abi(format!("a string of {units} units lies outside the memory"));
        let bytes = units.checked_mul(form.unit()).ok_or_else(too_long)?;
        if (bytes / form.unit()) as usize > v8::String::MAX_LENGTH {
            let (used, allowed) = (units.into(), v8::String::MAX_LENGTH as u64);
            return Err(Fault::Limit { which: "string", used, allowed, unit: "units" }.into());
        }
        Ok(Self { form, align: align(encoding), bytes })
    }

    /// Makes it a string of JavaScript.
    ///
    /// # Errors
    /// A fault where the bytes are not of the encoding.
    pub(crate) fn value<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        bytes: &[u8],
    ) -> Result<v8::Local<'s, v8::String>, Problem> {
        let normal = v8::NewStringType::Normal;
        let string = match self.form {
            Form::Latin1 => v8::String::new_from_one_byte(scope, bytes, normal),
            Form::Utf8 if is_ascii(bytes) => v8::String::new_from_one_byte(scope, bytes, normal),
            Form::Utf8 => {
                check_utf8(bytes)?;
                v8::String::new_from_utf8(scope, bytes, normal)
            }
            Form::Utf16 => v8::String::new_from_two_byte(scope, &utf16(bytes)?, normal),
        };
        Ok(string.or_pending()?)
    }
}

/// True where all bytes are ASCII. V8's simdutf finds out with the widest vectors that the processor has, once it is called.
fn is_ascii(bytes: &[u8]) -> bool {
    match bytes.len() {
        ..LONG => bytes.is_ascii(),
        _ => v8::simdutf::validate_ascii(bytes),
    }
}

fn check_utf8(bytes: &[u8]) -> Result<(), Box<Fault>> {
    if v8::simdutf::validate_utf8(bytes) {
        return Ok(());
    }
    // Which says what is wrong.
    let checked = std::str::from_utf8(bytes);
    checked.map(drop).map_err(|error| Fault::abi(format!("a string is not UTF-8: {error}")))
}

/// The units of a string, checked.
fn utf16(bytes: &[u8]) -> Result<Vec<u16>, Box<Fault>> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    match char::decode_utf16(units.iter().copied()).find_map(Result::err) {
        None => Ok(units),
        Some(lone) => Err(Fault::abi(format!(
            "a string is not UTF-16: lone surrogate {:#x}",
            lone.unpaired_surrogate()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Form, Stored, UTF16_TAG, replace_lone_surrogates, utf16};

    #[track_caller]
    fn check(units: &[u16], expected: &[u16]) {
        let mut replaced = units.to_vec();
        replace_lone_surrogates(&mut replaced);
        assert_eq!(replaced, expected);
    }

    #[test]
    fn surrogates_that_stand_alone_are_replaced_and_pairs_are_kept() {
        check(&[0x61, 0xd83d, 0xde00, 0x62], &[0x61, 0xd83d, 0xde00, 0x62]);
        check(&[0xd83d], &[0xfffd]);
        check(&[0xde00, 0xd83d], &[0xfffd, 0xfffd]);
        check(&[0xd83d, 0xd83d, 0xde00], &[0xfffd, 0xd83d, 0xde00]);
        check(&[0xd83d, 0xde00, 0xde00], &[0xd83d, 0xde00, 0xfffd]);
        check(&[0xd83d, 0x61], &[0xfffd, 0x61]);
        check(&[0xd7ff, 0xe000], &[0xd7ff, 0xe000]);
    }

    #[test]
    fn a_length_tells_form_and_size() {
        let read = |encoding, length| Stored::read(encoding, length).map(|text| (text.form, text.bytes));
        assert_eq!(read(Encoding::Utf8, 7).unwrap(), (Form::Utf8, 7));
        assert_eq!(read(Encoding::Utf16, 7).unwrap(), (Form::Utf16, 14));
        assert_eq!(read(Encoding::Latin1OrUtf16, 7).unwrap(), (Form::Latin1, 7));
        assert_eq!(read(Encoding::Latin1OrUtf16, UTF16_TAG | 7).unwrap(), (Form::Utf16, 14));
        assert!(read(Encoding::Utf16, UTF16_TAG).is_err());
        assert!(read(Encoding::Utf8, u32::MAX).is_err());
    }

    #[test]
    fn units_are_checked() {
        assert_eq!(utf16(&[0x3d, 0xd8, 0, 0xde]).unwrap(), [0xd83d, 0xde00]);
        assert!(utf16(&[0x3d, 0xd8]).is_err());
        assert!(utf16(&[0, 0xde, 0x3d, 0xd8]).is_err());
    }
}
