//! What the main module imports, and the resources that this is about.

use std::collections::HashMap;

use innerbox_bridge_component::plan::{Function, ImportId, Resource, ResourceId};
use wasmtime_environ::component::{
    CoreDef, Export, GlobalInitializer, LoweredIndex, ResourceIndex, RuntimeImportIndex, Trampoline, TypeDef,
    TypeResourceTable, TypeResourceTableIndex,
};

use super::{ImportSource, MainImport, Reader, Refusal, Uses, WASI, refuse};

impl Reader<'_> {
    pub(super) fn imports(
        &self,
        main: usize,
        resources: &HashMap<ResourceIndex, ResourceId>,
        uses: &mut Uses,
    ) -> Result<Vec<MainImport>, Refusal> {
        let instance = &self.instances[main];
        let module = &self.modules[instance.module].module;
        let mut imports = Vec::new();
        for ((name, field, _), argument) in module.imports().zip(instance.arguments) {
            let source = match self.called(argument) {
                CoreDef::Export(export) if name == WASI && export.instance.as_u32() as usize != main => {
                    ImportSource::Wasi
                }
                CoreDef::Trampoline(index) => {
                    let trampoline = &self.translation.trampolines[*index];
                    if let Trampoline::LowerImport { options, .. } = trampoline {
                        self.use_options(main, &self.translation.component.options[*options], uses)?;
                    }
                    self.intrinsic(trampoline, name, resources)?
                }
                _ => return refuse(format!("it imports `{name}` `{field}`, which is no WASI function")),
            };
            imports.push(MainImport { module: name.to_owned(), field: field.to_owned(), source });
        }
        Ok(imports)
    }

    fn intrinsic(
        &self,
        trampoline: &Trampoline,
        interface: &str,
        resources: &HashMap<ResourceIndex, ResourceId>,
    ) -> Result<ImportSource, Refusal> {
        let id = |table: TypeResourceTableIndex| {
            let index = self.resource_index(table)?;
            let id = resources.get(&index).copied();
            id.ok_or_else(|| Refusal(format!("it uses a resource of `{interface}` that it does not export")))
        };
        match trampoline {
            Trampoline::ResourceNew { ty, .. } => Ok(ImportSource::ResourceNew(id(*ty)?)),
            Trampoline::ResourceRep { ty, .. } => Ok(ImportSource::ResourceRep(id(*ty)?)),
            Trampoline::ResourceDrop { ty, .. } => Ok(ImportSource::ResourceDrop(id(*ty)?)),
            Trampoline::LowerImport { index, .. } => self.given(*index, interface).map(ImportSource::Given),
            _ => refuse(format!("it imports `{interface}` itself")),
        }
    }

    /// The plan's import behind a lowered function.
    fn given(&self, lowered: LoweredIndex, interface: &str) -> Result<ImportId, Refusal> {
        let import =
            self.translation.component.initializers.iter().find_map(|initializer| match initializer {
                GlobalInitializer::LowerImport { index, import } if *index == lowered => Some(*import),
                _ => None,
            });
        let name = import.map(|import| self.import_name(import));
        let is_it = |function: &Function| name == Some((function.interface.as_str(), function.name.as_str()));
        let found = self.plan.imported.iter().position(is_it);
        found.ok_or_else(|| Refusal(format!("it imports `{interface}` itself")))
    }

    /// The plan's resources by the component's own index of them.
    pub(super) fn resources(&self) -> Result<HashMap<ResourceIndex, ResourceId>, Refusal> {
        let component = &self.translation.component;
        let mut resources = HashMap::new();
        for (id, resource) in self.plan.resources.iter().enumerate().filter(|(_, resource)| !resource.given) {
            let found = component.exports.raw_iter().find(|(name, _)| name.as_str() == resource.interface);
            let Some((_, (index, _))) = found else { return refuse("a resource is not exported") };
            let Export::Instance { exports, .. } = &component.export_items[*index] else { continue };
            let found = exports.raw_iter().find(|(name, _)| name.as_str() == resource.name);
            let Some((_, (index, _))) = found else { return refuse("a resource is not exported") };
            if let Export::Type(TypeDef::Resource(table)) = &component.export_items[*index] {
                resources.insert(self.resource_index(*table)?, id);
            }
        }
        for (index, import) in component.imported_resources.iter() {
            let (interface, name) = self.import_name(*import);
            let given = |resource: &Resource| {
                resource.given && resource.interface == interface && resource.name == name
            };
            if let Some(id) = self.plan.resources.iter().position(given) {
                resources.insert(index, id);
            }
        }
        Ok(resources)
    }

    /// The interface and the name of what a component imports; a function of the world itself has no interface.
    fn import_name(&self, import: RuntimeImportIndex) -> (&str, &str) {
        let component = &self.translation.component;
        let (index, path) = &component.imports[import];
        let (name, _) = &component.import_types[*index];
        match path.as_slice() {
            [] => ("", name),
            [member, ..] => (name, member),
        }
    }

    fn resource_index(&self, table: TypeResourceTableIndex) -> Result<ResourceIndex, Refusal> {
        match &self.types[table] {
            TypeResourceTable::Concrete { ty, .. } => Ok(*ty),
            TypeResourceTable::Abstract(_) => refuse("a resource has no concrete type"),
        }
    }

    pub(super) fn destructors(
        &self,
        main: usize,
        resources: &HashMap<ResourceIndex, ResourceId>,
    ) -> Result<Vec<Option<String>>, Refusal> {
        let component = &self.translation.component;
        let mut destructors = vec![None; self.plan.resources.len()];
        for initializer in &component.initializers {
            let GlobalInitializer::Resource(resource) = initializer else { continue };
            let index = component.resource_index(resource.index);
            let (Some(id), Some(destructor)) = (resources.get(&index), &resource.dtor) else { continue };
            destructors[*id] = Some(self.main_export(main, destructor)?);
        }
        Ok(destructors)
    }
}
