//! wasmtime's `Lower` and `Lift` for values whose types are known only at run time.
//!
//! wasmtime's typed calls ask a type, at compile time, for the core values that it lowers to. One list of parameters
//! here has sixteen, the most that there can be, and one result has one; what they hold is the bridge's to say, while
//! wasmtime makes the call. Neither trait takes an argument of ours, so the call being made lies in a thread-local cell.
#![expect(unsafe_code, reason = "implements traits of wasmtime's that describe memory layouts")]

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use innerbox_bridge_component::plan::FLAT_PARAMS_MAX;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, ComponentTypes, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::types::{Component, ComponentFunc};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower, ResourceAny, TypedFunc};
use wasmtime::{Result, Store, ValRaw};
use wasmtime_environ::component::TypeResourceTableIndex;

use super::arriving::{self, Arriving, Place};
use super::given::Asked;
use super::passage::Passage;
use crate::state::State;

/// An export, called with what [`call`] is given.
pub(super) type Dynamic = TypedFunc<Crossed, Lifted>;

/// An export of scalars, of so many core values at most.
pub(super) type Scalar<const COUNT: usize> = TypedFunc<Scalars<COUNT>, CoreResult>;

/// Calls an export; `passage` lowers its arguments and lifts its result.
pub(super) fn call(function: Dynamic, store: &mut Store<State>, passage: &mut Passage<'_>) -> Result<()> {
    during(passage, || function.call(store, Crossed).map(drop))
}

/// Does something during which the component may call its imports, and `passage` answers them.
pub(super) fn during<R>(passage: &mut Passage<'_>, body: impl FnOnce() -> R) -> R {
    let current = ptr::from_mut(passage).cast::<Passage<'static>>();
    let _restored = Restore(CURRENT.replace(current));
    body()
}

thread_local! {
    /// The passage of the innermost call that this thread is making; null where it makes none.
    static CURRENT: Cell<*mut Passage<'static>> = const { Cell::new(ptr::null_mut()) };
}

/// Puts back what [`CURRENT`] held.
struct Restore(*mut Passage<'static>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Does something with the passage of the innermost call, which nobody else finds meanwhile.
///
/// # Errors
/// As `body`, or where no call is being made: a component calls an import in its start.
pub(super) fn with_passage(body: impl FnOnce(&mut Passage<'_>) -> Result<()>) -> Result<()> {
    let current = CURRENT.replace(ptr::null_mut());
    let _restored = Restore(current);
    // SAFETY: `CURRENT` is null or what `during` put there, made from a `&mut Passage` that outlives its frame. `during`
    // does not touch that reference again, and takes the pointer out before it returns or unwinds, so the passage is
    // alive. It was taken out of `CURRENT` above, until `body` is done, so this reference is the only one in use. The
    // lifetime of what the passage borrows is `'static` in the cell's type alone: `body` must take any.
    match unsafe { current.as_mut() } {
        Some(passage) => body(passage),
        None => Err(wasmtime::Error::msg("it called an import where a component may not: in its start")),
    }
}

/// What wasmtime asks of the ABI of a list of parameters is its number of core values alone, and that by the size of
/// `Lower`; nothing here is ever stored in memory by wasmtime.
const fn abi(flat_count: u8) -> CanonicalAbiInfo {
    CanonicalAbiInfo { size32: 0, align32: 1, size64: 0, align64: 1, flat_count: Some(flat_count) }
}

/// The most core values there can be.
type Slots = [ValRaw; FLAT_PARAMS_MAX];

/// Makes a type a list of components' values, which lowers to an array of core values.
macro_rules! component_type {
    ($type:ty, $lower:ty, $count:expr, $part:ident) => {
        // SAFETY: `Lower` must be a sequence of `ValRaw`, valid for all bits, and the type must be `Send` and `Sync`: it
        // is an array of them, and the compiler sees to the latter. What a function's parameters and result really are
        // is not looked at here, so any function may be given this type: lowering fills every slot there can be, with
        // numbers, which are all that core parameters of the canonical ABI are; and the canonical ABI has one core
        // result at most.
        unsafe impl ComponentType for $type {
            type Lower = $lower;
            const ABI: CanonicalAbiInfo = abi($count);

            fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
                PROBE.with_borrow_mut(|probe| {
                    if let Some(probe) = probe {
                        probe.$part = Some((Arc::clone(types.types), *ty));
                    }
                });
                Ok(())
            }
        }

        // SAFETY: it is used for nothing but whole lists of parameters and results.
        unsafe impl ComponentNamedList for $type {}
    };
}

/// Arguments that the current [`Passage`] lowers.
pub(super) struct Crossed;

/// A result that the current [`Passage`] lifted.
pub(super) struct Lifted;

/// Arguments that are core values already, but for the resource that a method is called on.
pub(super) struct Scalars<const COUNT: usize> {
    pub(super) slots: [u64; COUNT],
    pub(super) receiver: Option<(ResourceAny, TypeResourceTableIndex)>,
}

/// A core result as it is.
pub(super) struct CoreResult(pub(super) u64);

component_type!(Crossed, Slots, FLAT_PARAMS_MAX as u8, params);
component_type!(Lifted, [ValRaw; 1], 1, result);
component_type!(CoreResult, [ValRaw; 1], 1, result);

// SAFETY: where it succeeds, `linear_lower_to_flat` has written every slot.
unsafe impl Lower for Crossed {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        _: InterfaceType,
        slots: &mut MaybeUninit<Slots>,
    ) -> Result<()> {
        with_passage(|passage| {
            slots.write(passage.lower(cx)?.map(ValRaw::u64));
            Ok(())
        })
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        Err(never_in_memory())
    }
}

