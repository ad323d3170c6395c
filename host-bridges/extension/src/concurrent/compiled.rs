//! An asynchronous component, compiled for the second engine: linked, and every export found and compared with its plan.

use std::collections::HashMap;
use std::sync::Arc;

use innerbox_bridge_component::plan::{Function, FunctionId, ImportId, Plan, Returns, Type};
use wasmtime::component::__internal::InterfaceType;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use super::dynamic::FLAT_RESULTS_MAX;
use super::{imports, network};
use crate::engines::WasmEngines;
use crate::general::agree::Tables;
use crate::general::compiled::{self, described, export, given, memory_bytes};
use crate::host::HostFunctions;
use crate::shape::MainImport;
use crate::state::State;

/// A component whose calls are made side by side.
pub(crate) struct Compiled {
    pub(super) wasm: wasmtime::Engine,
    pub(super) plan: Arc<Plan>,
    pub(super) template: InstancePre<State>,
    /// By `FunctionId`.
    pub(super) exports: Vec<Export>,
    /// By `ResourceId`: which resources are JavaScript's.
    pub(super) given: Vec<bool>,
    /// A function with this result: wasmtime tells no more when it lifts one.
    pub(super) by_result: HashMap<InterfaceType, FunctionId>,
    /// An import with these parameters, of those that JavaScript gives: wasmtime tells no more when it lifts them.
    pub(super) by_params: HashMap<InterfaceType, ImportId>,
    /// What the futures of this type come to.
    pub(super) futures: HashMap<InterfaceType, Arc<Type>>,
    /// What it imports.
    pub(crate) imports: Vec<MainImport>,
    /// Linear memory that an instance starts with.
    pub(crate) memory_bytes: u64,
}

/// An exported function.
pub(super) struct Export {
    pub(super) index: ComponentExportIndex,
    pub(super) tables: Tables,
    /// How many core values it may return its result in: all of them, or a pointer.
    pub(super) results: usize,
}

impl Compiled {
    /// Compiles a component, or takes it from the engine's cache.
    ///
    /// # Errors
    /// Where wasmtime does not take it, or it imports what nothing gives.
    pub(crate) fn new(
        engine: &WasmEngines,
        plan: &Arc<Plan>,
        bytes: &[u8],
        host: &HostFunctions,
    ) -> anyhow::Result<Self> {
        let wasm = engine.asynchronous_wasm().map_err(described)?.clone();
        let component = Component::from_binary(&wasm, bytes).map_err(described)?;
        let imports = compiled::imports(&wasm, &component, plan, is_given)?;
        let mut linker = Linker::new(&wasm);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(described)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker).map_err(described)?;
        network::link(&mut linker).map_err(described)?;
        host.link_component(&mut linker, plan).map_err(described)?;
        imports::link(&mut linker, plan).map_err(described)?;
        let (mut exports, mut by_result, mut futures) = (Vec::new(), HashMap::new(), HashMap::new());
        for (id, function) in plan.functions.iter().enumerate() {
            let (index, result, tables) = export(&component, plan, function)?;
            by_result.insert(result, id);
            futures.extend(tables.futures.iter().cloned());
            exports.push(Export { index, tables, results: results(function) });
        }
        let mut by_params = HashMap::new();
        for (id, params, tables) in given(&wasm, &component, plan)? {
            by_params.insert(params, id);
            futures.extend(tables.futures);
        }
        let template = linker.instantiate_pre(&component).map_err(described)?;
        let memory_bytes = memory_bytes(&component);
        let given = plan.resources.iter().map(|resource| resource.given).collect();
        let plan = Arc::clone(plan);
        Ok(Self {
            wasm,
            plan,
            template,
            exports,
            given,
            by_result,
            by_params,
            futures,
            imports,
            memory_bytes,
        })
    }
}

/// The interfaces of HTTP for clients.
const HTTP: [&str; 3] = ["wasi:http/types", "wasi:http/outgoing-handler", "wasi:http/client"];

/// True where an interface is one of WASI that [`Compiled::new`] links.
fn is_given(interface: &str) -> bool {
    let (name, version) = interface.split_once('@').unwrap_or((interface, ""));
    let package = name.split('/').next().unwrap_or_default();
    let given = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets"];
    match version {
        _ if package == "wasi:http" => HTTP.contains(&name) && version.starts_with("0."),
        _ if version.starts_with("0.3.") => given.contains(&package),
        _ => version.starts_with("0.2.") && (given.contains(&package) || package == "wasi:io"),
    }
}

fn results(function: &Function) -> usize {
    match &function.result {
        Returns::Nothing => 0,
        Returns::Value(ty) | Returns::OrThrows(ty) if ty.flat <= FLAT_RESULTS_MAX => ty.flat,
        Returns::Value(_) | Returns::OrThrows(_) => 1,
    }
}
