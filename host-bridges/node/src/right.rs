//! What a grant allows.

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Its contents, its metadata, and a folder's list of names may be read. `--allow-read`.
    Read,
    /// It may be made, changed, and removed. Nothing may be read by it. `--allow-write`.
    Write,
}