// SAFETY: `Lower` is a sequence of `ValRaw`, valid for all bits, and the compiler sees that the type is `Send` and `Sync`.
// The type check sees that the function reads no more core parameters than lowering writes, all of which are numbers.
unsafe impl<const COUNT: usize> ComponentType for Scalars<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(COUNT as u8);

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        match flat_count(ty, types, FLAT_PARAMS_MAX)? {
            Some(count) if count <= COUNT => Ok(()),
            _ => Err(wasmtime::Error::msg("host fault: an export has more core values than it was to have")),
        }
    }
}

// SAFETY: it is used for nothing but whole lists of parameters.
unsafe impl<const COUNT: usize> ComponentNamedList for Scalars<COUNT> {}

// SAFETY: where it succeeds, `linear_lower_to_flat` has written every slot.
unsafe impl<const COUNT: usize> Lower for Scalars<COUNT> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        _: InterfaceType,
        slots: &mut MaybeUninit<[ValRaw; COUNT]>,
    ) -> Result<()> {
        let slots = slots.write(self.slots.map(ValRaw::u64));
        if let Some((resource, table)) = self.receiver {
            slots[0] = ValRaw::u32(lower_resource(cx, resource, InterfaceType::Borrow(table))?);
        }
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        Err(never_in_memory())
    }
}

// SAFETY: it claims nothing of what it reads: `Passage::lift` checks it.
unsafe impl Lift for Lifted {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        _: InterfaceType,
        result: &[ValRaw; 1],
    ) -> Result<Self> {
        with_passage(|passage| passage.lift(cx, result[0].get_u64()))?;
        Ok(Self)
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(never_in_memory())
    }
}

// SAFETY: any bits are a `u64`.
unsafe impl Lift for CoreResult {
    fn linear_lift_from_flat(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        result: &[ValRaw; 1],
    ) -> Result<Self> {
        Ok(Self(result[0].get_u64()))
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(never_in_memory())
    }
}

/// The arguments of an import, as core values: so many that there are, none where they lie in memory.
pub(super) struct Arguments<const COUNT: usize> {
    pub(super) values: [ValRaw; COUNT],
    /// Where they lie in memory.
    pub(super) spilled: Option<u32>,
    pub(super) arriving: Arriving,
}

/// What answers an import, with one core result or none. It is run when wasmtime lowers it.
pub(super) struct Answer<const COUNT: usize>(Mutex<Option<Asked>>);

impl<const COUNT: usize> Answer<COUNT> {
    pub(super) fn new(asked: Asked) -> Self {
        Self(Mutex::new(Some(asked)))
    }

    fn answer<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, place: Option<u32>) -> Result<u64> {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let asked = asked.ok_or_else(|| wasmtime::Error::msg("host fault: an import is answered twice"))?;
        asked.answer(cx, ty, place)
    }
}

/// Checks that an import has so many core values: wasmtime reads and writes its array of them as `Lower`.
pub(crate) fn expect_flat(
    ty: &InterfaceType,
    types: &InstanceType<'_>,
    most: usize,
    count: usize,
) -> Result<()> {
    match flat_count(ty, types, most)?.unwrap_or(0) == count {
        true => Ok(()),
        false => Err(wasmtime::Error::msg("an import is not what its WIT says")),
    }
}

