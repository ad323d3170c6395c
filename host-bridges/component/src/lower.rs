//! From the tape to the component: core values and linear memory. Nothing of the tenant's runs here.

use crate::check::Item;
use crate::door::{Flat, Guest};
use crate::fault::Fault;
use crate::instance::Instance;
use crate::plan::{Cases, FLAT_PARAMS_MAX, Field, Function, Kind, ResourceId, TransmitId, Type};
use crate::room::Room;
use crate::scalar;
use crate::text::Lowered;

/// Writes the checked arguments of one call.
pub(crate) struct Lowerer<'a, 's, 'i> {
    /// Missing on another thread, where every value is a copy.
    pub(crate) site: Option<Site<'a, 's, 'i>>,
    pub(crate) guest: &'a mut dyn Guest,
    pub(crate) items: std::slice::Iter<'a, Item<'s>>,
    /// Bytes that strings may still take beyond their length in UTF-8, by which the tape was measured.
    pub(crate) room: Room,
}

/// Where the values of an isolate are at hand.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a, 's, 'i> {
    pub(crate) scope: &'a v8::PinScope<'s, 'i>,
    pub(crate) instance: &'a Instance,
}

/// Core values in order, with a place for the next one.
struct Slots<'a> {
    flat: &'a mut [u64],
    next: usize,
}

impl Slots<'_> {
    fn push(&mut self, bits: u64) {
        // The plan lets no function here whose parameters flatten to more.
        self.flat[self.next] = bits;
        self.next += 1;
    }
}

