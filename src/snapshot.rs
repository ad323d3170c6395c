//! Start-up snapshots of an embedder's own: what a script of theirs has left in its context, as bytes.

mod header;

use std::fmt;

use crate::error::Error;
use crate::isolate::{Blob, platform};
use header::Header;

/// What a trusted script has left in its context, for sandboxes that begin there.
///
/// A clone is another handle to the same bytes, on any thread. [`Snapshot::builder`] makes one, [`as_bytes`](Self::as_bytes) is
/// what to keep of it, and [`SandboxBuilder::snapshot`](crate::SandboxBuilder::snapshot) has a sandbox begin with it.
///
/// It is trusted as this program is: V8 takes objects and bytecode out of it as they are. Its checksum finds damage; it is no
/// signature. Whoever can write the file can do what this process can, so load what you made yourself and kept where tenants
/// cannot write.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Sandbox, Snapshot};
/// let engine = Engine::new(Config::default())?;
/// let snapshot = Snapshot::builder(&engine)
///     .script("squares.js", "globalThis.squares = Array.from({ length: 100 }, (_, i) => i * i)")
///     .create()?;
/// std::fs::write(std::env::temp_dir().join("squares.snapshot"), snapshot.as_bytes())?;
///
/// let bytes = std::fs::read(std::env::temp_dir().join("squares.snapshot"))?;
/// let snapshot = Snapshot::from_bytes(&bytes)?;
/// let mut sandbox = Sandbox::builder(&engine).snapshot(&snapshot).build()?;
/// assert_eq!(sandbox.eval("squares[12]").into_value::<u32>()?, 144);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    blob: Blob,
    needs: Needs,
}

/// What a context takes that comes out of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) heap_bytes: usize,
    pub(crate) array_buffer_bytes: usize,
}

impl Snapshot {
    /// Takes a snapshot from what [`as_bytes`](Self::as_bytes) gave.
    ///
    /// # Errors
    /// [`Error::Snapshot`] where it is not one that this very build has made, under the flags that V8 has here, or not all of
    /// it is there unchanged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        // It is V8 that knows its flags.
        platform::start();
        let (header, snapshot) = Header::read(bytes)?;
        Ok(Self { blob: Blob::new(bytes, snapshot), needs: header.needs()? })
    }

    /// The snapshot, to be kept in a file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.blob.bytes()
    }

    /// Notes what V8 has made.
    pub(crate) fn of_blob(blob: &[u8], needs: Needs) -> Result<Self, Error> {
        let (bytes, snapshot) = Header::new(needs).write(blob)?;
        Ok(Self { blob: Blob::new(&bytes, snapshot), needs })
    }

    pub(crate) fn blob(&self) -> &Blob {
        &self.blob
    }

    pub(crate) fn needs(&self) -> Needs {
        self.needs
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.as_bytes().len()).finish_non_exhaustive()
    }
}
