//! Why a call did not come to its end, or to no value.

use innerbox_binding::Failure;

/// Number of a call that goes on beside others; no other call of the isolate has it.
pub type CallId = u64;

/// Why a call into a component did not come to its end.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The component trapped or broke the canonical ABI.
    Trap {
        /// What happened, in words.
        message: String,
        /// The wasm stack, innermost first: names of functions.
        frames: Vec<String>,
    },
    /// The component reached a limit of its own.
    Limit {
        /// Its name: `memory`, `call wall time`, `handles`, ...
        which: &'static str,
        /// How much was used or asked for.
        used: u64,
        /// How much is allowed.
        allowed: u64,
        /// The unit of both: `bytes`, `ms`, or empty for a count.
        unit: &'static str,
    },
    /// What JavaScript gave as an import threw; whoever answered the import knows what.
    Thrown,
    /// What JavaScript gave as an import threw, while its component ran on another thread; the bridge has the exception.
    Raised {
        /// The call that the import was called for.
        call: CallId,
        /// What was thrown, in words.
        text: String,
    },
    /// The run itself is being ended; V8 knows, and nothing is to be thrown.
    Terminated,
    /// The component is already running, further down the stack.
    Busy,
}

impl Fault {
    /// A trap found by the host: the component broke the canonical ABI.
    pub fn abi(message: impl Into<String>) -> Box<Self> {
        Box::new(Self::Trap { message: message.into(), frames: Vec::new() })
    }

    /// What that call is told of it, or what is no call: an exception is only thrown by the call that it came of.
    #[must_use]
    pub fn told_to(&self, call: Option<CallId>) -> Box<Self> {
        match self {
            Self::Raised { call: of, text } if call != Some(*of) => Self::abi(text.clone()),
            fault => Box::new(fault.clone()),
        }
    }
}

/// Why a call came to no value: the component's doing or the script's. Boxed, as both are: values pass through many hands,
/// and a result of two words does so in registers.
pub(crate) enum Problem {
    Component(Box<Fault>),
    Script(Box<Failure>),
}

impl From<Box<Fault>> for Problem {
    fn from(fault: Box<Fault>) -> Self {
        Self::Component(fault)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Component(Box::new(fault))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Script(Box::new(failure))
    }
}
