//! The limits that end a run.

use std::fmt;

use serde::Serialize;

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LimitHit {
    /// Which one.
    pub which: Limit,
    /// How much was used or asked for, in the unit that the name of the limit ends with.
    pub used: u64,
    /// How much was allowed.
    pub allowed: u64,
}

/// The limits that end a run: some by themselves, some as exceptions that nobody caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of V8's heap. Less than allowed may be in use when it is reached: the next object does not fit.
    HeapBytes,
    /// Milliseconds from the start of the run.
    WallMs,
    /// Milliseconds of processor time that the run's thread took.
    CpuMs,
    /// Bytes of array buffers: an exception.
    ArrayBufferBytes,
    /// Bytes written to the console: an exception.
    ConsoleBytes,
    /// Timers at once: an exception.
    Timers,
    /// Promises of host calls at once: an exception.
    PendingPromises,
    /// Handles of resources at once: an exception.
    Handles,
    /// Bytes of the stack that scripts may use: an exception, known by the message that V8 gives it.
    StackBytes,
    /// Bytes of source code, all scripts and modules of the sandbox together.
    SourceBytes,
    /// Bytes of the value that the run gives to the host.
    ValueBytes,
    /// Nesting of that value.
    ValueDepth,
}

impl fmt::Display for LimitHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { which, used, allowed } = self;
        write!(f, "limit reached: {which}: {used} used, {allowed} allowed")
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeapBytes => "heap bytes",
            Self::WallMs => "milliseconds of wall time",
            Self::CpuMs => "milliseconds of processor time",
            Self::ArrayBufferBytes => "array-buffer bytes",
            Self::ConsoleBytes => "console bytes",
            Self::Timers => "timers",
            Self::PendingPromises => "pending promises",
            Self::Handles => "handles",
            Self::StackBytes => "bytes of stack",
            Self::SourceBytes => "bytes of source",
            Self::ValueBytes => "bytes of the answer",
            Self::ValueDepth => "depth of the answer",
        })
    }
}
