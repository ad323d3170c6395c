//! The direct door: a component's main core module, instantiated by wasmtime's core API.
//!
//! The canonical ABI is the bridge's; here is what it stands on: a store with limits and a deadline, entered by raw
//! core values, and dead after its first trap.
#![expect(unsafe_code, reason = "calls core functions by raw values: a checked call costs 100 ns more")]

use std::rc::Rc;
use std::sync::Arc;

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, FunctionId, Plan, ResourceId};
use innerbox_bridge_component::{
    Canceller, CoreValue, Crossing, Door, Encoding, Fault, Flat, Guest, Handles, Maker, Source,
};
use wasmtime::{Func, InstancePre, Linker, Memory, Module, Store, ValRaw};

use super::exports::{CoreFunction, Exports, Taken};
use super::given::{self, ENCODING, Realloc};
use super::host::HostFunctions;
use super::shape::{self, MainImport, Shape};
use super::state::State;
use super::store::{canceller, explain, fresh_generation, store};
use super::wasi::Lending;
use super::{intrinsics, preview1};
use crate::engines::WasmEngines;
use crate::interrupt::{CallAllowance, Interrupt};
use crate::limits::ExtensionLimits;

/// A component that the direct door enters: its main module, compiled.
pub(super) struct Compiled {
    engine: WasmEngines,
    shape: Shape,
    module: Module,
    exports: Exports,
    template: InstancePre<State>,
    /// By `ResourceId`: whether JavaScript gives the resource.
    given: Vec<bool>,
}

impl Compiled {
    /// Compiles the main module of a component, or takes it from the engine's cache.
    ///
    /// # Errors
    /// Where wasmtime does not take it, or it is not what the component's sections say.
    pub(super) fn new(
        engine: &WasmEngines,
        plan: &Plan,
        bytes: &[u8],
        shape: Shape,
        host: &HostFunctions,
    ) -> anyhow::Result<Self> {
        let described = |error: wasmtime::Error| anyhow::anyhow!("{error:#}");
        let module = Module::new(engine.wasm(), &bytes[shape.module.clone()]).map_err(described)?;
        shape::verify(&shape, plan, &module)?;
        let mut linker = Linker::new(engine.wasm());
        preview1::link(&mut linker).map_err(described)?;
        intrinsics::link(&mut linker, &shape, plan, host).map_err(described)?;
        let template = linker.instantiate_pre(&module).map_err(described)?;
        let exports = Exports::new(&module, &shape, plan).map_err(described)?;
        let given = plan.resources.iter().map(|resource| resource.given).collect();
        Ok(Self { engine: engine.clone(), shape, module, exports, template, given })
    }

    pub(super) fn imports(&self) -> &[MainImport] {
        &self.shape.imports
    }

    /// Linear memory that an instance starts with, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.module.resources_required().max_initial_memory_size.map_or(0, |pages| pages * (64 << 10))
    }
}

/// A component in one sandbox, through the direct door.
pub(super) struct DirectDoor {
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
    memory: Option<Memory>,
    realloc: Option<Realloc>,
    exports: Taken,
    /// Where core values cross, kept so that a call clears no more of it than it uses.
    values: [CoreValue; FLAT_PARAMS_MAX],
}

impl DirectDoor {
    pub(super) fn new(
        compiled: Arc<Compiled>,
        lending: Arc<Lending>,
        limits: ExtensionLimits,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        let allowance = CallAllowance::new(limits.call_wall);
        Self { compiled, lending, limits, allowance, interrupt, live: None, generation: 0 }
    }

    #[cold]
    fn instantiate(&mut self) -> Result<(), Box<Fault>> {
        let mut store = store(self.compiled.engine.wasm(), &self.lending, self.limits, &self.interrupt);
        let _mark = self.interrupt.enter_call(self.allowance);
        match prepare(&self.compiled, &mut store) {
            Ok((memory, realloc, exports)) => {
                self.generation = fresh_generation();
                let values = [CoreValue::default(); FLAT_PARAMS_MAX];
                self.live = Some(Live { store, memory, realloc, exports, values });
                Ok(())
            }
            Err(error) => Err(explain(&mut store, &self.interrupt, self.limits, &error)),
        }
    }

