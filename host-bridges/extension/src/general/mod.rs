//! The general door: a component of any make, entered by wasmtime's component API.
//!
//! It takes what the direct door does not: components composed of several, those that import WASI 0.2 themselves, and
//! those with other strings than UTF-8 or with several memories. wasmtime does what the canonical ABI has beside values:
//! handle tables, borrows, adapters between the parts. The values are lowered and lifted by the same walkers.

pub(super) mod agree;
pub(super) mod arriving;
pub(super) mod compiled;
pub(super) mod dynamic;
pub(crate) mod given;
pub(super) mod http;
pub(super) mod names;
pub(super) mod passage;
pub(super) mod resources;
pub(super) mod sockets;
pub(super) mod wait;
mod wasi;

use std::rc::Rc;
use std::sync::Arc;

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, FunctionId, ResourceId, Role};
use innerbox_bridge_component::{Canceller, CoreValue, Crossing, Door, Fault, Maker};
use wasmtime::Store;
use wasmtime::component::Instance;

pub(super) use compiled::Compiled;
use dynamic::{CoreResult, Scalars};
use passage::Passage;
use resources::Resources;

use super::handles::HANDLES_MAX;
use super::state::State;
use super::store::{canceller, explain, fresh_generation, store};
use super::wasi::Lending;
use crate::interrupt::{CallAllowance, Interrupt};
use crate::limits::ExtensionLimits;

/// A component in one sandbox, through the general door.
pub(super) struct GeneralDoor {
    compiled: Arc<Compiled>,
    lending: Arc<Lending>,
    limits: ExtensionLimits,
    allowance: CallAllowance,
    interrupt: Arc<Interrupt>,
    live: Option<Live>,
    generation: u32,
}

/// An instance that has not trapped.
struct Live {
    store: Store<State>,
    instance: Instance,
    /// By `FunctionId`; looked up at the first call.
    functions: Vec<Option<Entries>>,
    /// What JavaScript holds of it.
    resources: Resources,
}

/// The ways into one export.
#[derive(Clone, Copy)]
struct Entries {
    dynamic: dynamic::Dynamic,
    /// None where its parameters lie in memory.
    scalar: Option<Scalar>,
}

/// The way into an export of scalars: most have few core values, and to lay out all that there could be takes longer.
#[derive(Clone, Copy)]
enum Scalar {
    Few(dynamic::Scalar<FEW>),
    Many(dynamic::Scalar<FLAT_PARAMS_MAX>),
}

const FEW: usize = 4;

impl GeneralDoor {
    pub(super) fn new(
        compiled: Arc<Compiled>,
        lending: Arc<Lending>,
        limits: ExtensionLimits,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        let allowance = CallAllowance::new(limits.call_wall);
        Self { compiled, lending, limits, allowance, interrupt, live: None, generation: 0 }
    }

    fn instantiate(&mut self) -> Result<(), Box<Fault>> {
        let mut store = store(self.compiled.engine.wasm(), &self.lending, self.limits, &self.interrupt);
        store.set_max_component_handles(HANDLES_MAX);
        let _mark = self.interrupt.enter_call(self.allowance);
        match self.compiled.template.instantiate(&mut store) {
            Ok(instance) => {
                self.generation = fresh_generation();
                let functions = vec![None; self.compiled.exports.len()];
                self.live = Some(Live { store, instance, functions, resources: Resources::default() });
                Ok(())
            }
            Err(error) => Err(explain(&mut store, &self.interrupt, self.limits, &error)),
        }
    }

    /// Enters the live instance; a fault kills it.
    fn enter<R>(
        &mut self,
        body: impl FnOnce(&mut Live, &Compiled) -> Result<R, Stop>,
    ) -> Result<R, Box<Fault>> {
        let Some(live) = self.live.as_mut() else {
            return Err(Fault::abi("the component's instance is dead"));
        };
        let mark = self.interrupt.enter_call(self.allowance);
        let fault = match body(live, &self.compiled) {
            Ok(value) => return Ok(value),
            Err(Stop::Fault(fault)) => fault,
            Err(Stop::Error(error)) => explain(&mut live.store, &self.interrupt, self.limits, &error),
        };
        drop(mark);
        self.live = None;
        Err(fault)
    }
}

/// Why a call came to no end.
enum Stop {
    /// The bridge found it.
    Fault(Box<Fault>),
    /// wasmtime said so.
    Error(wasmtime::Error),
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Error(error)
    }
}

