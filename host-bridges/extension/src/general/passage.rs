//! One call's values on their way through wasmtime's component API: the bridge's `Guest` and `Source` over its contexts.

use innerbox_bridge_component::plan::{FLAT_PARAMS_MAX, ImportId, ResourceId, TransmitId};
use innerbox_bridge_component::{
    Came, Crossing, Encoding, End, Fault, Flat, Guest, Handles, Importer, Source,
};
use wasmtime::component::__internal::{InterfaceType, LiftContext, LowerContext};
use wasmtime::component::{Lift, ResourceAny};
use wasmtime::{Result, Trap, ValRaw, WasmBacktrace};
use wasmtime_environ::component::{CanonicalOptions, StringEncoding, TypeResourceTableIndex};

use super::arriving::Arriving;
use super::dynamic::lower_resource;
use super::resources::Resources;
use crate::concurrent::ends::{self, Received};

/// The tables that a component's instance keeps its handles in, by `ResourceId`; none where a function's signature does
/// not mention the resource.
pub(crate) type Tables = [Option<TypeResourceTableIndex>];

/// The values of one call.
pub(super) struct Passage<'a> {
    pub(super) crossing: &'a mut dyn Crossing,
    pub(super) resources: &'a mut Resources,
    pub(super) tables: &'a Tables,
    /// By `ResourceId`: which resources are JavaScript's.
    pub(super) given: &'a [bool],
    /// Why the call came to no end, where the bridge found it.
    pub(super) fault: Option<Box<Fault>>,
}

impl Passage<'_> {
    /// Lowers the arguments into core values.
    pub(super) fn lower<T>(&mut self, cx: &mut LowerContext<'_, T>) -> Result<Flat> {
        let mut flat: Flat = [0; FLAT_PARAMS_MAX];
        let (resources, tables, given) = (&mut *self.resources, self.tables, self.given);
        let arriving = Arriving::default();
        let transmits = &[];
        let mut lowering = Lowering { cx, resources, tables, transmits, given, arriving, error: None };
        match self.crossing.lower(&mut lowering, &mut flat) {
            Ok(()) => Ok(flat),
            Err(fault) => Err(lowering.error.unwrap_or_else(|| self.end(fault))),
        }
    }

    /// Answers an import. `flat` holds the core parameters, and then the core result; `tables` are those of the result.
    pub(super) fn import<T>(
        &mut self,
        cx: &mut LowerContext<'_, T>,
        import: ImportId,
        arriving: Arriving,
        tables: &Tables,
        flat: &mut [u64],
    ) -> Result<()> {
        let (resources, given) = (&mut *self.resources, self.given);
        let transmits = &[];
        let mut lowering = Lowering { cx, resources, tables, transmits, given, arriving, error: None };
        match self.crossing.import(import, &mut lowering, flat) {
            Ok(()) => Ok(()),
            Err(fault) => Err(lowering.error.unwrap_or_else(|| self.end(fault))),
        }
    }

    /// Notes that the component has dropped its handle of a resource that JavaScript gave.
    pub(super) fn dropped(&mut self, resource: ResourceId, rep: u32) -> Result<()> {
        self.crossing.dropped(resource, rep).map_err(|fault| self.end(fault))
    }

    /// Lifts the result; `result` is the core value.
    pub(super) fn lift(&mut self, cx: &mut LiftContext<'_>, result: u64) -> Result<()> {
        let mut flat: Flat = [0; FLAT_PARAMS_MAX];
        flat[0] = result;
        let (memory, encoding) = (cx.memory(), encoding(cx.options()));
        let (resources, tables, given) = (&mut *self.resources, self.tables, self.given);
        let (transmits, received) = (&[], Vec::new());
        let mut handles = Lifting { cx, resources, tables, transmits, given, received };
        let source = Source { memory, handles: &mut handles, encoding };
        self.crossing.lift(source, &flat).map_err(|fault| self.end(fault))
    }

    fn end(&mut self, fault: Box<Fault>) -> wasmtime::Error {
        let error = wasmtime::Error::msg(format!("{fault:?}"));
        self.fault = Some(fault);
        error
    }
}

pub(crate) fn encoding(options: &CanonicalOptions) -> Encoding {
    match options.string_encoding {
        StringEncoding::Utf8 => Encoding::Utf8,
        StringEncoding::Utf16 => Encoding::Utf16,
        StringEncoding::CompactUtf16 => Encoding::Latin1OrUtf16,
    }
}

fn table(tables: &Tables, resource: ResourceId) -> Result<TypeResourceTableIndex, Box<Fault>> {
    let table = tables.get(resource).copied().flatten();
    table.ok_or_else(|| Fault::abi("host fault: a resource is not of the function's signature"))
}

/// A component's instance while values go in: arguments, or the answer to an import of its own.
pub(crate) struct Lowering<'a, 'c, T: 'static> {
    pub(crate) cx: &'a mut LowerContext<'c, T>,
    pub(crate) resources: &'a mut Resources,
    pub(crate) tables: &'a Tables,
    pub(crate) transmits: &'a [Option<InterfaceType>],
    pub(crate) given: &'a [bool],
    /// The resources among an import's arguments.
    pub(crate) arriving: Arriving,
    /// What the component's own code ended with, which says more than a fault does.
    pub(crate) error: Option<wasmtime::Error>,
}

