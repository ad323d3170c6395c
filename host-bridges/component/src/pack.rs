//! An answer, copied out of its component: the bytes of the value, and whatever they point to, in a memory of its own.
//!
//! Values stay as the canonical ABI has them; only pointers change, and handles, which are taken out of the component's
//! table here. What a claim of the component's is made of is checked by the lifter's rules, for it is the lifter that
//! reads the copy afterwards; here everything is checked that the copy needs: pointers, lengths, cases and handles.

use crate::door::{Flat, Handles, Source};
use crate::fault::Fault;
use crate::lift::{no_such_case, reach};
use crate::parcel::Answer;
use crate::plan::{Cases, Function, Kind, Returns, Scalar, Type};
use crate::room::Room;
use crate::scalar;
use crate::text::Encoding;
use crate::text::Stored;
use crate::transfer::{Came, Pipe, Slot};

/// Where a component leaves a value.
#[derive(Clone, Copy)]
pub enum Returned<'a> {
    /// In core values, all of them.
    Flat(&'a [u64]),
    /// In its memory.
    At(u32),
}

/// Copies a value of a type, as the lifter reads a function's answer; none where there is no type.
///
/// # Errors
/// A fault where the component breaks the canonical ABI, or reaches a limit.
pub fn pack_value(
    source: Source<'_>,
    ty: Option<&Type>,
    returned: Returned<'_>,
    allowed: usize,
) -> Result<Answer, Box<Fault>> {
    let Source { memory, handles, encoding } = source;
    let mut packer = Packer::new(memory, handles, encoding, allowed);
    let mut flat = [0; _];
    match (ty, returned) {
        (None, _) => {}
        (Some(ty), Returned::At(at)) => packer.stored(ty, at)?,
        (Some(ty), Returned::Flat(values)) if ty.flat <= 1 => {
            flat[0] = packer.single(ty, values.first().copied().unwrap_or_default())?;
        }
        (Some(ty), Returned::Flat(values)) => packer.spread(ty, values)?,
    }
    Ok(packer.answer(flat))
}

/// Copies the arguments of an import, all of them as one tuple: how they lie in memory where they are not flat.
///
/// # Errors
/// As [`pack_value`].
pub fn pack_params(
    source: Source<'_>,
    function: &Function,
    passed: Returned<'_>,
    allowed: usize,
) -> Result<Answer, Box<Fault>> {
    let Source { memory, handles, encoding } = source;
    let mut packer = Packer::new(memory, handles, encoding, allowed);
    match passed {
        Returned::At(at) => drop(packer.copied(at, function.spill.size, function.spill.align)?),
        Returned::Flat(values) => {
            packer.copy = vec![0; function.spill.size as usize];
            let mut values = values.iter();
            for param in &function.params {
                spread(&param.ty, &mut values, &mut packer.copy, param.offset)?;
            }
        }
    }
    function.params.iter().try_for_each(|param| packer.mend(&param.ty, param.offset))?;
    Ok(packer.answer([0; _]))
}

/// Copies a function's answer. `flat` begins with the core result: the value itself, or where it lies.
pub(crate) fn pack(
    source: Source<'_>,
    function: &Function,
    flat: &Flat,
    allowed: usize,
) -> Result<Answer, Box<Fault>> {
    match &function.result {
        Returns::Nothing => pack_value(source, None, Returned::Flat(&[]), allowed),
        Returns::Value(ty) | Returns::OrThrows(ty) if ty.flat <= 1 => {
            pack_value(source, Some(ty), Returned::Flat(&flat[..1]), allowed)
        }
        Returns::Value(ty) | Returns::OrThrows(ty) => {
            pack_value(source, Some(ty), Returned::At(flat[0] as u32), allowed)
        }
    }
}

struct Packer<'a> {
    memory: &'a [u8],
    handles: &'a mut dyn Handles,
    encoding: Encoding,
    room: Room,
    copy: Vec<u8>,
    ends: Vec<Came>,
}

