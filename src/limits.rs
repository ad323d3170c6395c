//! What a run may use.

use std::time::Duration;

use crate::error::Error;

/// What a sandbox may use. The defaults suit a request to a service; a command line is more generous.
///
/// Time is counted for each run, everything else for the sandbox.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # use innerbox::{Config, Engine, Limit, Limits, Outcome, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let limits = Limits { wall: Some(Duration::from_millis(50)), ..Limits::default() };
/// let mut sandbox = Sandbox::builder(&engine).limits(limits).build()?;
/// let completion = sandbox.eval("for (;;) {}");
/// assert!(matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs));
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// V8's heap: objects, strings, compiled code.
    pub heap_bytes: usize,
    /// Array buffers and typed arrays; past it, making one is a `RangeError`.
    pub array_buffer_bytes: usize,
    /// Time from the start of a run to its end, waiting included; `None` for no limit. In a pool, what others ask for by
    /// references has as much, from when they asked.
    pub wall: Option<Duration>,
    /// Processor time of the run's thread; `None` for no limit.
    pub cpu: Option<Duration>,
    /// Source text of all scripts and modules together.
    pub source_bytes: usize,
    /// Timers at once; past it, starting one is a `RangeError`.
    pub timers: usize,
    /// Promises of host calls at once; past it, the call is a `RangeError`. As many requests of other sandboxes may wait for
    /// this one; past it, asking is a `RangeError` there.
    pub pending_promises: usize,
    /// Resources of components, files and the like that are open at once; past it, opening one is a `RangeError`. As many
    /// values may be lent by reference, and as many references be held.
    pub handles: usize,
    /// What the script may write to its console and standard streams; past it, writing is a `RangeError`.
    pub console_bytes: usize,
    /// The value that a run gives to the host, strings and bytes counted as they are and all else as 16 bytes; also each
    /// structured clone, and the arguments of one call of a function of the host's.
    pub value_bytes: usize,
}

impl Limits {
    /// Least heap with which a realm can be made at all.
    pub const HEAP_BYTES_MIN: usize = 8 << 20;

    /// A heap bomb ends here. V8 counts what it has promised to collect, too, so a script that churns needs some room.
    pub const HEAP_BYTES: usize = 128 << 20;

    /// `new ArrayBuffer(n)` costs the script nothing and the host `n` bytes of zeros.
    pub const ARRAY_BUFFER_BYTES: usize = 256 << 20;

    /// A script that waits holds its memory; a promise that is never settled would hold it for ever.
    pub const WALL: Duration = Duration::from_secs(30);

    /// An endless loop takes a whole processor from everybody else until here.
    pub const CPU: Duration = Duration::from_secs(10);

    /// V8's parser takes several times the source in memory, cannot be interrupted everywhere, and its memory is not heap.
    pub const SOURCE_BYTES: usize = 16 << 20;

    /// Each timer keeps a function and its arguments alive on the host's side, where the heap limit does not see it.
    pub const TIMERS: usize = 10_000;

    /// Each promise of a host call keeps a closure alive on the host's side, and its work queues for the pool.
    pub const PENDING_PROMISES: usize = 10_000;

    /// Each handle is a slot in a table of the host's, and a file descriptor or a resource of a component behind it.
    pub const HANDLES: usize = 100_000;

    /// `console.log` in a loop fills a disk.
    pub const CONSOLE_BYTES: usize = 16 << 20;

    /// The value is built a second time on the host's side, where a list of small things takes several times its heap.
    pub const VALUE_BYTES: usize = 64 << 20;

    /// No limit on time, and the defaults for everything else: for a script of one's own on a command line.
    #[must_use]
    pub fn without_deadline() -> Self {
        Self { wall: None, cpu: None, ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.heap_bytes < Self::HEAP_BYTES_MIN {
            let (given, least) = (self.heap_bytes, Self::HEAP_BYTES_MIN);
            return Err(Error::Config(format!("`heap_bytes`: {given} given, at least {least} needed")));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heap_bytes: Self::HEAP_BYTES,
            array_buffer_bytes: Self::ARRAY_BUFFER_BYTES,
            wall: Some(Self::WALL),
            cpu: Some(Self::CPU),
            source_bytes: Self::SOURCE_BYTES,
            timers: Self::TIMERS,
            pending_promises: Self::PENDING_PROMISES,
            handles: Self::HANDLES,
            console_bytes: Self::CONSOLE_BYTES,
            value_bytes: Self::VALUE_BYTES,
        }
    }
}
