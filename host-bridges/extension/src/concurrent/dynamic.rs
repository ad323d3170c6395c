//! wasmtime's `Lower` and `Lift` for the calls of asynchronous components; see `general/dynamic.rs` for why.
//!
//! Here wasmtime lowers and lifts when it sees fit, inside of its event loop. So arguments bring along what lowers them, and
//! what lifts a result is found in a thread-local cell, which holds the component whose loop this thread runs.
#![expect(unsafe_code, reason = "implements traits of wasmtime's that describe memory layouts")]

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, FunctionId, Returns, Type};
use innerbox_bridge_component::{Answer, Arguments, CallId, Fault, Flat, Returned, Source, pack_value};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{Accessor, ComponentNamedList, ComponentType, Lift, Lower, TypedFunc};
use wasmtime::{Result, ValRaw};

use super::ends::Received;
use super::live::Shared;
use crate::general::agree::Tables;
use crate::general::arriving::Arriving;
use crate::general::passage::{Lifting, Lowering, encoding};
use crate::general::resources::Resources;
use crate::state::State;

/// Most core values that a result may be returned in.
pub(super) const FLAT_RESULTS_MAX: usize = 16;

thread_local! {
    /// The instance whose event loop this thread runs.
    static CURRENT: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

/// Does something as a turn of an instance's event loop.
pub(super) fn during<R>(shared: &Arc<Shared>, turn: impl FnOnce() -> R) -> R {
    let before = CURRENT.replace(Some(Arc::clone(shared)));
    let _restored = Restore(before);
    turn()
}

/// Puts back what [`CURRENT`] held.
struct Restore(Option<Arc<Shared>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The instance whose event loop this thread runs.
///
/// # Errors
/// A host fault where it runs none.
pub(super) fn current() -> Result<Arc<Shared>> {
    let current = CURRENT.with_borrow(Clone::clone);
    current.ok_or_else(|| wasmtime::Error::msg("host fault: a value is lifted outside of its event loop"))
}

pub(super) const fn abi(size32: u32, flat_count: u8) -> CanonicalAbiInfo {
    CanonicalAbiInfo { size32, align32: 1, size64: size32, align64: 1, flat_count: Some(flat_count) }
}

/// The arguments of a call.
pub(super) struct Crossed {
    pub(super) shared: Arc<Shared>,
    pub(super) function: FunctionId,
    pub(super) arguments: Mutex<Option<Arguments>>,
}

impl Crossed {
    fn lower<T>(&self, cx: &mut LowerContext<'_, T>) -> Result<Flat> {
        let Shared { compiled, limits, .. } = &*self.shared;
        let arguments = self.arguments.lock().unwrap_or_else(PoisonError::into_inner).take();
        let arguments =
            arguments.ok_or_else(|| wasmtime::Error::msg("host fault: arguments are lowered twice"))?;
        let mut flat: Flat = [0; FLAT_PARAMS_MAX];
        let tables = &compiled.exports[self.function].tables;
        let mut resources = self.shared.resources();
        let mut lowering = lowering(cx, &mut resources, tables, &compiled.given);
        let function = &compiled.plan.functions[self.function];
        match arguments.lower(function, &mut lowering, &mut flat, limits.crossing_bytes) {
            Ok(()) => Ok(flat),
            Err(fault) => Err(lowering.error.take().unwrap_or_else(|| self.shared.found(fault))),
        }
    }
}

pub(super) fn lowering<'a, 'c, T: 'static>(
    cx: &'a mut LowerContext<'c, T>,
    resources: &'a mut Resources,
    tables: &'a Tables,
    given: &'a [bool],
) -> Lowering<'a, 'c, T> {
    Lowering {
        cx,
        resources,
        tables: &tables.resources,
        transmits: &tables.transmits,
        given,
        arriving: Arriving::default(),
        error: None,
    }
}

/// A result of so many core values, lifted.
pub(super) struct Lifted<const COUNT: usize>(pub(super) Came);

/// What a component gave, and the readable ends in it, which are to be joined yet.
pub(super) struct Came {
    pub(super) answer: Answer,
    pub(super) received: Vec<Received>,
}

fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, returned: Returned<'_>) -> Result<Came> {
    let shared = current()?;
    let compiled = &shared.compiled;
    let function = compiled.by_result.get(&ty).copied();
    let function =
        function.ok_or_else(|| wasmtime::Error::msg("host fault: no function has such a result"))?;
    let ty = match &compiled.plan.functions[function].result {
        Returns::Nothing => None,
        Returns::Value(ty) | Returns::OrThrows(ty) => Some(ty),
    };
    let returned = match (returned, ty) {
        // What does not fit core values is where the only one points.
        (Returned::Flat([at]), Some(ty)) if ty.flat > FLAT_RESULTS_MAX => Returned::At(*at as u32),
        (returned, _) => returned,
    };
    lift_value(cx, &shared, function, ty, returned)
}