impl From<Box<Fault>> for Stop {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

impl Live {
    fn entries(&mut self, compiled: &Compiled, function: FunctionId) -> wasmtime::Result<Entries> {
        if let Some(entries) = self.functions[function] {
            return Ok(entries);
        }
        let found = self.instance.get_func(&mut self.store, compiled.exports[function].index);
        let found = found.ok_or_else(|| wasmtime::Error::msg("an export has no function"))?;
        let few = found.typed(&self.store).map(Scalar::Few);
        let scalar = few.or_else(|_| found.typed(&self.store).map(Scalar::Many)).ok();
        let entries = Entries { dynamic: found.typed(&self.store)?, scalar };
        self.functions[function] = Some(entries);
        Ok(entries)
    }

    fn call(
        &mut self,
        compiled: &Compiled,
        function: FunctionId,
        crossing: &mut dyn Crossing,
    ) -> Result<(), Stop> {
        let entries = self.entries(compiled, function)?;
        let (resources, tables) = (&mut self.resources, &*compiled.exports[function].tables);
        let mut passage = Passage { crossing, resources, tables, given: &compiled.given, fault: None };
        let called = dynamic::call(entries.dynamic, &mut self.store, &mut passage);
        match passage.fault {
            Some(fault) => Err(Stop::Fault(fault)),
            None => Ok(called?),
        }
    }

    /// Drops a resource that JavaScript held. Its destructor may call imports.
    fn drop_resource(
        &mut self,
        compiled: &Compiled,
        rep: u32,
        crossing: &mut dyn Crossing,
    ) -> Result<(), Stop> {
        let Some(resource) = self.resources.remove(rep) else { return Ok(()) };
        let (resources, given) = (&mut self.resources, &*compiled.given);
        let mut passage = Passage { crossing, resources, tables: &[], given, fault: None };
        let dropped = dynamic::during(&mut passage, || resource.resource_drop(&mut self.store));
        match passage.fault {
            Some(fault) => Err(Stop::Fault(fault)),
            None => Ok(dropped?),
        }
    }

    fn call_scalar(
        &mut self,
        compiled: &Compiled,
        function: FunctionId,
        values: &mut [CoreValue],
    ) -> Result<(), Stop> {
        let entries = self.entries(compiled, function)?;
        let receiver = match compiled.plan.functions[function].role {
            Role::Method(resource) => {
                let receiver = self.resources.get(values[0].narrow());
                let receiver = receiver.zip(compiled.exports[function].tables[resource]);
                Some(receiver.ok_or_else(|| Fault::abi("host fault: no resource has this number"))?)
            }
            _ => None,
        };
        let scalar = entries.scalar.ok_or_else(|| Fault::abi("host fault: it is no function of scalars"))?;
        let CoreResult(result) = match scalar {
            Scalar::Few(few) => few.call(&mut self.store, Scalars { slots: slots(values), receiver })?,
            Scalar::Many(many) => many.call(&mut self.store, Scalars { slots: slots(values), receiver })?,
        };
        if let Some(first) = values.first_mut() {
            first.set(result);
        }
        Ok(())
    }
}

/// So many core values; those that `values` has not are zero.
fn slots<const COUNT: usize>(values: &[CoreValue]) -> [u64; COUNT] {
    std::array::from_fn(|index| values.get(index).map_or(0, CoreValue::wide))
}

impl Door for GeneralDoor {
    fn open(&mut self) -> Result<u32, Box<Fault>> {
        if self.live.is_none() {
            self.instantiate()?;
        }
        Ok(self.generation)
    }

    fn crossing_bytes(&self) -> usize {
        self.limits.crossing_bytes
    }

    fn generation(&self) -> u32 {
        if self.live.is_some() { self.generation } else { 0 }
    }

    fn call(&mut self, function: FunctionId, crossing: &mut dyn Crossing) -> Result<(), Box<Fault>> {
        self.enter(|live, compiled| live.call(compiled, function, crossing))
    }

    fn call_scalar(&mut self, function: FunctionId, values: &mut [CoreValue]) -> Result<(), Box<Fault>> {
        if self.live.is_none() {
            self.instantiate()?;
        }
        self.enter(|live, compiled| live.call_scalar(compiled, function, values))
    }

    fn destroy(&mut self, _: ResourceId, rep: u32, crossing: &mut dyn Crossing) -> Result<(), Box<Fault>> {
        self.enter(|live, compiled| live.drop_resource(compiled, rep, crossing))
    }

    fn canceller(&self) -> Canceller {
        canceller(&self.compiled.engine, &self.interrupt)
    }

    fn maker(&self) -> Maker {
        let (compiled, lending) = (Arc::clone(&self.compiled), Arc::clone(&self.lending));
        let (limits, interrupt) = (self.limits, Arc::clone(&self.interrupt));
        Rc::new(move || {
            let (compiled, lending) = (Arc::clone(&compiled), Arc::clone(&lending));
            Box::new(Self::new(compiled, lending, limits, interrupt.part()))
        })
    }

    fn condemn(&mut self) {
        self.live = None;
    }
}
