//! wasmtime's `Lift` and `Lower` for what asynchronous components import; see `general/dynamic.rs` for why.
//!
//! Arguments are lifted before it is said which import they are for, so that is found by their types: whatever import has
//! the same ones, its plan says the same of them.
#![expect(unsafe_code, reason = "implements traits of wasmtime's that describe memory layouts")]

use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, ImportId, Returns, Type};
use innerbox_bridge_component::{Answer, Arguments, Fault, Returned, Source, pack_params};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
use wasmtime::{Result, ValRaw};

use super::charge::Charge;
use super::dynamic::{abi, current, lowering, offset};
use super::ends::Received;
use super::live::Shared;
use crate::general::agree::{Tables, param_tables, result_tables};
use crate::general::dynamic::expect_flat;
use crate::general::passage::{Lifting, encoding};

/// The arguments of an import of so many core values, none where they are passed in memory.
pub(super) struct Passed<const COUNT: usize> {
    pub(super) arguments: Answer,
    /// The readable ends among them, which are to be joined yet.
    pub(super) received: Vec<Received>,
    pub(super) charge: Charge,
}

/// The answer to an import, with one core result or none.
pub(super) struct Answered<const COUNT: usize> {
    import: ImportId,
    arguments: Mutex<Option<Arguments>>,
}

impl<const COUNT: usize> Answered<COUNT> {
    pub(super) fn new(import: ImportId, arguments: Arguments) -> Self {
        Self { import, arguments: Mutex::new(Some(arguments)) }
    }

    /// Lowers the answer by `place`, where there is one.
    fn lower<T: 'static, R: Default>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        place: impl FnOnce(Arguments, &Type, &mut Lowered<'_, '_, T>, usize) -> Result<R, Box<Fault>>,
    ) -> Result<R> {
        let shared = current()?;
        let plan = &shared.compiled.plan;
        let function = &plan.imported[self.import];
        let (Returns::Value(result) | Returns::OrThrows(result)) = &function.result else {
            return Ok(R::default());
        };
        let arguments = self.arguments.lock().unwrap_or_else(PoisonError::into_inner).take();
        let arguments =
            arguments.ok_or_else(|| wasmtime::Error::msg("host fault: an import is answered twice"))?;
        let tables = result_tables(plan, function, cx.types, ty).map_err(differs)?;
        let mut resources = shared.resources();
        let mut lowering = lowering(cx, &mut resources, &tables, &shared.compiled.given);
        match place(arguments, result, &mut lowering, shared.limits.crossing_bytes) {
            Ok(lowered) => Ok(lowered),
            Err(fault) => Err(lowering.error.take().unwrap_or_else(|| shared.found(fault))),
        }
    }
}

type Lowered<'a, 'c, T> = crate::general::passage::Lowering<'a, 'c, T>;

fn differs(what: String) -> wasmtime::Error {
    wasmtime::Error::msg(format!("host fault: an import is not what it was: {what}"))
}

/// An import whose parameters have this type, and the tables of what they hold.
fn import_of(shared: &Shared, cx: &LiftContext<'_>, ty: InterfaceType) -> Result<(ImportId, Tables)> {
    let plan = &shared.compiled.plan;
    let like = |id: ImportId| Some((id, param_tables(plan, &plan.imported[id], cx.types, ty).ok()?));
    let known = shared.compiled.by_params.get(&ty).copied().and_then(like);
    let found = known.or_else(|| (0..plan.imported.len()).find_map(like));
    found.ok_or_else(|| wasmtime::Error::msg("host fault: no import has such parameters"))
}

fn lift<const COUNT: usize>(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    passed: Returned<'_>,
) -> Result<Passed<COUNT>> {
    let shared = current()?;
    let (import, tables) = import_of(&shared, cx, ty)?;
    let (memory, encoding) = (cx.memory(), encoding(cx.options()));
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
    let packed =
        pack_params(source, &shared.compiled.plan.imported[import], passed, shared.limits.crossing_bytes);
    let charged = packed.and_then(|arguments| {
        let charge = shared.charge(arguments.bytes())?;
        Ok((arguments, charge))
    });
    match charged {
        Ok((arguments, charge)) => Ok(Passed { arguments, received: lifting.received, charge }),
        Err(fault) => Err(shared.found(fault)),
    }
}

// SAFETY: `Lower` is a sequence of `ValRaw`, valid for all bits, and the compiler sees that the type is `Send` and `Sync`.
// The type check sees that there are as many as the import has core parameters, none where they are passed in memory.
unsafe impl<const COUNT: usize> ComponentType for Passed<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(0, COUNT as u8);

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        expect_flat(ty, types, FLAT_PARAMS_MAX, COUNT)
    }
}

// SAFETY: as above, with the one core result that there can be, none where it is written to memory.
unsafe impl<const COUNT: usize> ComponentType for Answered<COUNT> {
    type Lower = [ValRaw; COUNT];
    const ABI: CanonicalAbiInfo = abi(0, COUNT as u8);

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        expect_flat(ty, types, 1, COUNT)
    }
}

// SAFETY: it is used for nothing but whole lists of parameters.
unsafe impl<const COUNT: usize> ComponentNamedList for Passed<COUNT> {}

// SAFETY: it is used for nothing but whole lists of results.
unsafe impl<const COUNT: usize> ComponentNamedList for Answered<COUNT> {}

// SAFETY: it claims nothing of what it reads: `pack_params` checks it.
unsafe impl<const COUNT: usize> Lift for Passed<COUNT> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        values: &[ValRaw; COUNT],
    ) -> Result<Self> {
        let values = values.map(|value| value.get_u64());
        lift(cx, ty, Returned::Flat(&values))
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        // wasmtime has checked where all of them lie, and gives as many bytes as `ABI` says, which is none.
        let at = offset(cx, bytes);
        lift(cx, ty, Returned::At(at))
    }
}

// SAFETY: where it succeeds, `linear_lower_to_flat` has written every slot.
unsafe impl<const COUNT: usize> Lower for Answered<COUNT> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<[ValRaw; COUNT]>,
    ) -> Result<()> {
        let bits: u64 =
            self.lower(cx, ty, |arguments, ty, guest, allowed| arguments.single(ty, guest, allowed))?;
        slots.write([ValRaw::u64(bits); COUNT]);
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        at: usize,
    ) -> Result<()> {
        self.lower(cx, ty, |arguments, ty, guest, allowed| arguments.store(ty, guest, at as u32, allowed))
    }
}
