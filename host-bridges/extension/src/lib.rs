//! One component: read, compiled once, and entered by a door. Knows no V8.

mod clock;
mod concurrent;
mod config;
mod direct;
mod engines;
mod error;
mod exports;
mod general;
mod given;
mod grant;
mod handles;
mod host;
mod interrupt;
mod intrinsics;
mod limiter;
mod limits;
mod loader;
mod network;
mod preview1;
mod shape;
mod state;
mod stdio;
mod store;
mod trap;
mod wasi;

use std::path::Path;
use std::sync::Arc;

use innerbox_bridge_component::Door;
use innerbox_bridge_component::plan::Plan;
use innerbox_bridge_component::typings::{WitDocs, typings};

use concurrent::ConcurrentDoor;
use direct::DirectDoor;
use general::GeneralDoor;

pub use config::Config;
pub use engines::WasmEngines;
pub use error::ExtensionError;
pub use grant::ExtensionGrant;
pub use interrupt::{Clock, Interrupt, TICK};
pub use limits::ExtensionLimits;
pub use stdio::Output;
pub use wasi::Lending;

pub use host::{HostFunction, HostResult, HostScalar};
pub use loader::{DoorChoice, Loader};
pub use shape::{ImportSource, MainImport};

/// A component, compiled for one `Engine`, which gives a native library to the sandboxes it is put into.
///
/// Loading compiles it, or takes it from the engine's cache on disk; do it once and share it: it is `Clone`, `Send` and
/// `Sync`, and costs an atomic increment to clone. Each sandbox gets an instance of its own, made at the first call.
///
/// # Examples
/// ```no_run
/// use innerbox::{Config, Engine, Extension, Sandbox};
///
/// let engine = Engine::new(Config::default())?;
/// let digest = Extension::from_file(&engine, "target/guests/digest.wasm")?;
/// let mut sandbox = Sandbox::builder(&engine).extension(&digest).build()?;
/// let completion = sandbox.run_module_source("main.js", "import { blake3 } from 'digest'; export default blake3");
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone)]
pub struct Extension {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    plan: Arc<Plan>,
    component_bytes: usize,
    entrance: Entrance,
    door_reason: String,
}

/// A component, compiled for its door.
enum Entrance {
    Direct(Arc<direct::Compiled>),
    General(Arc<general::Compiled>),
    Concurrent(Arc<concurrent::Compiled>),
}

/// How a component is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorKind {
    /// Its main core module alone is instantiated, and the canonical ABI is ours: a call costs tens of nanoseconds.
    Direct,
    /// The whole component is instantiated, by wasmtime's component API: it takes any synchronous component.
    General,
    /// As the general one, with an event loop of the instance's own, for an asynchronous component.
    Concurrent,
}

impl Extension {
    /// Loads a component from a file, by [`Loader::load_file`] of a loader as it comes.
    ///
    /// # Errors
    /// Where the file cannot be read, or as [`Extension::from_bytes`].
    pub fn from_file(engine: &WasmEngines, path: impl AsRef<Path>) -> Result<Self, ExtensionError> {
        Self::loader(engine).load_file(path)
    }

    /// Loads a component from its binary form. `name` is what scripts import it by and what errors call it.
    ///
    /// # Errors
    /// [`ExtensionError::Component`] where the bytes are no valid component, or it is one that no door takes; the message gives
    /// the reason.
    pub fn from_bytes(engine: &WasmEngines, name: &str, bytes: &[u8]) -> Result<Self, ExtensionError> {
        Self::loader(engine).load(name, bytes)
    }

    /// Loads a component that takes a certain door.
    ///
    /// # Errors
    /// As [`Extension::from_bytes`].
    pub fn from_bytes_by(
        engine: &WasmEngines,
        name: &str,
        bytes: &[u8],
        choice: DoorChoice,
    ) -> Result<Self, ExtensionError> {
        Self::loader(engine).door(choice).load(name, bytes)
    }

    /// What loads components by more than their bytes: a certain door, functions of the host's.
    pub fn loader(engine: &WasmEngines) -> Loader<'_> {
        Loader::new(engine)
    }

    /// What scripts import it by.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What it exports, and how each export is called.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.inner.plan
    }

    /// TypeScript declarations of what scripts see of it, as the text of a `.d.ts` file.
    ///
    /// # Examples
    /// ```no_run
    /// use innerbox::{Config, Engine, Extension};
    ///
    /// let engine = Engine::new(Config::default())?;
    /// let digest = Extension::from_file(&engine, "target/guests/digest.wasm")?;
    /// std::fs::write("digest.d.ts", digest.typings()).expect("the folder can be written to");
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn typings(&self) -> String {
        self.typings_with(&WitDocs::default())
    }

    /// The same, with the doc comments of WIT files.
    pub fn typings_with(&self, docs: &WitDocs) -> String {
        typings(self.name(), self.plan(), docs)
    }

    /// Bytes of its binary form.
    pub fn component_bytes(&self) -> usize {
        self.inner.component_bytes
    }

    /// What its code imports: all that it could ever ask of the host.
    pub fn imports(&self) -> &[MainImport] {
        match &self.inner.entrance {
            Entrance::Direct(compiled) => compiled.imports(),
            Entrance::General(compiled) => &compiled.imports,
            Entrance::Concurrent(compiled) => &compiled.imports,
        }
    }

    /// Linear memory that an instance starts with, in bytes; of several memories, the largest.
    pub fn memory_bytes(&self) -> u64 {
        match &self.inner.entrance {
            Entrance::Direct(compiled) => compiled.memory_bytes(),
            Entrance::General(compiled) => compiled.memory_bytes,
            Entrance::Concurrent(compiled) => compiled.memory_bytes,
        }
    }

    /// How it is entered.
    pub fn door_kind(&self) -> DoorKind {
        match self.inner.entrance {
            Entrance::Direct(_) => DoorKind::Direct,
            Entrance::General(_) => DoorKind::General,
            Entrance::Concurrent(_) => DoorKind::Concurrent,
        }
    }

    /// Why it is entered so, in words.
    pub fn door_reason(&self) -> &str {
        &self.inner.door_reason
    }

    /// A door for one sandbox. Nothing is instantiated before it is first opened.
    pub fn door(
        &self,
        lending: Arc<Lending>,
        limits: ExtensionLimits,
        interrupt: Arc<Interrupt>,
    ) -> Box<dyn Door> {
        match &self.inner.entrance {
            Entrance::Direct(compiled) => {
                Box::new(DirectDoor::new(Arc::clone(compiled), lending, limits, interrupt))
            }
            Entrance::General(compiled) => {
                Box::new(GeneralDoor::new(Arc::clone(compiled), lending, limits, interrupt))
            }
            Entrance::Concurrent(compiled) => {
                Box::new(ConcurrentDoor::new(Arc::clone(compiled), lending, limits, interrupt))
            }
        }
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
