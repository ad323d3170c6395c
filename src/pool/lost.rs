//! Why a piece of work came to nothing.

use std::fmt;

use crate::error::Error;

/// Why a piece of work came to nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum Lost {
    /// It was cancelled, before it ran or while it did.
    Cancelled,
    /// Its tenant was disposed of.
    Disposed,
    /// The pool was dropped, or takes no more work.
    Closed,
    /// There was no sandbox to run it in.
    Sandbox(Error),
    /// The task panicked.
    Panicked(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the work was cancelled"),
            Self::Disposed => f.write_str("the work was lost: its tenant was disposed of"),
            Self::Closed => f.write_str("the work was lost: the pool takes no more"),
            Self::Sandbox(error) => error.fmt(f),
            Self::Panicked(message) => write!(f, "host fault: a task panicked: {message}"),
        }
    }
}

impl std::error::Error for Lost {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sandbox(error) => Some(error),
            _ => None,
        }
    }
}