impl Lowerer<'_, '_, '_> {
    /// Lowers all parameters of a function, flat or through memory.
    pub(crate) fn params(&mut self, function: &Function, flat: &mut Flat) -> Result<(), Box<Fault>> {
        if function.flat_params <= FLAT_PARAMS_MAX {
            let mut slots = Slots { flat, next: 0 };
            return function.params.iter().try_for_each(|param| self.flat(&param.ty, &mut slots));
        }
        let at = self.allocate(function.spill.align, function.spill.size)?;
        for param in &function.params {
            self.store(&param.ty, at + param.offset)?;
        }
        flat[0] = at.into();
        Ok(())
    }

    /// Lowers the result of an import: one core value is the result itself, more are written where the last parameter points.
    pub(crate) fn result(
        &mut self,
        function: &Function,
        ty: &Type,
        flat: &mut [u64],
    ) -> Result<(), Box<Fault>> {
        if ty.flat <= 1 {
            return self.flat(ty, &mut Slots { flat, next: 0 });
        }
        let at = result_place(self.guest, function, ty, flat)?;
        self.store(ty, at)
    }

    /// Lowers a value of one core value, or of none.
    pub(crate) fn single(&mut self, ty: &Type) -> Result<u64, Box<Fault>> {
        let mut flat: Flat = [0; FLAT_PARAMS_MAX];
        self.flat(ty, &mut Slots { flat: &mut flat, next: 0 })?;
        Ok(flat[0])
    }

    fn flat(&mut self, ty: &Type, slots: &mut Slots<'_>) -> Result<(), Box<Fault>> {
        match &ty.kind {
            Kind::Scalar(_) | Kind::Flags(_) | Kind::Enum(_) => {
                let bits = self.bits();
                slots.push(bits);
            }
            Kind::String => {
                let (at, length) = self.string()?;
                slots.push(at.into());
                slots.push(length.into());
            }
            Kind::List(element) | Kind::Map(element) => {
                let (at, count) = self.list(element)?;
                slots.push(at.into());
                slots.push(count.into());
            }
            Kind::Fixed { element, length } => self.flat_elements(element, *length, slots)?,
            Kind::Record(fields) | Kind::Tuple(fields) => {
                for field in fields {
                    self.flat(&field.ty, slots)?;
                }
            }
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                self.flat_case(cases, ty.flat, slots)?;
            }
            Kind::Own(resource) => {
                let handle = self.own(*resource)?;
                slots.push(handle.into());
            }
            Kind::Borrow(resource) => {
                let handle = self.borrow(*resource)?;
                slots.push(handle.into());
            }
            Kind::Stream { id, .. } | Kind::Future { id, .. } => {
                let handle = self.transmit(*id)?;
                slots.push(handle.into());
            }
        }
        Ok(())
    }

    /// The elements of a list of a fixed length, which are no more than there are slots.
    fn flat_elements(
        &mut self,
        element: &Type,
        length: u32,
        slots: &mut Slots<'_>,
    ) -> Result<(), Box<Fault>> {
        match self.items.next() {
            Some(Item::Count(_)) => (0..length).try_for_each(|_| self.flat(element, slots)),
            Some(Item::View(view)) => {
                let mut bytes = [0; 8 * FLAT_PARAMS_MAX];
                let copied = view.copy_contents(&mut bytes);
                push_all(&bytes[..copied], element, slots);
                Ok(())
            }
            Some(Item::Bytes(bytes)) => {
                push_all(bytes, element, slots);
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    /// A case in core values: narrower payloads are zero-extended to the joined types, which on 64-bit slots is no work.
    fn flat_case(&mut self, cases: &Cases, flat: usize, slots: &mut Slots<'_>) -> Result<(), Box<Fault>> {
        let end = slots.next + flat;
        let index = self.bits();
        slots.push(index);
        if let Some(payload) = &cases.list[index as usize].payload {
            self.flat(payload, slots)?;
        }
        while slots.next < end {
            slots.push(0);
        }
        Ok(())
    }

    /// Lowers a value to its place in memory.
    pub(crate) fn store(&mut self, ty: &Type, at: u32) -> Result<(), Box<Fault>> {
        match &ty.kind {
            Kind::Scalar(scalar) => {
                let bits = self.bits();
                self.write(at, scalar::size(*scalar), bits)
            }
            Kind::Flags(_) | Kind::Enum(_) => {
                let bits = self.bits();
                self.write(at, ty.layout.size, bits)
            }
            Kind::String => {
                let (pointer, length) = self.string()?;
                self.write_pair(at, pointer, length)
            }
            Kind::List(element) | Kind::Map(element) => {
                let (pointer, count) = self.list(element)?;
                self.write_pair(at, pointer, count)
            }
            Kind::Fixed { element, .. } => self.store_elements(element, at),
            Kind::Record(fields) | Kind::Tuple(fields) => self.store_fields(fields, at),
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                let index = self.bits();
                self.write(at, cases.tag_size, index)?;
                match &cases.list[index as usize].payload {
                    Some(payload) => self.store(payload, at + cases.payload_offset),
                    None => Ok(()),
                }
            }
            Kind::Own(resource) => {
                let handle = self.own(*resource)?;
                self.write(at, 4, handle.into())
            }
            Kind::Borrow(resource) => {
                let handle = self.borrow(*resource)?;
                self.write(at, 4, handle.into())
            }
            Kind::Stream { id, .. } | Kind::Future { id, .. } => {
                let handle = self.transmit(*id)?;
                self.write(at, 4, handle.into())
            }
        }
    }

    /// The elements of a list of a fixed length, in their place.
    fn store_elements(&mut self, element: &Type, at: u32) -> Result<(), Box<Fault>> {
        let place = |memory: &mut [u8], length: usize| match memory.get_mut(at as usize..at as usize + length)
        {
            Some(_) => Ok(at as usize..at as usize + length),
            None => Err(out_of_step()),
        };
        match self.items.next() {
            Some(Item::Count(count)) => {
                (0..*count).try_for_each(|index| self.store(element, at + index * element.layout.size))
            }
            Some(Item::View(view)) => {
                let place = place(self.guest.memory(), view.byte_length())?;
                view.copy_contents(&mut self.guest.memory()[place]);
                Ok(())
            }
            Some(Item::Bytes(bytes)) => {
                let place = place(self.guest.memory(), bytes.len())?;
                self.guest.memory()[place].copy_from_slice(bytes);
                Ok(())
            }
            _ => Err(out_of_step()),
        }
    }

    fn store_fields(&mut self, fields: &[Field], at: u32) -> Result<(), Box<Fault>> {
        fields.iter().try_for_each(|field| self.store(&field.ty, at + field.offset))
    }

    /// Copies a string into memory that the component allocates, in the component's own encoding.
    fn string(&mut self) -> Result<(u32, u32), Box<Fault>> {
        let encoding = self.guest.encoding();
        match (self.items.next(), self.site) {
            (Some(Item::Text(string, utf8_length)), Some(Site { scope, .. })) => {
                let text = Lowered::new(encoding, *string, *utf8_length).ok_or_else(too_large)?;
                self.text(&text, *utf8_length, |place| text.write(scope, *string, place))
            }
            (Some(Item::Copied(copy)), _) => {
                let text = Lowered::of_copy(encoding, copy).ok_or_else(too_large)?;
                self.text(&text, copy.len(), |place| text.write_copy(copy, place))
            }
            _ => Err(out_of_step()),
        }
    }

    fn text(
        &mut self,
        text: &Lowered,
        utf8_length: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(u32, u32), Box<Fault>> {
        self.room.take(text.bytes.saturating_sub(utf8_length as u32))?;
        let (at, place) = self.claim(text.align, text.bytes)?;
        write(place);
        Ok((at, text.length))
    }

    fn list(&mut self, element: &Type) -> Result<(u32, u32), Box<Fault>> {
        match self.items.next() {
            Some(Item::View(view)) => self.bytes(view.byte_length(), element, |place| {
                view.copy_contents(place);
            }),
            Some(Item::Bytes(bytes)) => {
                self.bytes(bytes.len(), element, |place| place.copy_from_slice(bytes))
            }
            Some(Item::Count(count)) => self.elements(*count, element),
            _ => Err(out_of_step()),
        }
    }

    fn bytes(
        &mut self,
        length: usize,
        element: &Type,
        copy: impl FnOnce(&mut [u8]),
    ) -> Result<(u32, u32), Box<Fault>> {
        let length = u32::try_from(length).map_err(|_| too_large())?;
        let (at, place) = self.claim(element.layout.align, length)?;
        copy(place);
        Ok((at, length / element.layout.size))
    }

    fn elements(&mut self, count: u32, element: &Type) -> Result<(u32, u32), Box<Fault>> {
        let size = count.checked_mul(element.layout.size).ok_or_else(too_large)?;
        let start = self.allocate(element.layout.align, size)?;
        for index in 0..count {
            self.store(element, start + index * element.layout.size)?;
        }
        Ok((start, count))
    }

    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, Box<Fault>> {
        self.claim(align, size).map(|(at, _)| at)
    }

    /// Memory from the component, its claim checked: aligned, and inside the memory as it is now. It is asked for nothing,
    /// too, as the canonical ABI has it: what it gives then is what it may free.
    #[inline]
    fn claim(&mut self, align: u32, size: u32) -> Result<(u32, &mut [u8]), Box<Fault>> {
        let at = self.guest.realloc(align, size)?;
        let end = u64::from(at) + u64::from(size);
        if at % align != 0 {
            return Err(Fault::abi(format!("cabi_realloc gave {at:#x}, which is not aligned to {align}")));
        }
        match self.guest.memory().get_mut(at as usize..end as usize) {
            Some(place) if end <= u64::from(u32::MAX) => Ok((at, place)),
            _ => Err(Fault::abi(format!("cabi_realloc gave {size} bytes at {at:#x}, outside the memory"))),
        }
    }

    /// Writes the low `size` bytes of a value. The place lies in what `allocate` checked; memories never shrink.
    fn write(&mut self, at: u32, size: u32, bits: u64) -> Result<(), Box<Fault>> {
        self.place(at, size)?.copy_from_slice(&bits.to_le_bytes()[..size as usize]);
        Ok(())
    }

    /// The bytes of a place. Where none lie need not be inside the memory, which may have no bytes at all.
    fn place(&mut self, at: u32, size: u32) -> Result<&mut [u8], Box<Fault>> {
        if size == 0 {
            return Ok(&mut []);
        }
        self.guest.memory().get_mut(at as usize..at as usize + size as usize).ok_or_else(out_of_step)
    }

    fn write_pair(&mut self, at: u32, pointer: u32, length: u32) -> Result<(), Box<Fault>> {
        self.write(at, 8, u64::from(pointer) | u64::from(length) << 32)
    }

    fn bits(&mut self) -> u64 {
        match self.items.next() {
            Some(Item::Bits(bits)) => *bits,
            _ => 0,
        }
    }

    fn own(&mut self, resource: ResourceId) -> Result<u32, Box<Fault>> {
        let rep = self.rep()?;
        self.guest.handles().give(resource, rep)
    }

    fn borrow(&mut self, resource: ResourceId) -> Result<u32, Box<Fault>> {
        let rep = self.rep()?;
        self.guest.handles().lend(resource, rep)
    }

    /// The readable end of what a script passes.
    fn transmit(&mut self, id: TransmitId) -> Result<u32, Box<Fault>> {
        match self.items.next() {
            Some(Item::End(end)) => self.guest.handles().pass(id, end.clone()),
            _ => Err(out_of_step()),
        }
    }

    /// What the component, or we for it, know the next resource by.
    fn rep(&mut self) -> Result<u32, Box<Fault>> {
        match (self.items.next(), self.site) {
            (Some(Item::Bits(bits)), _) => Ok(*bits as u32),
            (Some(Item::Given(object)), Some(Site { scope, instance })) => {
                Ok(instance.given.keep(scope, *object))
            }
            _ => Err(out_of_step()),
        }
    }
}

/// Numbers as core values, as many as there are slots for.
fn push_all(bytes: &[u8], element: &Type, slots: &mut Slots<'_>) {
    let Kind::Scalar(scalar) = element.kind else { return };
    for bytes in bytes.chunks_exact(element.layout.size as usize) {
        slots.push(scalar::core(scalar, bytes));
    }
}

fn too_large() -> Box<Fault> {
    Box::new(Fault::Limit { which: "memory", used: 1 << 32, allowed: u64::from(u32::MAX), unit: "bytes" })
}

/// Where an import's result goes that is more than one core value: the component's claim, checked.
pub(crate) fn result_place<G: Guest + ?Sized>(
    guest: &mut G,
    function: &Function,
    ty: &Type,
    flat: &[u64],
) -> Result<u32, Box<Fault>> {
    let pointer = if function.flat_params <= FLAT_PARAMS_MAX { function.flat_params } else { 1 };
    let at = flat[pointer] as u32;
    let end = u64::from(at) + u64::from(ty.layout.size);
    if !at.is_multiple_of(ty.layout.align) || end > guest.memory().len() as u64 {
        return Err(Fault::abi(format!("{at:#x} is no place for a result of {} bytes", ty.layout.size)));
    }
    Ok(at)
}

/// The tape and the plan disagree, which only a fault of the bridge can bring about.
fn out_of_step() -> Box<Fault> {
    Fault::abi("host fault: lowering is out of step with its plan")
}
