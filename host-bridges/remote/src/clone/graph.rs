//! What a clone is made of.

use std::sync::Arc;

use super::text::Text;
use crate::home::Reference;

/// A value that was cloned out of its isolate, with all that it refers to. It can be given to any isolate, any number of
/// times, from any thread; a clone of it is another handle to the same bytes.
#[derive(Clone)]
pub struct Serialized(pub(super) Arc<Graph>);

impl Serialized {
    /// Bytes that it takes, about: strings and buffers as they are, and 16 for everything else.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// A reference by itself, as if its object had been cloned.
    #[must_use]
    pub fn of_reference(reference: Reference) -> Self {
        Self(Arc::new(Graph { root: Item::Reference(reference), objects: Vec::new(), bytes: 0 }))
    }
}

impl std::fmt::Debug for Serialized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serialized").field("bytes", &self.0.bytes).finish_non_exhaustive()
    }
}

/// Objects name each other by their place, so a graph may have circles and be as deep as it likes.
pub(super) struct Graph {
    pub(super) root: Item,
    pub(super) objects: Vec<Object>,
    pub(super) bytes: usize,
}

/// A value, or the place of an object.
pub(super) enum Item {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    BigInt { negative: bool, words: Box<[u64]> },
    Text(Text),
    Object(u32),
    Reference(Reference),
}

pub(super) enum Key {
    Index(u32),
    Name(Text),
}

pub(super) type Members = Vec<(Key, Item)>;

pub(super) enum Object {
    Plain(Members),
    Array {
        length: u32,
        members: Members,
    },
    Map(Vec<(Item, Item)>),
    Set(Vec<Item>),
    Date(f64),
    RegExp {
        source: Text,
        flags: Text,
    },
    /// `Object(1)`, `Object('text')` and the like.
    Boxed(Item),
    Error(Box<Error>),
    Buffer(Vec<u8>),
    View {
        kind: ViewKind,
        buffer: u32,
        offset: usize,
        length: usize,
    },
}

pub(super) struct Error {
    pub(super) class: ErrorClass,
    pub(super) stack: Option<Text>,
    pub(super) message: Option<Text>,
    /// Properties that are not listed: `name`, `cause` and `errors`, where it has them.
    pub(super) hidden: Members,
    pub(super) members: Members,
}

/// The classes that an error is known by in every realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorClass {
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    UriError,
}

impl ErrorClass {
    pub(super) const ALL: [(Self, &str); 7] = [
        (Self::Error, "Error"),
        (Self::EvalError, "EvalError"),
        (Self::RangeError, "RangeError"),
        (Self::ReferenceError, "ReferenceError"),
        (Self::SyntaxError, "SyntaxError"),
        (Self::TypeError, "TypeError"),
        (Self::UriError, "URIError"),
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViewKind {
    Uint8,
    Uint8Clamped,
    Int8,
    Uint16,
    Int16,
    Uint32,
    Int32,
    Float16,
    Float32,
    Float64,
    BigUint64,
    BigInt64,
    DataView,
}

impl ViewKind {
    pub(super) fn element_bytes(self) -> usize {
        match self {
            Self::Uint8 | Self::Uint8Clamped | Self::Int8 | Self::DataView => 1,
            Self::Uint16 | Self::Int16 | Self::Float16 => 2,
            Self::Uint32 | Self::Int32 | Self::Float32 => 4,
            Self::Float64 | Self::BigUint64 | Self::BigInt64 => 8,
        }
    }
}