impl<'a> Packer<'a> {
    fn new(memory: &'a [u8], handles: &'a mut dyn Handles, encoding: Encoding, allowed: usize) -> Self {
        let room = Room::with(0, allowed);
        Self { memory, handles, encoding, room, copy: Vec::new(), ends: Vec::new() }
    }

    fn answer(self, flat: Flat) -> Answer {
        Answer { memory: self.copy, flat, encoding: self.encoding, ends: self.ends }
    }

    /// A value that is one core value: a number, or a handle.
    fn single(&mut self, ty: &Type, bits: u64) -> Result<u64, Box<Fault>> {
        match &ty.kind {
            Kind::Own(resource) => self.handles.take(*resource, bits as u32).map(u64::from),
            Kind::Stream { .. } | Kind::Future { .. } => self.end(ty, bits as u32).map(u64::from),
            Kind::Fixed { element, length: 1 } => self.single(element, bits),
            Kind::Record(fields) | Kind::Tuple(fields) => {
                // One of the fields has the core value; it is the only one that is not empty.
                match fields.iter().find(|field| field.ty.flat == 1) {
                    Some(field) => self.single(&field.ty, bits),
                    None => Ok(bits),
                }
            }
            _ => Ok(bits),
        }
    }

    fn stored(&mut self, ty: &Type, at: u32) -> Result<(), Box<Fault>> {
        let to = self.copied(at, ty.layout.size, ty.layout.align)?;
        self.mend(ty, to)
    }

    /// Lays core values out as they would lie in memory.
    fn spread(&mut self, ty: &Type, values: &[u64]) -> Result<(), Box<Fault>> {
        self.copy = vec![0; ty.layout.size as usize];
        spread(ty, &mut values.iter(), &mut self.copy, 0)?;
        self.mend(ty, 0)
    }

    /// Takes a readable end, and gives its number.
    fn end(&mut self, ty: &Type, handle: u32) -> Result<u32, Box<Fault>> {
        let (id, end) = match &ty.kind {
            Kind::Stream { id, element } => (*id, Came::Stream(Pipe::new(*element))),
            Kind::Future { id, payload } => (*id, Came::Future(Slot::new(payload.clone()))),
            _ => return Err(Fault::abi("host fault: this is no readable end")),
        };
        self.handles.receive(id, handle, &end)?;
        self.ends.push(end);
        Ok(self.ends.len() as u32 - 1)
    }

    /// Copies bytes of the component, and says where they are now.
    fn copied(&mut self, at: u32, size: u32, align: u32) -> Result<u32, Box<Fault>> {
        let bytes = reach(self.memory, at, size, align)?;
        let to = self.copy.len().next_multiple_of(align as usize);
        self.copy.resize(to, 0);
        self.copy.extend_from_slice(bytes);
        u32::try_from(to).map_err(|_| Fault::abi("an answer of more than 4 GiB"))
    }

