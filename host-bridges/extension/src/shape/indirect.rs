//! Functions of a component that only call another one through a table.
//!
//! An import that needs the main module's memory cannot be made before that module is there, and the module cannot be made
//! before its imports are. wit-component unties this by two small modules: the functions of the first one call slots of a
//! table, and the second one, made last, fills the slots. What they do is read from their code; their names say nothing.

use wasmtime_environ::component::{CoreDef, CoreExport, ExportItem, RuntimeInstanceIndex};
use wasmtime_environ::wasmparser::{BinaryReaderError, FunctionBody, Operator};
use wasmtime_environ::{
    EntityIndex, FuncIndex, GlobalConstValue, Initializer, Module, ModuleTranslation, TableIndex,
    TableSegment, TableSegmentElements,
};

use super::Reader;

/// A slot of a table of an instance.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    instance: RuntimeInstanceIndex,
    table: TableIndex,
    at: u32,
}

impl<'a> Reader<'a> {
    /// The function that is called in the end; the same one where it calls no other.
    pub(super) fn called<'d>(&'d self, definition: &'d CoreDef) -> &'d CoreDef {
        let CoreDef::Export(export) = definition else { return definition };
        self.slot(export).and_then(|slot| self.filling(slot)).unwrap_or(definition)
    }

    fn module_of(&self, instance: RuntimeInstanceIndex) -> Option<&'a ModuleTranslation<'a>> {
        self.instances.get(instance.as_u32() as usize).map(|instance| &self.modules[instance.module])
    }

    /// The slot that a function calls with its own parameters, where that is all it does.
    fn slot(&self, export: &CoreExport<EntityIndex>) -> Option<Slot> {
        let translation = self.module_of(export.instance)?;
        let EntityIndex::Function(function) = item(&translation.module, &export.item)? else { return None };
        let defined = translation.module.defined_func_index(function)?;
        let body = &translation.function_body_inputs.get(defined)?.body;
        let (table, at) = passed_on(body).ok().flatten()?;
        Some(Slot { instance: export.instance, table, at })
    }

    /// What fills a slot: an import of the one instance that has the table too, and that has no code of its own.
    fn filling(&self, slot: Slot) -> Option<&CoreDef> {
        let mut users = self.instances.iter().filter_map(|user| {
            let module = &self.modules[user.module];
            let position = user.arguments.iter().position(|argument| self.is_table(argument, slot))?;
            Some((module, user.arguments, position))
        });
        let (translation, arguments, position) = users.next()?;
        if users.next().is_some() || !translation.function_body_inputs.is_empty() {
            return None;
        }
        let module = &translation.module;
        let Initializer::Import { index: EntityIndex::Table(table), .. } =
            module.initializers.get(position)?
        else {
            return None;
        };
        let segments = &translation.table_initialization.segments;
        let function = segments.iter().find_map(|segment| element(segment, *table, slot.at))?;
        let is_it = |import: &Initializer| matches!(import, Initializer::Import { index: EntityIndex::Function(index), .. } if *index == function);
        arguments.get(module.initializers.iter().position(is_it)?)
    }

    fn is_table(&self, argument: &CoreDef, slot: Slot) -> bool {
        let CoreDef::Export(export) = argument else { return false };
        let table = self.module_of(slot.instance).and_then(|it| item(&it.module, &export.item));
        export.instance == slot.instance && table == Some(EntityIndex::Table(slot.table))
    }
}

/// The item of a module behind an export.
fn item(module: &Module, item: &ExportItem<EntityIndex>) -> Option<EntityIndex> {
    match item {
        ExportItem::Index(index) => Some(*index),
        ExportItem::Name(name) => {
            let mut exports = module.exports.iter();
            exports.find(|(atom, _)| module.strings[**atom] == **name).map(|(_, index)| *index)
        }
    }
}

/// The table and the slot of a body that passes its parameters on to them, in their order.
fn passed_on(body: &FunctionBody<'_>) -> Result<Option<(TableIndex, u32)>, BinaryReaderError> {
    if body.get_locals_reader()?.get_count() > 0 {
        return Ok(None);
    }
    let mut operators = body.get_operators_reader()?;
    let mut operator = operators.read()?;
    let mut params = 0;
    while let Operator::LocalGet { local_index } = operator {
        if local_index != params {
            return Ok(None);
        }
        params += 1;
        operator = operators.read()?;
    }
    let Operator::I32Const { value } = operator else { return Ok(None) };
    let Operator::CallIndirect { table_index, .. } = operators.read()? else { return Ok(None) };
    let is_all = matches!(operators.read()?, Operator::End) && operators.eof();
    Ok(is_all.then_some((TableIndex::from_u32(table_index), value.cast_unsigned())))
}

/// The function that a segment puts into a slot of a table.
fn element(segment: &TableSegment, table: TableIndex, at: u32) -> Option<FuncIndex> {
    let TableSegmentElements::Functions(functions) = &segment.elements else { return None };
    let GlobalConstValue::I32(start) = segment.offset.const_eval()? else { return None };
    let index = at.checked_sub(start.cast_unsigned())? as usize;
    functions.get(index).copied().filter(|_| segment.table_index == table)
}
