//! What a component is made of, read from its own canonical sections, and whether the direct door can take it.
//!
//! `cargo component build`, and wit-component in general, makes a component of one main core module, the WASI preview-1
//! adapter, and two small modules that tie the knot between them. Of that, the direct door instantiates the main
//! module alone. `wasmtime_environ`'s translator resolves the component's data flow: which core function each export
//! lifts, with which memory, `realloc` and post-return, and what each import of the main module is.

mod imports;
mod indirect;
mod verify;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, ImportId, Plan, ResourceId};
use wasmtime_environ::component::{
    CanonicalOptions, CanonicalOptionsDataModel, Component, ComponentTranslation, ComponentTypes,
    ComponentTypesBuilder, CoreDef, CoreExport, Export, ExportItem, GlobalInitializer, InstantiateModule,
    StringEncoding, Translator,
};
use wasmtime_environ::wasmparser::{Validator, WasmFeatures};
use wasmtime_environ::{
    EntityIndex, EntityType, ModuleTranslation, PrimaryMap, ScopeVec, StaticModuleIndex, Tunables,
};

pub(super) use verify::verify;

/// How the direct door enters a component.
#[derive(Debug)]
pub(super) struct Shape {
    /// Where the main core module lies in the component's bytes.
    pub(super) module: Range<usize>,
    /// For each function of the plan, the core functions behind it.
    pub(super) functions: Vec<CoreFunction>,
    /// For each resource of the plan, the core function that destroys one.
    pub(super) destructors: Vec<Option<String>>,
    /// The export that allocates memory.
    pub(super) realloc: Option<String>,
    /// The exported memory.
    pub(super) memory: Option<String>,
    /// What the main module imports.
    pub(super) imports: Vec<MainImport>,
    /// The export that is called when the main module has been instantiated.
    pub(super) initialize: Option<String>,
}

/// The core functions behind an export of the component, by the names under which the main module exports them.
#[derive(Debug)]
pub(super) struct CoreFunction {
    pub(super) name: String,
    /// Core values of its parameters.
    pub(super) params: usize,
    pub(super) post_return: Option<String>,
}

/// An import of a component's main module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MainImport {
    /// The module name of the import.
    pub module: String,
    /// Its field name.
    pub field: String,
    /// What satisfies it.
    pub source: ImportSource,
}

/// What satisfies an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportSource {
    /// A function of WASI preview 1, under the grants of the sandbox.
    Wasi,
    /// Makes a handle of a resource that the component defines.
    ResourceNew(ResourceId),
    /// Gives the representation behind such a handle.
    ResourceRep(ResourceId),
    /// Drops a handle of a resource, whoever defines it.
    ResourceDrop(ResourceId),
    /// A function that JavaScript gives, or the host answers.
    Given(ImportId),
}

/// Why the direct door does not take a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(reason.into()))
}

const WASI: &str = "wasi_snapshot_preview1";

/// Main module, adapter, the two that tie them together, and one that starts the main module.
const MODULES_MAX: usize = 5;

/// Reads the shape of a component.
pub(super) fn read(component: &[u8], plan: &Plan) -> Result<Shape, Refusal> {
    let tunables = Tunables::default_u64();
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    let mut types = ComponentTypesBuilder::new(&validator);
    let scope = ScopeVec::new();
    let (translation, modules) = Translator::new(&tunables, &mut validator, &mut types, &scope)
        .translate(component)
        .map_err(|error| Refusal(format!("it is not valid: {error:#}")))?;
    let (types, _) = types.finish(&translation.component);
    let instances = instances(&translation.component)?;
    let reader = Reader { plan, translation: &translation, types: &types, modules: &modules, instances };
    reader.shape()
}

/// A core module instantiated inside the component.
struct CoreInstance<'a> {
    module: StaticModuleIndex,
    arguments: &'a [CoreDef],
}

