//! wasmtime's engines, which all sandboxes of a process share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use directories_next::BaseDirs;
use wasmtime::{
    Cache, CacheConfig, Enabled, InstanceAllocationStrategy, ModuleVersionStrategy, PoolingAllocationConfig,
};

use crate::config::{CacheDirectory, Config};
use crate::error::ExtensionError;

/// Stack of a component's own. It comes on top of what V8 uses of the same thread (984 KiB).
const WASM_STACK_BYTES: usize = 512 << 10;

/// Most elements of one table. A component that has more cannot be instantiated; a large language runtime has 20,000.
const TABLE_ELEMENTS_MAX: usize = 100_000;

/// How many core instances, memories and tables the pool has for each component instance: a component that takes the
/// general door has an adapter and two small modules beside its main one, and a composed one has several of all; Python's
/// is composed of 14. An unused one costs address space alone, and a core instance not even that.
const CORE_INSTANCES_EACH: u32 = 16;
const MEMORIES_EACH: u32 = 2;
const TABLES_EACH: u32 = 4;

/// Most memories and tables of one module.
const MEMORIES_OF_ONE_MAX: u32 = 8;
const TABLES_OF_ONE_MAX: u32 = 8;

/// Most that wasmtime may keep for one instance beside its memories and tables: a language runtime has thousands of
/// functions.
const INSTANCE_BYTES_MAX: usize = 4 << 20;

/// What the pool keeps of a memory between two instances, in place of giving it back to the system page by page.
const KEPT_RESIDENT_BYTES: usize = 1 << 20;

/// wasmtime's engines: one for every component but asynchronous ones, and one for those. A clone is another handle to the
/// same.
#[derive(Clone)]
pub struct WasmEngines {
    inner: Arc<Inner>,
}

struct Inner {
    first: wasmtime::Engine,
    second: OnceLock<wasmtime::Engine>,
    cache: Option<Cache>,
    cache_directory: Option<PathBuf>,
}

impl WasmEngines {
    /// Makes the first.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] where the cache directory cannot be used, or wasmtime has no engine for this machine.
    pub fn new(config: &Config) -> Result<Self, ExtensionError> {
        let (cache, cache_directory) = cache(&config.cache)?;
        // The pool takes its address space at once. Where that is limited, instances are made one by one.
        let first = wasm_engine(cache.clone(), pool(config), Concurrency::Off)
            .or_else(|_| wasm_engine(cache.clone(), InstanceAllocationStrategy::OnDemand, Concurrency::Off))
            .map_err(|error| ExtensionError::Config(format!("wasmtime: {error:#}")))?;
        Ok(Self { inner: Arc::new(Inner { first, second: OnceLock::new(), cache, cache_directory }) })
    }

    /// The version of wasmtime.
    #[must_use]
    pub const fn version() -> &'static str {
        wasmtime_environ::VERSION
    }

    /// Where compiled components are kept, if they are.
    #[must_use]
    pub fn cache_directory(&self) -> Option<&Path> {
        self.inner.cache_directory.as_deref()
    }

    /// Makes every store look up whether it is to be interrupted.
    pub fn increment_epoch(&self) {
        self.inner.first.increment_epoch();
        if let Some(second) = self.inner.second.get() {
            second.increment_epoch();
        }
    }

    /// The engine that compiles and runs components.
    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.inner.first
    }

    /// The engine of asynchronous components, made when the first of them is loaded.
    ///
    /// # Errors
    /// Where wasmtime has none on this machine.
    pub(crate) fn asynchronous_wasm(&self) -> Result<&wasmtime::Engine, wasmtime::Error> {
        let Inner { second, cache, .. } = &*self.inner;
        if let Some(engine) = second.get() {
            return Ok(engine);
        }
        let engine = wasm_engine(cache.clone(), InstanceAllocationStrategy::OnDemand, Concurrency::On)?;
        Ok(second.get_or_init(|| engine))
    }
}

/// Whether an engine runs asynchronous components.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concurrency {
    Off,
    On,
}

fn wasm_engine(
    cache: Option<Cache>,
    strategy: InstanceAllocationStrategy,
    concurrency: Concurrency,
) -> Result<wasmtime::Engine, wasmtime::Error> {
    let mut wasm = wasmtime::Config::new();
    // On by default, and multiplies the cost of a call. Components with the asynchronous ABI need it.
    wasm.concurrency_support(concurrency == Concurrency::On);
    wasm.wasm_component_model_fixed_length_lists(true);
    wasm.wasm_component_model_map(true);
    wasm.epoch_interruption(true);
    wasm.max_wasm_stack(WASM_STACK_BYTES);
    wasm.wasm_simd(true);
    wasm.allocation_strategy(strategy);
    wasm.cache(cache);
    // wasmtime tells its own releases apart by the major version only: a miscompile that a patch release mends would live
    // on in the cache.
    wasm.module_version(ModuleVersionStrategy::Custom(
        concat!("48.0.8+innerbox-", env!("CARGO_PKG_VERSION")).into(),
    ))?;
    wasmtime::Engine::new(&wasm)
}

fn pool(config: &Config) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(config.instances)
        .total_core_instances(config.instances.saturating_mul(CORE_INSTANCES_EACH))
        .total_memories(config.instances.saturating_mul(MEMORIES_EACH))
        .total_tables(config.instances.saturating_mul(TABLES_EACH))
        .max_memories_per_module(MEMORIES_OF_ONE_MAX)
        .max_tables_per_module(TABLES_OF_ONE_MAX)
        .max_component_instance_size(INSTANCE_BYTES_MAX)
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .max_memory_size(config.memory_bytes)
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEPT_RESIDENT_BYTES)
        .table_keep_resident(KEPT_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

fn cache(directory: &CacheDirectory) -> Result<(Option<Cache>, Option<PathBuf>), ExtensionError> {
    match directory {
        CacheDirectory::Off => Ok((None, None)),
        CacheDirectory::At(directory) => match open_cache(directory) {
            Ok((cache, directory)) => Ok((Some(cache), Some(directory))),
            Err(error) => Err(ExtensionError::Config(format!(
                "the cache directory `{}`: {error:#}",
                directory.display()
            ))),
        },
        // Without a home directory, or with one that cannot be written to, the engine works, only slower.
        CacheDirectory::Usual => {
            Ok(BaseDirs::new().and_then(|user| open_cache(&user.cache_dir().join("innerbox")).ok()).unzip())
        }
    }
}

fn open_cache(directory: &Path) -> Result<(Cache, PathBuf), wasmtime::Error> {
    let directory = std::path::absolute(directory)?;
    let mut config = CacheConfig::new();
    config.with_directory(&directory);
    Ok((Cache::new(config)?, directory))
}