fn lift_value(
    cx: &mut LiftContext<'_>,
    shared: &Shared,
    function: FunctionId,
    ty: Option<&Type>,
    returned: Returned<'_>,
) -> Result<Came> {
    let (memory, encoding) = (cx.memory(), encoding(cx.options()));
    let tables = &shared.compiled.exports[function].tables;
    let mut resources = shared.resources();
    let mut lifting = Lifting {
        cx,
        resources: &mut resources,
        tables: &tables.resources,
        transmits: &tables.transmits,
        given: &shared.compiled.given,
        received: Vec::new(),
    };
    let source = Source { memory, handles: &mut lifting, encoding };
    match pack_value(source, ty, returned, shared.limits.crossing_bytes) {
        Ok(answer) => Ok(Came { answer, received: lifting.received }),
        Err(fault) => Err(shared.found(fault)),
    }
}

/// Where bytes of a component's memory lie.
pub(super) fn offset(cx: &LiftContext<'_>, bytes: &[u8]) -> u32 {
    (bytes.as_ptr().addr() - cx.memory().as_ptr().addr()) as u32
}

// SAFETY: `Lower` is a sequence of `ValRaw`, valid for all bits, and the compiler sees that the type is `Send` and `Sync`.
// Any function may be given this type: lowering fills every slot that there can be with numbers.
unsafe impl ComponentType for Crossed {
    type Lower = [ValRaw; FLAT_PARAMS_MAX];
    const ABI: CanonicalAbiInfo = abi(0, FLAT_PARAMS_MAX as u8);

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: as above, with as many values as a result has; `task.rs` asks for that many by the plan, which agrees with
// wasmtime's types. wasmtime itself checks that there are no fewer.
unsafe impl<const COUNT: usize> ComponentType for Lifted<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(0, COUNT as u8);

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: it is used for nothing but whole lists of parameters.
unsafe impl ComponentNamedList for Crossed {}

// SAFETY: it is used for nothing but whole lists of results.
unsafe impl<const COUNT: usize> ComponentNamedList for Lifted<COUNT> {}

// SAFETY: where it succeeds, `linear_lower_to_flat` has written every slot.
unsafe impl Lower for Crossed {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        _: InterfaceType,
        slots: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        slots.write(self.lower(cx)?.map(ValRaw::u64));
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        Err(wasmtime::Error::msg("host fault: parameters are never lowered into memory by wasmtime"))
    }
}

// SAFETY: it claims nothing of what it reads: `pack_value` checks it.
unsafe impl<const COUNT: usize> Lift for Lifted<COUNT> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        values: &[ValRaw; COUNT],
    ) -> Result<Self> {
        let values = values.map(|value| value.get_u64());
        lift(cx, ty, Returned::Flat(&values)).map(Self)
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let at = offset(cx, bytes);
        lift(cx, ty, Returned::At(at)).map(Self)
    }
}

/// Hands the readable end of a stream or a future to a component: the handle that it knows it by.
pub(super) fn lower_end<T>(
    cx: &mut LowerContext<'_, T>,
    ty: InterfaceType,
    end: &impl Lower<Lower = ValRaw>,
) -> Result<u32> {
    let mut slot = MaybeUninit::new(ValRaw::u32(0));
    end.linear_lower_to_flat(cx, ty, &mut slot)?;
    // SAFETY: it was made from a value.
    let slot = unsafe { slot.assume_init() };
    Ok(slot.get_u32())
}

/// The value of a future.
pub(super) struct Payload(Mutex<Option<Value>>);

enum Value {
    /// On its way to a component.
    Going(Arc<Shared>, Arc<Type>, Arguments),
    /// Out of one.
    Came(Answer),
}