    /// Does something inside the live instance; a fault kills it.
    fn inside<R>(
        &mut self,
        body: impl FnOnce(&mut Inside<'_>) -> Result<R, Box<Fault>>,
    ) -> Result<R, Box<Fault>> {
        let Some(live) = self.live.as_mut() else {
            return Err(Fault::abi("the component's instance is dead"));
        };
        let (exports, interrupt, limits) = (&self.compiled.exports, &*self.interrupt, self.limits);
        // Until the end: `explain` asks whether this call's time was over.
        let _mark = interrupt.enter_call(self.allowance);
        let result = body(&mut Inside { live, exports, interrupt, limits });
        if result.is_err() {
            self.live = None;
        }
        result
    }
}

/// A live instance during a call, with what watches it.
struct Inside<'a> {
    live: &'a mut Live,
    exports: &'a Exports,
    interrupt: &'a Interrupt,
    limits: ExtensionLimits,
}

impl Inside<'_> {
    /// Enters a core function.
    fn enter(&mut self, body: impl FnOnce(&mut Live) -> wasmtime::Result<()>) -> Result<(), Box<Fault>> {
        body(self.live).map_err(|error| explain(&mut self.live.store, self.interrupt, self.limits, &error))
    }

    fn call(&mut self, function: FunctionId, crossing: &mut dyn Crossing) -> Result<(), Box<Fault>> {
        let mut flat: Flat = [0; FLAT_PARAMS_MAX];
        crossing.lower(self, &mut flat)?;
        let core = self.live.core(self.exports, function)?;
        self.enter(|live| live.call(core, &mut flat, crossing))?;
        self.live.store.data().handles.end_call()?;
        crossing.lift(self.live.source(), &flat)?;
        let Some(post_return) = core.post_return else { return Ok(()) };
        self.enter(|live| {
            live.values[0].set(flat[0]);
            post_return_of(&mut live.store, post_return, &mut live.values)
        })
    }
}

impl Guest for Inside<'_> {
    fn memory(&mut self) -> &mut [u8] {
        match self.live.memory {
            Some(memory) => memory.data_mut(&mut self.live.store),
            None => &mut [],
        }
    }

    fn realloc(&mut self, align: u32, size: u32) -> Result<u32, Box<Fault>> {
        let mut pointer = 0;
        self.enter(|live| {
            let missing = || wasmtime::Error::msg("the component exports no realloc");
            let realloc = live.realloc.as_ref().ok_or_else(missing)?;
            live.store.data_mut().handles.is_shut = true;
            pointer = realloc.call(&mut live.store, (0, 0, align, size))?;
            live.store.data_mut().handles.is_shut = false;
            Ok(())
        })?;
        Ok(pointer)
    }

    fn handles(&mut self) -> &mut dyn Handles {
        &mut self.live.store.data_mut().handles
    }

    fn encoding(&self) -> Encoding {
        ENCODING
    }
}

impl Live {
    fn source(&mut self) -> Source<'_> {
        let store = &mut self.store;
        let (memory, state) = match self.memory {
            Some(memory) => {
                let (memory, state) = memory.data_and_store_mut(store);
                (&*memory, state)
            }
            None => (&[][..], store.data_mut()),
        };
        Source { memory, handles: &mut state.handles, encoding: ENCODING }
    }

    #[inline]
    fn core(&mut self, exports: &Exports, function: FunctionId) -> Result<CoreFunction, Box<Fault>> {
        if let Some(core) = self.exports.known(function) {
            return Ok(*core);
        }
        let taken = self.exports.take(exports, &mut self.store, function);
        taken.map_err(|error| Fault::abi(format!("{error:#}")))
    }

    /// Calls a core function with its parameters in `flat`, where its result is put.
    fn call(
        &mut self,
        core: CoreFunction,
        flat: &mut [u64],
        crossing: &mut dyn Crossing,
    ) -> wasmtime::Result<()> {
        for (value, bits) in self.values.iter_mut().zip(&flat[..core.params]) {
            value.set(*bits);
        }
        let values = &mut self.values;
        given::during(&mut self.store, crossing, |store| call_raw(store, core.function, values))?;
        let result = self.values[0];
        flat[0] = if core.is_wide { result.wide() } else { result.narrow().into() };
        Ok(())
    }
}

