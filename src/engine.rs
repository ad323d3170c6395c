//! What all sandboxes of a process share.

use std::ops::Deref;
use std::sync::Arc;

use innerbox_extension::{Config, WasmEngines};

use crate::deadline::Watchdog;
use crate::error::Error;
use crate::isolate::platform;

/// What all sandboxes share: V8, the engine that compiles components, its cache on disk, and the watchdog.
///
/// One for a process, made first and cloned freely: it is `Send` and `Sync`, and a clone is another handle to the same.
///
/// Threads that run sandboxes need 2 MiB of stack, which is what Rust gives them.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let threads: Vec<_> = (0..2)
///     .map(|number| {
///         let engine = engine.clone();
///         std::thread::spawn(move || {
///             let mut sandbox = Sandbox::builder(&engine).build()?;
///             sandbox.eval(&format!("{number} + 1")).into_value::<u32>()
///         })
///     })
///     .collect();
/// for (number, thread) in threads.into_iter().enumerate() {
///     assert_eq!(thread.join().unwrap()?, number as u32 + 1);
/// }
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    wasm: WasmEngines,
    watchdog: Arc<Watchdog>,
}

impl Engine {
    /// Starts V8 where it does not run yet, and makes an engine.
    ///
    /// # Errors
    /// [`Error::Config`] where the cache directory cannot be used or the system refuses a thread.
    pub fn new(config: Config) -> Result<Self, Error> {
        platform::start();
        let wasm = WasmEngines::new(&config)?;
        let watchdog = Watchdog::start(wasm.clone())
            .map_err(|error| Error::Config(format!("the watchdog's thread: {error}")))?;
        Ok(Self { wasm, watchdog: Arc::new(watchdog) })
    }

    /// The versions of what runs scripts and components: `V8 15.2.124.1-rusty, wasmtime 48.0.8`.
    #[must_use]
    pub fn versions() -> String {
        format!("V8 {}, wasmtime {}", v8::V8::get_version(), WasmEngines::version())
    }

    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }
}

/// What components are compiled for: an `&Engine` is taken wherever an extension is loaded.
impl Deref for Engine {
    type Target = WasmEngines;

    fn deref(&self) -> &WasmEngines {
        &self.wasm
    }
}