fn instances(component: &Component) -> Result<Vec<CoreInstance<'_>>, Refusal> {
    let mut instances = Vec::new();
    for initializer in &component.initializers {
        match initializer {
            GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, arguments), _) => {
                instances.push(CoreInstance { module: *module, arguments });
            }
            GlobalInitializer::InstantiateModule(InstantiateModule::Import(..), _) => {
                return refuse("it imports a core module");
            }
            _ => {}
        }
    }
    match instances.len() {
        0 => refuse("it has no core module"),
        count if count > MODULES_MAX => refuse(format!("it is composed of {count} core modules")),
        _ => Ok(instances),
    }
}

struct Reader<'a> {
    plan: &'a Plan,
    translation: &'a ComponentTranslation,
    types: &'a ComponentTypes,
    modules: &'a PrimaryMap<StaticModuleIndex, ModuleTranslation<'a>>,
    instances: Vec<CoreInstance<'a>>,
}

/// What all functions use, by the names under which the main module exports it.
#[derive(Default)]
struct Uses {
    memory: Option<String>,
    realloc: Option<String>,
}

/// An export of the component that is a function.
struct Lifted<'a> {
    function: &'a CoreDef,
    options: &'a CanonicalOptions,
}

impl<'a> Reader<'a> {
    fn shape(&self) -> Result<Shape, Refusal> {
        let main = self.main()?;
        let lifted = self.all_lifted();
        let mut functions = Vec::with_capacity(self.plan.functions.len());
        let mut uses = Uses::default();
        for function in &self.plan.functions {
            let key = (function.interface.as_str(), function.name.as_str());
            let Some(export) = lifted.get(&key) else {
                return refuse(format!("`{}` is not exported as a function", function.name));
            };
            self.use_options(main, export.options, &mut uses)?;
            functions.push(CoreFunction {
                name: self.main_export(main, export.function)?,
                params: if function.flat_params <= FLAT_PARAMS_MAX { function.flat_params } else { 1 },
                post_return: self.post_return(main, export.options)?,
            });
        }
        let resources = self.resources()?;
        let imports = self.imports(main, &resources, &mut uses)?;
        let module = &self.modules[self.instances[main].module];
        let start = module.wasm_module_offset as usize;
        Ok(Shape {
            module: start..start + module.wasm.len(),
            functions,
            destructors: self.destructors(main, &resources)?,
            realloc: uses.realloc,
            memory: uses.memory,
            imports,
            initialize: self.initialize(main)?,
        })
    }

    /// What runs first: wit-component has a small module call it, whose start function is its import. Where C has
    /// constructors, it calls them.
    fn initialize(&self, main: usize) -> Result<Option<String>, Refusal> {
        let mut found = None;
        for (_, instance) in self.instances.iter().enumerate().filter(|(index, _)| *index != main) {
            let translation = &self.modules[instance.module];
            let Some(start) = translation.start_func else { continue };
            let functions = translation.module.imports().zip(instance.arguments);
            let mut functions = functions.filter(|((_, _, ty), _)| matches!(ty, EntityType::Function(_)));
            let Some((_, imported)) = functions.nth(start.as_u32() as usize) else { continue };
            if found.replace(self.main_export(main, imported)?).is_some() {
                return refuse("its main module is started twice");
            }
        }
        Ok(found)
    }

    /// The instance whose functions the component's exports lift.
    fn main(&self) -> Result<usize, Refusal> {
        let mut found = None;
        for lifted in self.all_lifted().values() {
            let CoreDef::Export(export) = lifted.function else {
                return refuse("an export is no core function");
            };
            let instance = export.instance.as_u32() as usize;
            match found {
                None => found = Some(instance),
                Some(other) if other != instance => return refuse("its exports lie in several core modules"),
                Some(_) => {}
            }
        }
        found.ok_or_else(|| Refusal("it exports no function".to_owned()))
    }