type Prepared = (Option<Memory>, Option<Realloc>, Taken);

fn prepare(compiled: &Compiled, store: &mut Store<State>) -> wasmtime::Result<Prepared> {
    let exports = &compiled.exports;
    let taken = Taken::new(exports, compiled.template.instantiate(&mut *store)?);
    store.data_mut().handles.destructors = taken.destructors(exports, store)?;
    let (memory, realloc) = (taken.memory(exports, store), taken.realloc(exports, store)?);
    store.data_mut().handles.given.clone_from(&compiled.given);
    store.data_mut().imports.memory = memory;
    store.data_mut().imports.realloc = realloc.clone();
    if let Some(initialize) = taken.initialize(exports, store)? {
        initialize.call(&mut *store, &[], &mut [])?;
    }
    Ok((memory, realloc, taken))
}

/// Lets the component free what the result lay in; the result is the first of the values.
fn post_return_of(
    store: &mut Store<State>,
    function: Func,
    values: &mut [CoreValue],
) -> wasmtime::Result<()> {
    store.data_mut().handles.is_shut = true;
    call_raw(store, function, values)?;
    store.data_mut().handles.is_shut = false;
    Ok(())
}

const _: () = assert!(size_of::<CoreValue>() == size_of::<ValRaw>());
const _: () = assert!(align_of::<CoreValue>() >= align_of::<ValRaw>());
const _: () = assert!(cfg!(target_endian = "little"), "`CoreValue` has the low half first");

/// Calls a core function with raw values. `values` holds its parameters, then its result; there is room for all of them, and
/// for one at least.
fn call_raw(store: &mut Store<State>, function: Func, values: &mut [CoreValue]) -> wasmtime::Result<()> {
    let values = std::ptr::slice_from_raw_parts_mut(values.as_mut_ptr().cast::<ValRaw>(), values.len());
    // SAFETY: `call_unchecked` asks that `function` belongs to `store`, that `values` has room for all parameters and
    // results, and that the parameters have the function's types. `prepare` took the function out of an instance of
    // this very store. `shape::verify` compared its core signature with the plan's, which has at most 16 parameters
    // (`FLAT_PARAMS_MAX`) and one result, all of them numbers; any bits are a value of a number type. `Live::values` has
    // room for 16, and `call_scalar` counts those that it is given. A `CoreValue` has the size of a `ValRaw` and its
    // alignment at least (asserted above), and any bits are one.
    unsafe { function.call_unchecked(store, values) }
}

impl Door for DirectDoor {
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
        self.inside(|inside| inside.call(function, crossing))
    }

    fn call_scalar(&mut self, function: FunctionId, values: &mut [CoreValue]) -> Result<(), Box<Fault>> {
        if self.live.is_none() {
            self.instantiate()?;
        }
        let Some(live) = self.live.as_mut() else { return Ok(()) };
        // Until the end: `explain` asks whether this call's time was over.
        let _mark = self.interrupt.enter_call(self.allowance);
        let core = live.core(&self.compiled.exports, function)?;
        if values.len() < core.params.max(1) {
            return Err(Fault::abi("host fault: there is no room for its core values"));
        }
        let mut called = call_raw(&mut live.store, core.function, values);
        if let (Ok(()), Some(post_return)) = (&called, core.post_return) {
            // It takes the result, which lies where parameters do.
            called = post_return_of(&mut live.store, post_return, values);
        }
        let Err(error) = called else { return Ok(()) };
        let fault = explain(&mut live.store, &self.interrupt, self.limits, &error);
        self.live = None;
        Err(fault)
    }

    fn destroy(
        &mut self,
        resource: ResourceId,
        rep: u32,
        crossing: &mut dyn Crossing,
    ) -> Result<(), Box<Fault>> {
        self.inside(|inside| {
            let destructor = inside.live.store.data().handles.destructors.get(resource).copied().flatten();
            let Some(destructor) = destructor else { return Ok(()) };
            inside.enter(|live| {
                live.values[0].set(rep.into());
                let values = &mut live.values;
                given::during(&mut live.store, crossing, |store| call_raw(store, destructor, values))
            })
        })
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
