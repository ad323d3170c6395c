//! What one extension may use.

use std::time::Duration;

/// What one extension of a sandbox may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionLimits {
    /// Linear memory of the component, all its memories together.
    pub memory_bytes: usize,
    /// Elements of all its tables together.
    pub table_elements: usize,
    /// Time of one call into it, with its arguments and its answer; `None` for no limit but the run's. Past it the call is a trap, and the script goes on.
    pub call_wall: Option<Duration>,
    /// Bytes that one call may carry into the component or out of it.
    pub crossing_bytes: usize,
    /// Sockets, HTTP requests and look-ups of names at once, of all its instances together.
    pub connections: usize,
}

impl ExtensionLimits {
    /// A component asks for its memory itself, and pages it has touched stay its own until its instance is dropped.
    pub const MEMORY_BYTES: usize = 512 << 20;

    /// Each element takes 16 bytes of the host.
    pub const TABLE_ELEMENTS: usize = 100_000;

    /// A call holds the isolate's thread, and the sandbox is gone when the run's own deadline has to end it.
    pub const CALL_WALL: Duration = Duration::from_secs(10);

    /// The guest chooses how long the list is that it returns, and the host allocates it.
    pub const CROSSING_BYTES: usize = 256 << 20;

    /// Each connection is a file descriptor, and the process has a thousand of them for everybody.
    pub const CONNECTIONS: usize = 32;
}

impl Default for ExtensionLimits {
    fn default() -> Self {
        Self {
            memory_bytes: Self::MEMORY_BYTES,
            table_elements: Self::TABLE_ELEMENTS,
            call_wall: Some(Self::CALL_WALL),
            crossing_bytes: Self::CROSSING_BYTES,
            connections: Self::CONNECTIONS,
        }
    }
}