    /// All functions that the component exports, by interface and name.
    fn all_lifted(&self) -> HashMap<(&'a str, &'a str), Lifted<'a>> {
        let component = &self.translation.component;
        let mut all = HashMap::new();
        for (name, (index, _)) in component.exports.raw_iter() {
            match &component.export_items[*index] {
                Export::LiftedFunction { func, options, .. } => {
                    let options = &component.options[*options];
                    all.insert(("", name.as_str()), Lifted { function: func, options });
                }
                Export::Instance { exports, .. } => {
                    for (function, (index, _)) in exports.raw_iter() {
                        if let Export::LiftedFunction { func, options, .. } = &component.export_items[*index]
                        {
                            let options = &component.options[*options];
                            all.insert(
                                (name.as_str(), function.as_str()),
                                Lifted { function: func, options },
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Notes the memory and the allocator that a function uses, which must be the same for all.
    fn use_options(&self, main: usize, options: &CanonicalOptions, uses: &mut Uses) -> Result<(), Refusal> {
        if options.async_ {
            return refuse("it uses the asynchronous ABI");
        }
        if options.string_encoding != StringEncoding::Utf8 {
            return refuse("its strings are not UTF-8");
        }
        let CanonicalOptionsDataModel::LinearMemory(options) = options.data_model else {
            return refuse("its values are garbage-collected objects");
        };
        let its = options.memory.map(|index| self.memory_name(main, index)).transpose()?;
        one_of(&mut uses.memory, its, "memories")?;
        let its = options.realloc.map(|index| self.realloc_name(main, index)).transpose()?;
        one_of(&mut uses.realloc, its, "allocators")
    }

    /// The name under which the main module exports a core item.
    fn main_export(&self, main: usize, definition: &CoreDef) -> Result<String, Refusal> {
        match self.called(definition) {
            CoreDef::Export(export) if export.instance.as_u32() as usize == main => self.export_name(export),
            _ => refuse("a canonical option is not of its main module"),
        }
    }

    fn export_name<T: Copy>(&self, export: &CoreExport<T>) -> Result<String, Refusal>
    where
        EntityIndex: From<T>,
    {
        let index = match &export.item {
            ExportItem::Name(name) => return Ok(name.clone()),
            ExportItem::Index(index) => EntityIndex::from(*index),
        };
        let module = &self.modules[self.instances[export.instance.as_u32() as usize].module].module;
        let found = module.exports.iter().find(|(_, item)| **item == index);
        let (name, _) = found.ok_or_else(|| Refusal("a lifted function is not exported".to_owned()))?;
        Ok(module.strings[*name].to_owned())
    }

    fn memory_name(
        &self,
        main: usize,
        index: wasmtime_environ::component::RuntimeMemoryIndex,
    ) -> Result<String, Refusal> {
        for initializer in &self.translation.component.initializers {
            if let GlobalInitializer::ExtractMemory(memory) = initializer
                && memory.index == index
                && memory.export.instance.as_u32() as usize == main
            {
                return self.export_name(&memory.export);
            }
        }
        refuse("its memory is not of its main module")
    }

    fn realloc_name(
        &self,
        main: usize,
        index: wasmtime_environ::component::RuntimeReallocIndex,
    ) -> Result<String, Refusal> {
        for initializer in &self.translation.component.initializers {
            if let GlobalInitializer::ExtractRealloc(realloc) = initializer
                && realloc.index == index
            {
                return self.main_export(main, &realloc.def);
            }
        }
        refuse("its realloc is not of its main module")
    }

    fn post_return(&self, main: usize, options: &CanonicalOptions) -> Result<Option<String>, Refusal> {
        let Some(index) = options.post_return else { return Ok(None) };
        for initializer in &self.translation.component.initializers {
            if let GlobalInitializer::ExtractPostReturn(post_return) = initializer
                && post_return.index == index
            {
                return self.main_export(main, &post_return.def).map(Some);
            }
        }
        refuse("a post-return function is missing")
    }
}

/// Notes what a function uses, where all must use the same.
fn one_of(known: &mut Option<String>, its: Option<String>, what: &str) -> Result<(), Refusal> {
    match (&*known, its) {
        (Some(known), Some(its)) if *known != its => refuse(format!("its functions have several {what}")),
        (None, its) => {
            *known = its;
            Ok(())
        }
        _ => Ok(()),
    }
}
