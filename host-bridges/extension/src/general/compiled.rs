//! A component compiled for the general door: linked, and every export found and compared with its plan.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use innerbox_bridge_component::plan::{Function, ImportId, Plan};
use wasmtime::component::__internal::InterfaceType;
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime_environ::component::TypeResourceTableIndex;

use super::agree::{Tables, agree};
use super::{dynamic, given, wasi};
use crate::engines::WasmEngines;
use crate::host::HostFunctions;
use crate::shape::{ImportSource, MainImport};
use crate::state::State;

/// A component that the general door enters.
pub(crate) struct Compiled {
    pub(super) engine: WasmEngines,
    pub(super) plan: Arc<Plan>,
    pub(super) template: InstancePre<State>,
    /// By `FunctionId`.
    pub(super) exports: Vec<Export>,
    /// By `ResourceId`: which resources are JavaScript's.
    pub(super) given: Vec<bool>,
    /// What it imports.
    pub(crate) imports: Vec<MainImport>,
    /// Linear memory that an instance starts with.
    pub(crate) memory_bytes: u64,
}

/// An exported function.
pub(super) struct Export {
    pub(super) index: ComponentExportIndex,
    pub(super) tables: Vec<Option<TypeResourceTableIndex>>,
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
        let component = Component::from_binary(engine.wasm(), bytes).map_err(described)?;
        let imports = imports(engine.wasm(), &component, plan, wasi::is_given)?;
        let mut linker = Linker::new(engine.wasm());
        wasi::link(&mut linker).map_err(described)?;
        host.link_component(&mut linker, plan).map_err(described)?;
        given::link(&mut linker, plan).map_err(described)?;
        let exports = plan
            .functions
            .iter()
            .map(|function| {
                let (index, _, tables) = export(&component, plan, function)?;
                Ok(Export { index, tables: tables.resources })
            })
            .collect::<anyhow::Result<_>>()?;
        let template = linker.instantiate_pre(&component).map_err(described)?;
        let memory_bytes = memory_bytes(&component);
        let (engine, plan) = (engine.clone(), Arc::clone(plan));
        let given = plan.resources.iter().map(|resource| resource.given).collect();
        Ok(Self { engine, plan, template, exports, given, imports, memory_bytes })
    }
}

pub(crate) fn described(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}

/// Every function that a component imports.
///
/// # Errors
/// The first import that nothing gives.
pub(crate) fn imports(
    engine: &wasmtime::Engine,
    component: &Component,
    plan: &Plan,
    is_wasi: fn(&str) -> bool,
) -> anyhow::Result<Vec<MainImport>> {
    let mut imports = Vec::new();
    let given = |(module, field): (&str, &str)| {
        let is_it =
            |function: &Function| (function.interface.as_str(), function.name.as_str()) == (module, field);
        plan.imported.iter().position(is_it).map(ImportSource::Given)
    };
    for (name, item) in component.component_type().imports(engine) {
        let functions = match item.ty {
            ComponentItem::ComponentFunc(_) => vec![("", name.to_owned())],
            ComponentItem::ComponentInstance(instance) => functions(engine, name, &instance),
            ComponentItem::Type(_) => Vec::new(),
            _ => bail!("it imports `{name}`, which is no function and no interface"),
        };
        for (module, field) in functions {
            let wasi = || is_wasi(module).then_some(ImportSource::Wasi);
            let source = given((module, &field)).or_else(wasi);
            let source = source.with_context(|| format!("it imports `{name}`, which nothing gives"))?;
            imports.push(MainImport { module: module.to_owned(), field, source });
        }
    }
    Ok(imports)
}

/// The functions of an imported interface.
fn functions<'a>(
    engine: &wasmtime::Engine,
    name: &'a str,
    instance: &ComponentInstance,
) -> Vec<(&'a str, String)> {
    let members = instance.exports(engine);
    let functions = members.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
    functions.map(|(field, _)| (name, field.to_owned())).collect()
}

/// The imports that JavaScript gives, each with its signature as wasmtime has it.
///
/// # Errors
/// Where one is not what the plan says.
pub(crate) fn given(
    engine: &wasmtime::Engine,
    component: &Component,
    plan: &Plan,
) -> anyhow::Result<Vec<(ImportId, InterfaceType, Tables)>> {
    let ty = component.component_type();
    let mut given = Vec::new();
    let mut enter = |interface: &str, name: &str, function: &ComponentFunc| {
        let is_it = |imported: &Function| {
            !imported.by_host && (imported.interface.as_str(), imported.name.as_str()) == (interface, name)
        };
        let Some(id) = plan.imported.iter().position(is_it) else { return Ok(()) };
        let signature = dynamic::signature(&ty, function)
            .with_context(|| format!("`{name}` is not imported as a function"))?;
        let tables = agree(plan, &plan.imported[id], &signature)
            .map_err(|what| anyhow!("`{name}` is not what its WIT says: {what}"))?;
        given.push((id, signature.params, tables));
        anyhow::Ok(())
    };
    for (name, item) in ty.imports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(function) => enter("", name, &function)?,
            ComponentItem::ComponentInstance(instance) => {
                for (field, item) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(function) = item.ty {
                        enter(name, field, &function)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(given)
}

/// Finds an exported function; gives the tuple of its result, too.
///
/// # Errors
/// Where it is not what the plan says.
pub(crate) fn export(
    component: &Component,
    plan: &Plan,
    function: &Function,
) -> anyhow::Result<(ComponentExportIndex, InterfaceType, Tables)> {
    let missing = || format!("`{}` is not exported as a function", function.name);
    let interface = match function.interface.as_str() {
        "" => None,
        name => Some(component.get_export_index(None, name).with_context(missing)?),
    };
    let (item, index) =
        component.get_export(interface.as_ref(), function.name.as_str()).with_context(missing)?;
    let ComponentItem::ComponentFunc(ty) = item else { bail!(missing()) };
    let signature = dynamic::signature(&component.component_type(), &ty).with_context(missing)?;
    let tables = agree(plan, function, &signature)
        .map_err(|what| anyhow!("`{}` is not what its WIT says: {what}", function.name))?;
    Ok((index, signature.result, tables))
}

/// What its largest memory starts with: wasmtime tells no sum.
pub(crate) fn memory_bytes(component: &Component) -> u64 {
    let pages = component.resources_required().and_then(|required| required.max_initial_memory_size);
    pages.map_or(0, |pages| pages * (64 << 10))
}
