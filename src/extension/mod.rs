//! One component: read, compiled once, and entered by a door. Knows no V8.

mod direct;
mod given;
mod handles;
mod intrinsics;
mod limiter;
mod preview1;
mod shape;
mod state;
mod trap;
mod wasi;

use std::path::Path;
use std::sync::Arc;

use innerbox_bridge_component::Door;
use innerbox_bridge_component::plan::{self, Plan};
use wasmtime::{InstancePre, Linker, Module};

use crate::deadline::Interrupt;
use crate::engine::Engine;
use crate::error::Error;
use crate::limits::ExtensionLimits;
use direct::DirectDoor;
use shape::Shape;
use state::State;

pub use shape::{ImportSource, MainImport};

/// A component, compiled for one engine, which gives a native library to the sandboxes it is put into.
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
    engine: Engine,
    plan: Arc<Plan>,
    shape: Shape,
    component_bytes: usize,
    module: Module,
    template: InstancePre<State>,
}

impl Extension {
    /// Loads a component from a file. Its name is the file's, without `.wasm`.
    ///
    /// # Errors
    /// Where the file cannot be read, or as [`Extension::from_bytes`].
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            what: "read component",
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Self::from_bytes(engine, &name, &bytes)
    }

    /// Loads a component from its binary form. `name` is what scripts import it by and what errors call it.
    ///
    /// # Errors
    /// [`Error::Component`] where the bytes are no valid component, or it is one that the direct door does not take; the
    /// message gives the reason.
    pub fn from_bytes(engine: &Engine, name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let named = |source: anyhow::Error| Error::Component { name: name.to_owned(), source };
        let compiled = |error: wasmtime::Error| named(anyhow::Error::msg(format!("{error:#}")));
        let plan = plan::compile(bytes).map_err(|refusal| named(refusal.into()))?;
        let shape = shape::read(bytes, &plan).map_err(|refusal| named(refusal.into()))?;
        let main = &bytes[shape.module.clone()];
        let module = Module::new(engine.wasm(), main).map_err(compiled)?;
        shape::verify(&shape, &plan, &module).map_err(|refusal| named(refusal.into()))?;
        let template = link(engine, &shape, &plan, &module).map_err(compiled)?;
        let plan = Arc::new(plan);
        let name = name.to_owned();
        let engine = engine.clone();
        let inner = Inner { name, engine, plan, shape, component_bytes: bytes.len(), module, template };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What scripts import it by.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What it exports, and how each export is called.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.inner.plan
    }

    /// Bytes of its binary form.
    pub fn component_bytes(&self) -> usize {
        self.inner.component_bytes
    }

    /// What its code imports: all that it could ever ask of the host.
    pub fn imports(&self) -> &[MainImport] {
        &self.inner.shape.imports
    }

    /// Linear memory that an instance starts with, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.inner.module.resources_required().max_initial_memory_size.map_or(0, |pages| pages * (64 << 10))
    }

    /// A door for one sandbox. Nothing is instantiated before it is first opened.
    pub(crate) fn door(&self, limits: ExtensionLimits, interrupt: Arc<Interrupt>) -> Box<dyn Door> {
        Box::new(DirectDoor::new(Arc::clone(&self.inner), limits, interrupt))
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

fn link(
    engine: &Engine,
    shape: &Shape,
    plan: &Plan,
    module: &Module,
) -> wasmtime::Result<InstancePre<State>> {
    let mut linker = Linker::new(engine.wasm());
    preview1::link(&mut linker)?;
    intrinsics::link(&mut linker, shape, plan)?;
    linker.instantiate_pre(module)
}
