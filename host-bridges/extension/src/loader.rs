//! How a component is loaded: read, the host's functions found their places, and compiled for its door.

use std::path::Path;
use std::sync::Arc;

use innerbox_bridge_component::plan::{self, Plan};

use super::host::{HostFunction, HostFunctions};
use super::{Entrance, Extension, Inner, concurrent, direct, general, shape};
use crate::engines::WasmEngines;
use crate::error::ExtensionError;

/// Which door a component is to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DoorChoice {
    /// The direct door where it takes the component, else the general one.
    #[default]
    Auto,
    /// The general door: both must do the same, so this is for tests and measurements.
    General,
}

/// Loads components.
///
/// # Examples
/// A function of the host's that a component imports; a call of it takes some nanoseconds, and asks no script:
/// ```no_run
/// use innerbox::{Config, Engine, Extension};
///
/// let engine = Engine::new(Config::default())?;
/// let parser = Extension::loader(&engine)
///     .function("acme:parser/limits", "depth", |of_kind: u32| -> u32 { 64 >> of_kind })
///     .load_file("parser.wasm")?;
/// # Ok::<(), innerbox::Error>(())
/// ```
pub struct Loader<'e> {
    engine: &'e WasmEngines,
    door: DoorChoice,
    host: HostFunctions,
}

impl<'e> Loader<'e> {
    pub(super) fn new(engine: &'e WasmEngines) -> Self {
        Self { engine, door: DoorChoice::Auto, host: HostFunctions::default() }
    }

    /// Which door the component is to take.
    #[must_use]
    pub fn door(self, door: DoorChoice) -> Self {
        Self { door, ..self }
    }

    /// Answers a function that the component imports, by a function of at most eight scalars. `interface` is the imported
    /// interface with its version or without it, or empty for what the world itself imports; `name` is the function's
    /// name in WIT. No script has to give it then, or can.
    #[must_use]
    pub fn function<Params, Returned>(
        mut self,
        interface: &str,
        name: &str,
        function: impl HostFunction<Params, Returned>,
    ) -> Self {
        self.host.add(interface, name, function.erase());
        self
    }

    /// Loads a component from a file. Its name is the file's, without `.wasm`.
    ///
    /// # Errors
    /// Where the file cannot be read, or as [`Loader::load`].
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Extension, ExtensionError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| ExtensionError::Io {
            what: "read component",
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        self.load(&name, &bytes)
    }

    /// Loads a component from its binary form. `name` is what scripts import it by and what errors call it.
    ///
    /// # Errors
    /// [`ExtensionError::Component`] where the bytes are no valid component, or it is one that no door takes, or where it imports a
    /// function that the host answers not at all or with other types; the message gives the reason.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Extension, ExtensionError> {
        self.try_load(name, bytes)
            .map_err(|source| ExtensionError::Component { name: name.to_owned(), source })
    }

    fn try_load(&self, name: &str, bytes: &[u8]) -> anyhow::Result<Extension> {
        let mut plan = plan::compile(bytes)?;
        self.host.answer(&mut plan)?;
        let plan = Arc::new(plan);
        let (entrance, door_reason) = self.enter(&plan, bytes)?;
        let name = name.to_owned();
        let inner = Inner { name, plan, component_bytes: bytes.len(), entrance, door_reason };
        Ok(Extension { inner: Arc::new(inner) })
    }

    /// Compiles a component for the first door that takes it, and says why it is this one.
    fn enter(&self, plan: &Arc<Plan>, bytes: &[u8]) -> anyhow::Result<(Entrance, String)> {
        if plan.asynchronous {
            let compiled = concurrent::Compiled::new(self.engine, plan, bytes, &self.host)?;
            return Ok((Entrance::Concurrent(Arc::new(compiled)), "it is asynchronous".to_owned()));
        }
        let reason = match self.door {
            DoorChoice::General => "it was asked for".to_owned(),
            DoorChoice::Auto => match shape::read(bytes, plan) {
                Ok(shape) => {
                    let compiled = direct::Compiled::new(self.engine, plan, bytes, shape, &self.host)?;
                    let reason = "one main module, its memory its own, and of the host only WASI preview 1 and functions";
                    return Ok((Entrance::Direct(Arc::new(compiled)), reason.to_owned()));
                }
                Err(refusal) => refusal.to_string(),
            },
        };
        let compiled = general::Compiled::new(self.engine, plan, bytes, &self.host)?;
        Ok((Entrance::General(Arc::new(compiled)), reason))
    }
}

impl std::fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("door", &self.door).finish_non_exhaustive()
    }
}
