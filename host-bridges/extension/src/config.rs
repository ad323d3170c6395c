//! What the engines are made with.

use std::path::PathBuf;

/// How an `Engine` is set up. The default suits most.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine};
/// let engine = Engine::new(Config::new().cache_off().instances(16))?;
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) cache: CacheDirectory,
    pub(crate) instances: u32,
    pub(crate) memory_bytes: usize,
}

/// Where compiled components are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheDirectory {
    /// In the user's cache directory where there is one that can be written, else nowhere.
    Usual,
    /// Here, and it is an error if that cannot be.
    At(PathBuf),
    /// Nowhere.
    Off,
}

impl Config {
    /// Room for component instances alive at once in the process. Each takes some GiB of address space, but no memory
    /// before it touches it.
    pub const INSTANCES: u32 = 256;

    /// Most linear memory that any component can have, whatever its own limits say.
    pub const MEMORY_BYTES: usize = 1 << 30;

    /// The default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self { cache: CacheDirectory::Usual, instances: Self::INSTANCES, memory_bytes: Self::MEMORY_BYTES }
    }

    /// Keeps compiled components in `directory`, which is made where it is missing.
    ///
    /// What lies there is machine code that this process will run: nobody else may be able to write to it.
    #[must_use]
    pub fn cache_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = CacheDirectory::At(directory.into());
        self
    }

    /// Compiles every component anew in every process.
    #[must_use]
    pub fn cache_off(mut self) -> Self {
        self.cache = CacheDirectory::Off;
        self
    }

    /// Sets for how many component instances there is room at once, all sandboxes together. One that is composed of
    /// several may take the room of several.
    #[must_use]
    pub fn instances(mut self, most: u32) -> Self {
        self.instances = most;
        self
    }

    /// Sets the most linear memory that any component can have. What a sandbox allows is at most this.
    #[must_use]
    pub fn memory_bytes(mut self, most: usize) -> Self {
        self.memory_bytes = most;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