/// How many core values a list of parameters or results has; `None` where it lies in memory, for it has more than `most`.
fn flat_count(ty: &InterfaceType, types: &InstanceType<'_>, most: usize) -> Result<Option<usize>> {
    match ty {
        InterfaceType::Tuple(tuple) => Ok(types.types[*tuple].abi.flat_count(most)),
        _ => Err(wasmtime::Error::msg("host fault: a function has no list of values")),
    }
}

// SAFETY: `Lower` is a sequence of `ValRaw`, valid for all bits, and the compiler sees that the type is `Send` and `Sync`.
// The type check sees that there are as many as the import has core parameters, none where they are passed in memory.
unsafe impl<const COUNT: usize> ComponentType for Arguments<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(COUNT as u8);

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        expect_flat(ty, types, FLAT_PARAMS_MAX, COUNT)
    }
}

// SAFETY: as above, with the one core result that there can be, none where it is written to memory.
unsafe impl<const COUNT: usize> ComponentType for Answer<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(COUNT as u8);

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        expect_flat(ty, types, 1, COUNT)
    }
}

// SAFETY: it is used for nothing but whole lists of parameters.
unsafe impl<const COUNT: usize> ComponentNamedList for Arguments<COUNT> {}

// SAFETY: it is used for nothing but whole lists of results.
unsafe impl<const COUNT: usize> ComponentNamedList for Answer<COUNT> {}

// SAFETY: it claims nothing of the values that it copies: `Asked::answer` checks them.
unsafe impl<const COUNT: usize> Lift for Arguments<COUNT> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        values: &[ValRaw; COUNT],
    ) -> Result<Self> {
        let arriving = arriving::find(cx, ty, Place::Flat(values))?;
        Ok(Self { values: *values, spilled: None, arriving })
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        // wasmtime has checked where all arguments lie, and gives of them as many bytes as `ABI` says, which is none.
        let at = bytes.as_ptr().addr() - cx.memory().as_ptr().addr();
        let arriving = arriving::find(cx, ty, Place::Memory(at))?;
        Ok(Self { values: [ValRaw::u64(0); COUNT], spilled: Some(at as u32), arriving })
    }
}

// SAFETY: where it succeeds, `linear_lower_to_flat` has written every slot.
unsafe impl<const COUNT: usize> Lower for Answer<COUNT> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<[ValRaw; COUNT]>,
    ) -> Result<()> {
        slots.write([ValRaw::u64(self.answer(cx, ty, None)?); COUNT]);
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        at: usize,
    ) -> Result<()> {
        self.answer(cx, ty, Some(at as u32)).map(drop)
    }
}

fn never_in_memory() -> wasmtime::Error {
    wasmtime::Error::msg(
        "host fault: a list of parameters or results is never lowered into memory by wasmtime",
    )
}

/// Hands a resource to the component: the index that it knows it by.
pub(super) fn lower_resource<T>(
    cx: &mut LowerContext<'_, T>,
    resource: ResourceAny,
    ty: InterfaceType,
) -> Result<u32> {
    let mut slot = MaybeUninit::new(ValRaw::u32(0));
    resource.linear_lower_to_flat(cx, ty, &mut slot)?;
    // SAFETY: it was made from a value.
    let slot = unsafe { slot.assume_init() };
    Ok(slot.get_u32())
}

/// The types of a function as wasmtime has them.
pub(crate) struct Signature {
    pub(crate) types: Arc<ComponentTypes>,
    /// A tuple of all parameters.
    pub(crate) params: InterfaceType,
    /// A tuple of the result, if there is one.
    pub(crate) result: InterfaceType,
}

/// What `typecheck` was last asked about.
#[derive(Default)]
struct Probe {
    params: Option<(Arc<ComponentTypes>, InterfaceType)>,
    result: Option<(Arc<ComponentTypes>, InterfaceType)>,
}

thread_local! {
    /// Set while [`signature`] asks.
    static PROBE: RefCell<Option<Probe>> = const { RefCell::new(None) };
}

/// The types of an exported function. wasmtime shows them to a type check alone, so this makes one.
pub(super) fn signature(component: &Component, function: &ComponentFunc) -> Option<Signature> {
    PROBE.set(Some(Probe::default()));
    let checked = function.typecheck::<Crossed, Lifted>(&component.instance_type());
    let probe = PROBE.take()?;
    let (Ok(()), Some((types, params)), Some((_, result))) = (checked, probe.params, probe.result) else {
        return None;
    };
    Some(Signature { types, params, result })
}
