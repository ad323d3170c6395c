//! The main module's imports that JavaScript gives: how a core call finds the values' way out of the component.
#![expect(
    unsafe_code,
    reason = "core values arrive raw, and the crossing is borrowed by a frame further up the stack"
)]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use innerbox_bridge_component::plan::{CoreSignature, CoreType, FLAT_PARAMS_MAX, ImportId, ResourceId};
use innerbox_bridge_component::{Crossing, Encoding, Fault, Guest, Handles, Importer, Source};
use wasmtime::{Caller, FuncType, Linker, Memory, Store, TypedFunc, ValRaw, ValType};

use super::handles::HandleTable;

/// How strings lie in the memories of components that the direct door enters: those with others do not take it.
pub(super) const ENCODING: Encoding = Encoding::Utf8;

/// What the store of such a component holds for its imports.
pub(super) trait Importing: 'static {
    fn imports(&mut self) -> &mut Imports;
    fn handles(&mut self) -> &mut HandleTable;
}

/// `cabi_realloc`.
pub(super) type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// What a call of an import needs, kept in the store.
#[derive(Default)]
pub(super) struct Imports {
    pub(super) memory: Option<Memory>,
    pub(super) realloc: Option<Realloc>,
    /// The crossing of the call that is being made, while it may be asked.
    crossing: Option<Borrowed>,
    /// Why an import did not return.
    fault: Option<Box<Fault>>,
}

/// A crossing that a frame further up the stack has borrowed for us.
#[derive(Clone, Copy)]
struct Borrowed(NonNull<dyn Crossing>);

// SAFETY: a store is sent to another thread between calls only, and between calls there is no crossing in it.
unsafe impl Send for Borrowed {}

/// Runs a core call during which imports reach `crossing`. Outside of it (in realloc, post-return, the start) they reach
/// nothing, and fail: by the canonical ABI a component may not leave there.
pub(super) fn during<T: Importing, R>(
    store: &mut Store<T>,
    crossing: &mut dyn Crossing,
    call: impl FnOnce(&mut Store<T>) -> R,
) -> R {
    let pointer: NonNull<dyn Crossing + '_> = NonNull::from(crossing);
    // SAFETY: only the lifetime changes. `crossing` is borrowed for the whole of this function and used by nobody meanwhile but
    // through this pointer, which is taken out again before the function returns; where `call` panics, the store is dropped
    // with its instance and never called again.
    let pointer =
        unsafe { std::mem::transmute::<NonNull<dyn Crossing + '_>, NonNull<dyn Crossing>>(pointer) };
    store.data_mut().imports().crossing = Some(Borrowed(pointer));
    let result = call(store);
    store.data_mut().imports().crossing = None;
    result
}

impl Imports {
    /// Why the import did not return that made the last call fail, if one did.
    pub(super) fn take_fault(&mut self) -> Option<Box<Fault>> {
        self.fault.take()
    }
}

/// Defines an import that JavaScript gives.
pub(super) fn define<T: Importing>(
    linker: &mut Linker<T>,
    (module, field): (&str, &str),
    id: ImportId,
    signature: &CoreSignature,
) -> wasmtime::Result<()> {
    let types = |types: &[CoreType]| types.iter().map(|ty| value_type(*ty)).collect::<Vec<_>>();
    let ty = FuncType::new(linker.engine(), types(&signature.params), types(&signature.results));
    let (params, returns) = (signature.params.clone(), !signature.results.is_empty());
    let call = move |caller: Caller<'_, T>, values: &mut [MaybeUninit<ValRaw>]| {
        let mut flat = [0_u64; FLAT_PARAMS_MAX + 1];
        for ((bits, value), ty) in flat.iter_mut().zip(values.iter()).zip(&params) {
            // SAFETY: wasmtime has written the parameters, of which there are as many as `params` has.
            *bits = zero_extended(unsafe { value.assume_init() }, *ty);
        }
        enter(caller, |crossing, guest| crossing.import(id, guest, &mut flat))?;
        if returns {
            values[0].write(ValRaw::u64(flat[0]));
        }
        Ok(())
    };
    // SAFETY: `new_unchecked` asks that the function reads no more parameters and writes no other results than its type
    // has: it reads `params`, and writes the one result where there is one. Any bits are a value of a number type.
    unsafe { linker.func_new_unchecked(module, field, ty, call) }?;
    Ok(())
}

/// Tells the script that the component has dropped its own handle of a resource that JavaScript gave.
pub(super) fn dropped(
    caller: Caller<'_, impl Importing>,
    resource: ResourceId,
    rep: u32,
) -> wasmtime::Result<()> {
    enter(caller, |crossing, _| crossing.dropped(resource, rep))
}

fn enter<T: Importing>(
    mut caller: Caller<'_, T>,
    call: impl FnOnce(&mut dyn Crossing, &mut dyn Importer) -> Result<(), Box<Fault>>,
) -> wasmtime::Result<()> {
    // Taken out: while the script runs, nothing may come this way a second time.
    let Some(mut crossing) = caller.data_mut().imports().crossing.take() else {
        let why = "it called an import where a component may not: in its start, in realloc or in post-return";
        return Err(wasmtime::Error::msg(why));
    };
    let borrowed = crossing;
    // SAFETY: `during` is a frame further up this stack, so what it borrowed is alive, and it was taken out of the store
    // above, so this is the only reference.
    let reference = unsafe { crossing.0.as_mut() };
    let mut outside = Outside { caller: &mut caller, error: None };
    let result = call(reference, &mut outside);
    let error = outside.error;
    let imports = caller.data_mut().imports();
    imports.crossing = Some(borrowed);
    match (result, error) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(error)) => Err(error),
        (Err(fault), None) => {
            imports.fault = Some(fault);
            Err(wasmtime::Error::msg("an import did not return"))
        }
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

fn value_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
    }
}

/// The component as an import that it calls sees it.
struct Outside<'a, 'c, T: 'static> {
    caller: &'a mut Caller<'c, T>,
    /// What `realloc` ended with, of which more is known than a fault says.
    error: Option<wasmtime::Error>,
}

impl<T: Importing> Guest for Outside<'_, '_, T> {
    fn memory(&mut self) -> &mut [u8] {
        match self.caller.data_mut().imports().memory {
            Some(memory) => memory.data_mut(&mut *self.caller),
            None => &mut [],
        }
    }

    fn realloc(&mut self, align: u32, size: u32) -> Result<u32, Box<Fault>> {
        let missing = || Fault::abi("the component exports no realloc");
        let realloc = self.caller.data_mut().imports().realloc.clone().ok_or_else(missing)?;
        // The crossing is taken out meanwhile, so `realloc` itself can call no import.
        self.caller.data_mut().handles().is_shut = true;
        let pointer = realloc.call(&mut *self.caller, (0, 0, align, size));
        self.caller.data_mut().handles().is_shut = false;
        pointer.map_err(|error| {
            self.error = Some(error);
            Fault::abi("cabi_realloc trapped")
        })
    }

    fn handles(&mut self) -> &mut dyn Handles {
        self.caller.data_mut().handles()
    }

    fn encoding(&self) -> Encoding {
        ENCODING
    }
}

impl<T: Importing> Importer for Outside<'_, '_, T> {
    fn source(&mut self) -> Source<'_> {
        let (memory, state) = match self.caller.data_mut().imports().memory {
            Some(memory) => {
                let (memory, state) = memory.data_and_store_mut(&mut *self.caller);
                (&*memory, state)
            }
            None => (&[][..], self.caller.data_mut()),
        };
        Source { memory, handles: state.handles(), encoding: ENCODING }
    }
}
