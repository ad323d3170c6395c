//! A component compiled for the general door: linked, and every export found and compared with its plan.

use anyhow::{Context, anyhow, bail};
use innerbox_bridge_component::plan::{Function, Plan};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime_environ::component::TypeResourceTableIndex;

use super::agree::agree;
use super::{dynamic, wasi};
use crate::engine::Engine;
use crate::extension::shape::{ImportSource, MainImport};
use crate::extension::state::State;

/// A component that the general door enters.
pub(in crate::extension) struct Compiled {
    pub(super) engine: Engine,
    pub(super) template: InstancePre<State>,
    /// By `FunctionId`.
    pub(super) exports: Vec<Export>,
    /// What it imports.
    pub(in crate::extension) imports: Vec<MainImport>,
    /// Linear memory that an instance starts with.
    pub(in crate::extension) memory_bytes: u64,
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
    pub(in crate::extension) fn new(engine: &Engine, plan: &Plan, bytes: &[u8]) -> anyhow::Result<Self> {
        let component = Component::from_binary(engine.wasm(), bytes).map_err(described)?;
        let imports = imports(engine, &component)?;
        let mut linker = Linker::new(engine.wasm());
        wasi::link(&mut linker).map_err(described)?;
        let exports = plan
            .functions
            .iter()
            .map(|function| export(&component, plan, function))
            .collect::<Result<_, _>>()?;
        let template = linker.instantiate_pre(&component).map_err(described)?;
        let memory_bytes = memory_bytes(&component);
        Ok(Self { engine: engine.clone(), template, exports, imports, memory_bytes })
    }
}

fn described(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}

/// Every function that a component imports.
///
/// # Errors
/// The first import that is not of WASI 0.2.
fn imports(engine: &Engine, component: &Component) -> anyhow::Result<Vec<MainImport>> {
    let mut imports = Vec::new();
    for (interface, item) in component.component_type().imports(engine.wasm()) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            bail!("it imports `{interface}`, which is of no interface");
        };
        if !wasi::is_given(interface) {
            bail!("it imports `{interface}`, which is not WASI 0.2");
        }
        for (field, item) in instance.exports(engine.wasm()) {
            if let ComponentItem::ComponentFunc(_) = item.ty {
                let (module, field) = (interface.to_owned(), field.to_owned());
                imports.push(MainImport { module, field, source: ImportSource::Wasi });
            }
        }
    }
    Ok(imports)
}

fn export(component: &Component, plan: &Plan, function: &Function) -> anyhow::Result<Export> {
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
    Ok(Export { index, tables })
}

/// What its largest memory starts with: wasmtime tells no sum.
fn memory_bytes(component: &Component) -> u64 {
    let pages = component.resources_required().and_then(|required| required.max_initial_memory_size);
    pages.map_or(0, |pages| pages * (64 << 10))
}