    /// Copies what the value at `at` of the copy points to.
    fn mend(&mut self, ty: &Type, at: u32) -> Result<(), Box<Fault>> {
        match &ty.kind {
            Kind::Scalar(_) | Kind::Flags(_) | Kind::Enum(_) => Ok(()),
            Kind::Record(fields) | Kind::Tuple(fields) => {
                fields.iter().try_for_each(|field| self.mend(&field.ty, at + field.offset))
            }
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                self.mend_case(ty, cases, at)
            }
            Kind::Own(resource) => {
                let handle = self.word(at);
                let rep = self.handles.take(*resource, handle)?;
                self.set_word(at, rep);
                Ok(())
            }
            Kind::Borrow(resource) => {
                let handle = self.word(at);
                let rep = self.handles.rep(*resource, handle)?;
                self.set_word(at, rep);
                Ok(())
            }
            Kind::String => {
                let text = Stored::read(self.encoding, self.word(at + 4))?;
                self.room.take(text.bytes)?;
                let to = self.copied(self.word(at), text.bytes, text.align)?;
                self.set_word(at, to);
                Ok(())
            }
            Kind::List(element) | Kind::Map(element) => self.mend_list(element, at),
            Kind::Fixed { element, length } => {
                let length = if element.has_parts_elsewhere() { *length } else { 0 };
                (0..length).try_for_each(|index| self.mend(element, at + index * element.layout.size))
            }
            Kind::Stream { .. } | Kind::Future { .. } => {
                let number = self.end(ty, self.word(at))?;
                self.set_word(at, number);
                Ok(())
            }
        }
    }

    fn mend_case(&mut self, ty: &Type, cases: &Cases, at: u32) -> Result<(), Box<Fault>> {
        let mut index = [0; 4];
        let size = cases.tag_size as usize;
        index[..size].copy_from_slice(&self.copy[at as usize..at as usize + size]);
        let index = u32::from_le_bytes(index);
        let case = cases.list.get(index as usize).ok_or_else(|| no_such_case(ty, index))?;
        match &case.payload {
            Some(payload) => self.mend(payload, at + cases.payload_offset),
            None => Ok(()),
        }
    }

    fn mend_list(&mut self, element: &Type, at: u32) -> Result<(), Box<Fault>> {
        let count = self.word(at + 4);
        let size = element.list_size(count)?;
        // What the list points to is looked at before it is counted, as the lifter does.
        reach(self.memory, self.word(at), size, element.layout.align)?;
        self.room.take(size)?;
        let to = self.copied(self.word(at), size, element.layout.align)?;
        self.set_word(at, to);
        if element.has_parts_elsewhere() {
            for index in 0..count {
                self.mend(element, to + index * element.layout.size)?;
            }
        }
        Ok(())
    }

    /// A word of the copy, at a place that the plan knows.
    fn word(&self, at: u32) -> u32 {
        let mut word = [0; 4];
        word.copy_from_slice(&self.copy[at as usize..at as usize + 4]);
        u32::from_le_bytes(word)
    }

    fn set_word(&mut self, at: u32, word: u32) {
        self.copy[at as usize..at as usize + 4].copy_from_slice(&word.to_le_bytes());
    }
}

/// Writes core values to where they would lie in memory, from `at` on.
fn spread(
    ty: &Type,
    values: &mut std::slice::Iter<'_, u64>,
    memory: &mut [u8],
    at: u32,
) -> Result<(), Box<Fault>> {
    let mut write = |at: u32, size: u32, bits: u64| {
        let place = at as usize..(at + size) as usize;
        memory[place].copy_from_slice(&bits.to_le_bytes()[..size as usize]);
    };
    let left = values.len();
    let mut next = || values.next().copied().unwrap_or_default();
    match &ty.kind {
        Kind::Scalar(Scalar::Bool) => write(at, 1, u64::from(next() as u32 != 0)),
        Kind::Scalar(scalar) => write(at, scalar::size(*scalar), next()),
        Kind::Flags(_) | Kind::Enum(_) => write(at, ty.layout.size, next()),
        Kind::Own(_) | Kind::Borrow(_) | Kind::Stream { .. } | Kind::Future { .. } => write(at, 4, next()),
        Kind::String | Kind::List(_) | Kind::Map(_) => {
            write(at, 4, next());
            write(at + 4, 4, next());
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            for field in fields {
                spread(&field.ty, values, memory, at + field.offset)?;
            }
        }
        Kind::Fixed { element, length } => {
            for index in 0..*length {
                spread(element, values, memory, at + index * element.layout.size)?;
            }
        }
        Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
            let after = left.saturating_sub(ty.flat);
            let index = next() as u32;
            write(at, cases.tag_size, index.into());
            let case = cases.list.get(index as usize).ok_or_else(|| no_such_case(ty, index))?;
            if let Some(payload) = &case.payload {
                spread(payload, values, memory, at + cases.payload_offset)?;
            }
            while values.len() > after {
                values.next();
            }
        }
    }
    Ok(())
}
