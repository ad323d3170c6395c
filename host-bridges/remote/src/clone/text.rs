//! Strings outside of an isolate, each unit of them as it was: a lone surrogate stays one.

use innerbox_binding::{Failure, OrPending};

pub(super) enum Text {
    Latin1(Box<[u8]>),
    Utf16(Box<[u16]>),
}

impl Text {
    /// Bytes that the copy of a string takes.
    pub(super) fn size(string: v8::Local<v8::String>) -> usize {
        match string.is_onebyte() {
            true => string.length(),
            false => string.length() * 2,
        }
    }

    pub(super) fn read(scope: &v8::PinScope<'_, '_>, string: v8::Local<v8::String>) -> Self {
        let flags = v8::WriteFlags::default();
        match string.is_onebyte() {
            true => {
                let mut units = vec![0; string.length()];
                string.write_one_byte_v2(scope, 0, &mut units, flags);
                Self::Latin1(units.into())
            }
            false => {
                let mut units = vec![0; string.length()];
                string.write_v2(scope, 0, &mut units, flags);
                Self::Utf16(units.into())
            }
        }
    }

    /// # Errors
    /// [`Failure::Pending`] where the heap has no room for it.
    pub(super) fn write<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
    ) -> Result<v8::Local<'s, v8::String>, Failure> {
        let kind = v8::NewStringType::Normal;
        match self {
            Self::Latin1(units) => v8::String::new_from_one_byte(scope, units, kind),
            Self::Utf16(units) => v8::String::new_from_two_byte(scope, units, kind),
        }
        .or_pending()
    }

    /// The text, where it is ASCII.
    pub(super) fn ascii(&self) -> Option<&str> {
        match self {
            Self::Latin1(units) if units.is_ascii() => std::str::from_utf8(units).ok(),
            _ => None,
        }
    }
}