impl Payload {
    pub(super) fn going(shared: &Arc<Shared>, ty: &Arc<Type>, arguments: Arguments) -> Self {
        Self(Mutex::new(Some(Value::Going(Arc::clone(shared), Arc::clone(ty), arguments))))
    }

    fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What came out of a component.
    ///
    /// # Errors
    /// A fault where it never went in: a script's own promise came back to it.
    pub(super) fn came(&self) -> Result<Answer, Box<Fault>> {
        match self.take() {
            Some(Value::Came(answer)) => Ok(answer),
            _ => Err(Fault::abi("a future that was passed to it cannot be given back")),
        }
    }
}

// SAFETY: `Lower` is a sequence of `ValRaw`, and the type is `Send` and `Sync`. It is only ever read from and written to
// memory, where it claims to have one byte: where that is, all of it begins, and what is more is checked by ourselves.
unsafe impl ComponentType for Payload {
    type Lower = [ValRaw; 1];
    const ABI: CanonicalAbiInfo = abi(1, 1);

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: it is never lowered to core values.
unsafe impl Lower for Payload {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        Err(wasmtime::Error::msg("host fault: a future's value is not made of core values"))
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        _: InterfaceType,
        at: usize,
    ) -> Result<()> {
        let Some(Value::Going(shared, ty, arguments)) = self.take() else {
            return Err(wasmtime::Error::msg("host fault: a future's value is lowered twice"));
        };
        let (size, align) = (ty.layout.size as usize, ty.layout.align as usize);
        if !at.is_multiple_of(align) || cx.as_slice_mut().len() < at + size {
            return Err(shared.found(Fault::abi(format!("{at:#x} is no place for a future's value"))));
        }
        let (tables, mut resources) = (Tables::default(), shared.resources());
        let mut lowering = lowering(cx, &mut resources, &tables, &[]);
        match arguments.store(&ty, &mut lowering, at as u32, shared.limits.crossing_bytes) {
            Ok(()) => Ok(()),
            Err(fault) => Err(lowering.error.take().unwrap_or_else(|| shared.found(fault))),
        }
    }
}

// SAFETY: it claims nothing of what it reads: `pack_value` checks it.
unsafe impl Lift for Payload {
    fn linear_lift_from_flat(_: &mut LiftContext<'_>, _: InterfaceType, _: &[ValRaw; 1]) -> Result<Self> {
        Err(wasmtime::Error::msg("host fault: a future's value is not made of core values"))
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let shared = current()?;
        let payload = shared.compiled.futures.get(&ty);
        let payload =
            payload.ok_or_else(|| wasmtime::Error::msg("host fault: no future has such a value"))?;
        let at = offset(cx, bytes);
        // Nothing in it belongs to an instance, so the tables of any function do.
        let came = lift_value(cx, &shared, 0, Some(payload), Returned::At(at))?;
        Ok(Self(Mutex::new(Some(Value::Came(came.answer)))))
    }
}

/// A call on its way.
pub(super) type Calling<'a> = Pin<Box<dyn Future<Output = Result<Came>> + Send + 'a>>;

/// A way into an export.
pub(super) trait Enter: Send + Sync {
    /// Makes a call, of this number.
    fn enter<'a>(&self, accessor: &'a Accessor<State>, call: CallId, crossed: Crossed) -> Calling<'a>;
}

impl<const COUNT: usize> Enter for TypedFunc<Crossed, Lifted<COUNT>> {
    fn enter<'a>(&self, accessor: &'a Accessor<State>, call: CallId, crossed: Crossed) -> Calling<'a> {
        let function = *self;
        Box::pin(async move {
            let shared = Arc::clone(&crossed.shared);
            let started = accessor.with(|access| function.start_call_concurrent(access, crossed))?;
            let task = started.task();
            shared.begin(task, call);
            let Lifted(came) = function.finish_call_concurrent(accessor, started).await?;
            shared.end(task, call);
            Ok(came)
        })
    }
}

/// The way into an export with so many core values in its result.
pub(super) fn entry(
    function: wasmtime::component::Func,
    store: &wasmtime::Store<State>,
    results: usize,
) -> Result<Arc<dyn Enter>> {
    macro_rules! dispatch {
        ($($count:literal)*) => {
            match results {
                $($count => Ok(Arc::new(function.typed::<Crossed, Lifted<$count>>(store)?)),)*
                _ => Err(wasmtime::Error::msg("host fault: a result has more core values than there can be")),
            }
        };
    }
    dispatch!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}