impl<T> Guest for Lowering<'_, '_, T> {
    fn memory(&mut self) -> &mut [u8] {
        self.cx.as_slice_mut()
    }

    fn realloc(&mut self, align: u32, size: u32) -> Result<u32, Box<Fault>> {
        match self.cx.realloc(0, 0, align, size as usize) {
            Ok(at) => Ok(at as u32),
            Err(error) if ran_into(&error) => {
                self.error = Some(error);
                Err(Fault::abi("cabi_realloc trapped"))
            }
            Err(error) => Err(broken_realloc(&error, align, size)),
        }
    }

    fn handles(&mut self) -> &mut dyn Handles {
        self
    }

    fn encoding(&self) -> Encoding {
        encoding(self.cx.options())
    }
}

impl<T> Importer for Lowering<'_, '_, T> {
    fn source(&mut self) -> Source<'_> {
        let encoding = encoding(self.cx.options());
        Source { memory: self.cx.as_slice_mut(), handles: &mut self.arriving, encoding }
    }
}

/// True for an error of the component's own code, false for one that wasmtime found afterwards.
fn ran_into(error: &wasmtime::Error) -> bool {
    error.is::<Trap>() || error.is::<WasmBacktrace>()
}

/// The fault for a pointer that wasmtime did not take, in the words of the bridge's own check.
fn broken_realloc(error: &wasmtime::Error, align: u32, size: u32) -> Box<Fault> {
    match error.to_string().as_str() {
        "realloc return: result not aligned" => {
            Fault::abi(format!("cabi_realloc gave a pointer that is not aligned to {align}"))
        }
        "realloc return: beyond end of memory" => {
            Fault::abi(format!("cabi_realloc gave {size} bytes that lie outside the memory"))
        }
        other => Fault::abi(other),
    }
}

impl<T> Lowering<'_, '_, T> {
    fn resource(&mut self, resource: Option<ResourceAny>, ty: InterfaceType) -> Result<u32, Box<Fault>> {
        let resource = resource.ok_or_else(|| Fault::abi("host fault: no resource has this number"))?;
        lower_resource(self.cx, resource, ty).map_err(|error| refused(&error))
    }
}

/// The fault for a handle that wasmtime did not make.
fn refused(error: &wasmtime::Error) -> Box<Fault> {
    Fault::abi(error.to_string())
}

impl<T> Handles for Lowering<'_, '_, T> {
    fn give(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        let table = table(self.tables, resource)?;
        if self.given[resource] {
            return self.cx.guest_resource_lower_own(table, rep).map_err(|error| refused(&error));
        }
        let given = self.resources.remove(rep);
        self.resource(given, InterfaceType::Own(table))
    }

    fn take(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is taken while arguments go in"))
    }

    fn lend(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        let table = table(self.tables, resource)?;
        if self.given[resource] {
            return self.cx.guest_resource_lower_borrow(table, rep).map_err(|error| refused(&error));
        }
        let lent = self.resources.get(rep);
        self.resource(lent, InterfaceType::Borrow(table))
    }

    fn rep(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is read while arguments go in"))
    }

    fn pass(&mut self, id: TransmitId, end: End) -> Result<u32, Box<Fault>> {
        let ty = self.transmits.get(id).copied().flatten().ok_or_else(no_end)?;
        ends::pass(self.cx, ty, end).map_err(|error| refused(&error))
    }
}

fn no_end() -> Box<Fault> {
    Fault::abi("host fault: a stream is not of the function's signature")
}

/// A component's handle table while values come out: its answer, or the arguments of an import.
pub(crate) struct Lifting<'a, 'c> {
    pub(crate) cx: &'a mut LiftContext<'c>,
    pub(crate) resources: &'a mut Resources,
    pub(crate) tables: &'a Tables,
    pub(crate) transmits: &'a [Option<InterfaceType>],
    pub(crate) given: &'a [bool],
    /// The readable ends among it.
    pub(crate) received: Vec<Received>,
}

impl Handles for Lifting<'_, '_> {
    fn give(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is given while an answer comes out"))
    }

    fn take(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        let table = table(self.tables, resource)?;
        let no_handle =
            |error: wasmtime::Error| Fault::abi(format!("{handle} is no handle of this resource: {error}"));
        if self.given[resource] {
            let (rep, ..) = self.cx.guest_resource_lift_own(table, handle).map_err(no_handle)?;
            return Ok(rep);
        }
        let (ty, handle) = (InterfaceType::Own(table), ValRaw::u32(handle));
        let taken = ResourceAny::linear_lift_from_flat(self.cx, ty, &handle).map_err(no_handle)?;
        Ok(self.resources.insert(taken))
    }

    fn lend(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is lent while an answer comes out"))
    }

    fn rep(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        let table = table(self.tables, resource)?;
        let lent = self.cx.guest_resource_lift_borrow(table, handle);
        lent.map_err(|error| Fault::abi(format!("{handle} is no handle of this resource: {error}")))
    }

    fn receive(&mut self, id: TransmitId, handle: u32, end: &Came) -> Result<(), Box<Fault>> {
        let ty = self.transmits.get(id).copied().flatten().ok_or_else(no_end)?;
        let received = ends::receive(self.cx, ty, handle, end)
            .map_err(|error| Fault::abi(format!("{handle} is no readable end: {error}")))?;
        self.received.push(received);
        Ok(())
    }
}
