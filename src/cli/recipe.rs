//! What a command's sandboxes are made of, from its options: one or many, on whatever threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use innerbox::{
    Config, Engine, Error, Extension, ExtensionGrant, ExtensionLimits, Grant, Limits, Sandbox,
    SandboxBuilder, Snapshot,
};

use super::catalogue::Catalogue;
use super::console::{Console, Out};
use super::options::SandboxOptions;

/// Most component instances alive at once for each sandbox: each takes some GiB of address space.
const INSTANCES_EACH: u32 = 32;

/// Makes sandboxes that are alike.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) engine: Engine,
    limits: Limits,
    extension_limits: ExtensionLimits,
    catalogue: Catalogue,
    /// Components that were asked for, and what was found: each is loaded once.
    loaded: Arc<Mutex<HashMap<String, Option<Extension>>>>,
    lending: Vec<(String, Vec<ExtensionGrant>)>,
    grants: Vec<Grant>,
    arguments: Vec<String>,
    cwd: PathBuf,
    snapshot: Option<Snapshot>,
    out: Out,
}

impl Recipe {
    /// `name` and `arguments` are what scripts find in `process.argv`, `out` is where their console goes, and `sandboxes` is how
    /// many there are at once.
    pub(crate) fn new(
        options: &SandboxOptions,
        name: &str,
        arguments: &[String],
        out: Out,
        sandboxes: u32,
    ) -> Result<Self> {
        let extension_limits = options.limits.extension();
        let memory_bytes = extension_limits.memory_bytes.max(Config::MEMORY_BYTES);
        let instances = INSTANCES_EACH.saturating_mul(sandboxes);
        let engine = Engine::new(Config::new().instances(instances).memory_bytes(memory_bytes))?;
        let catalogue = Catalogue::new(&options.extensions)?;
        let own = ["innerbox", name].into_iter().map(str::to_owned);
        Ok(Self {
            engine,
            limits: options.limits.sandbox(),
            extension_limits,
            lending: options.lending.grants(&catalogue)?.into_iter().collect(),
            catalogue,
            loaded: Arc::default(),
            grants: options.grants.grants()?,
            arguments: own.chain(arguments.iter().cloned()).collect(),
            cwd: std::env::current_dir().context("the current directory cannot be found")?,
            snapshot: options.snapshot.as_deref().map(load_snapshot).transpose()?,
            out,
        })
    }

    pub(crate) fn builder(&self) -> SandboxBuilder<'_> {
        let mut builder = Sandbox::builder(&self.engine);
        for (name, grants) in &self.lending {
            builder = builder.extension_grants(name, grants.clone());
        }
        if let Some(snapshot) = &self.snapshot {
            builder = builder.snapshot(snapshot);
        }
        let finder = self.clone();
        builder
            .limits(self.limits)
            .grants(self.grants.clone())
            .extensions_from(self.extension_limits, move |name| finder.load(name))
            .console(Console::new(self.out))
            .console_colors(self.out.colors())
            .arguments(&self.arguments)
            .cwd(&self.cwd)
    }

    fn load(&self, name: &str) -> Result<Option<Extension>, Error> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = loaded.get(name) {
            return Ok(known.clone());
        }
        let found = self.catalogue.load(&self.engine, name)?;
        loaded.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

fn load_snapshot(file: &Path) -> Result<Snapshot> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    Snapshot::from_bytes(&bytes).with_context(|| format!("`{}`", file.display()))
}
