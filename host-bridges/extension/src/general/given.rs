//! A component's imports that JavaScript gives, in the linker.

use std::sync::Arc;

use innerbox_bridge_component::plan::{
    CoreSignature, CoreType, FLAT_PARAMS_MAX, Function, ImportId, Plan, ResourceId, Returns,
};
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::{Linker, LinkerInstance, ResourceType};
use wasmtime::{Result, ValRaw};

use super::agree::result_tables;
use super::arriving::Arriving;
use super::dynamic::{Answer, Arguments, with_passage};
use crate::state::State;

/// Core values of an import: its parameters, and the place of its result.
pub(super) const VALUES_MAX: usize = FLAT_PARAMS_MAX + 1;

/// An import that JavaScript gives.
pub(super) struct Import {
    id: ImportId,
    plan: Arc<Plan>,
    signature: CoreSignature,
}

/// A call of an import whose arguments wasmtime has taken.
pub(super) struct Asked {
    pub(super) import: Arc<Import>,
    pub(super) values: [ValRaw; FLAT_PARAMS_MAX],
    /// Where the arguments lie, if they are not flat.
    pub(super) spilled: Option<u32>,
    pub(super) arriving: Arriving,
}

impl Import {
    fn function(&self) -> &Function {
        &self.plan.imported[self.id]
    }
}

impl Asked {
    /// Runs what answers it. The answer is written to `place`, or is the core value that this gives.
    pub(super) fn answer<T>(
        self,
        cx: &mut LowerContext<'_, T>,
        result: InterfaceType,
        place: Option<u32>,
    ) -> Result<u64> {
        let function = self.import.function();
        let mut flat = [0_u64; VALUES_MAX];
        match self.spilled {
            Some(at) => flat[0] = at.into(),
            None => {
                let values = self.values.iter().zip(&self.import.signature.params);
                for (bits, (value, ty)) in flat.iter_mut().zip(values) {
                    *bits = zero_extended(*value, *ty);
                }
            }
        }
        if let Some(place) = place {
            let after = if self.spilled.is_some() { 1 } else { function.flat_params };
            flat[after] = place.into();
        }
        let tables = result_tables(&self.import.plan, function, cx.types, result).map_err(|what| {
            wasmtime::Error::msg(format!("host fault: an import is not what it was: {what}"))
        })?;
        with_passage(|passage| {
            passage.import(cx, self.import.id, self.arriving, &tables.resources, &mut flat)
        })?;
        Ok(flat[0])
    }
}

fn zero_extended(value: ValRaw, ty: CoreType) -> u64 {
    match ty {
        CoreType::I32 => value.get_u32().into(),
        CoreType::F32 => value.get_f32().into(),
        CoreType::I64 => value.get_u64(),
        CoreType::F64 => value.get_f64(),
    }
}

/// Gives a linker all that JavaScript gives.
pub(super) fn link(linker: &mut Linker<State>, plan: &Arc<Plan>) -> Result<()> {
    let dropped = |resource, rep| with_passage(|passage| passage.dropped(resource, rep));
    link_given(linker, plan, dropped, |instance, id| {
        let signature = plan.imported[id].import_signature();
        define(instance, Arc::new(Import { id, plan: Arc::clone(plan), signature }))
    })
}

/// Gives a linker the classes that JavaScript gives, with what is told of a dropped object, and has each function defined.
pub(crate) fn link_given(
    linker: &mut Linker<State>,
    plan: &Plan,
    dropped: fn(ResourceId, u32) -> Result<()>,
    define: impl Fn(&mut LinkerInstance<'_, State>, ImportId) -> Result<()>,
) -> Result<()> {
    for interface in &plan.given {
        let root = linker.root();
        let mut instance = match interface.name.as_str() {
            "" => root,
            name => root.into_instance(name)?,
        };
        for resource in interface.resources.iter().copied() {
            let ty = ResourceType::host_dynamic(resource as u32);
            let name = &plan.resources[resource].name;
            instance.resource(name, ty, move |_, rep| dropped(resource, rep))?;
        }
        for (id, function) in plan.imported.iter().enumerate() {
            if !function.by_host && function.interface == interface.name {
                define(&mut instance, id)?;
            }
        }
    }
    Ok(())
}

/// The numbers of an import's core parameters and results, of those that do not lie in memory.
pub(crate) fn core_counts(function: &Function) -> (usize, usize) {
    let params = if function.flat_params <= FLAT_PARAMS_MAX { function.flat_params } else { 0 };
    let results = match &function.result {
        Returns::Value(ty) | Returns::OrThrows(ty) if ty.flat == 1 => 1,
        _ => 0,
    };
    (params, results)
}

/// Defines an import by the numbers of its core parameters and results, which wasmtime wants to know at compile time.
fn define(instance: &mut LinkerInstance<'_, State>, import: Arc<Import>) -> Result<()> {
    macro_rules! dispatch {
        ($($count:literal)*) => {
            match core_counts(import.function()) {
                $(($count, 0) => wrap::<$count, 0>(instance, import),
                ($count, 1) => wrap::<$count, 1>(instance, import),)*
                _ => Err(wasmtime::Error::msg("host fault: an import has more core values than there can be")),
            }
        };
    }
    dispatch!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

fn wrap<const PARAMS: usize, const RESULTS: usize>(
    instance: &mut LinkerInstance<'_, State>,
    import: Arc<Import>,
) -> Result<()> {
    let name = import.function().name.clone();
    instance.func_wrap(&name, move |_, arguments: Arguments<PARAMS>| {
        let mut values = [ValRaw::u64(0); FLAT_PARAMS_MAX];
        values[..PARAMS].copy_from_slice(&arguments.values);
        let Arguments { spilled, arriving, .. } = arguments;
        Ok(Answer::<RESULTS>::new(Asked { import: Arc::clone(&import), values, spilled, arriving }))
    })
}
