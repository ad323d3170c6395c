//! A [`Reference`] among Rust types that serde reads and writes. It has no form in any format: it is handed over beside the
//! format, to whom knows its name and is on the same thread.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::home::Reference;

thread_local! {
    static HANDED: RefCell<Option<Reference>> = const { RefCell::new(None) };
}

impl Reference {
    /// What a format is asked for, or told that comes.
    pub const SERDE_NAME: &'static str = "$innerbox::Reference";

    /// Hands it over to whom is asking a format for one, and is told `()` then.
    pub fn hand_over(self) {
        HANDED.set(Some(self));
    }

    /// Takes the one that was just handed over, by its serializing.
    #[must_use]
    pub fn taken_over() -> Option<Self> {
        HANDED.take()
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What somebody left there is not meant.
        HANDED.take();
        deserializer.deserialize_newtype_struct(Self::SERDE_NAME, Handed)
    }
}

struct Handed;

impl Visitor<'_> for Handed {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("function")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Reference, E> {
        HANDED.take().ok_or_else(|| E::custom("expected function"))
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().hand_over();
        serializer.serialize_newtype_struct(Self::SERDE_NAME, &Formless)
    }
}

/// What a format finds that does not know the name.
struct Formless;

impl Serialize for Formless {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        HANDED.take();
        Err(S::Error::custom("a reference cannot be written"))
    }
}
