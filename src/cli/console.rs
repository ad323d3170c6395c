//! Where a script's console goes: the streams of the process.

use std::io::Write;

use innerbox::{Colors, ConsoleSink, Stream};

use super::report::Paint;

/// The streams of the process, for a script.
pub(crate) struct Console {
    out: Out,
}

/// Where what a program says goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    /// To the standard output.
    Standard,
    /// To the standard error stream: the standard output is for the record of the run.
    Error,
}

impl Console {
    pub(crate) fn new(out: Out) -> Self {
        Self { out }
    }
}

impl Out {
    /// Whether what goes there is coloured.
    pub(crate) fn colors(self) -> Colors {
        let paint = match self {
            Self::Standard => Paint::of(&std::io::stdout()),
            Self::Error => Paint::of(&std::io::stderr()),
        };
        match paint {
            Paint::Always => Colors::Always,
            Paint::Never => Colors::Never,
        }
    }
}

impl ConsoleSink for Console {
    fn write(&mut self, stream: Stream, text: &str) {
        // Where nobody reads any more, a script writes on, as it does where it has no console.
        let _ = match (stream, self.out) {
            (Stream::Out, Out::Standard) => std::io::stdout().write_all(text.as_bytes()),
            _ => std::io::stderr().write_all(text.as_bytes()),
        };
    }
}
