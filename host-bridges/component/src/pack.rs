//! An answer, copied out of its component: the bytes of the value, and whatever they point to, in a memory of its own.
//!
//! Values stay as the canonical ABI has them; only pointers change, and handles, which are taken out of the component's
//! table here. What a claim of the component's is made of is checked by the lifter's rules, for it is the lifter that
//! reads the copy afterwards; here everything is checked that the copy needs: pointers, lengths, cases and handles.

use crate::door::{Encoding, Fault, Flat, Handles, Source};
use crate::lift::{Room, no_such_case, reach};
use crate::parcel::Answer;
use crate::plan::{Cases, Function, Kind, Returns, Type};
use crate::text::Stored;

/// Copies a function's answer. `flat` begins with the core result: the value itself, or where it lies.
pub(crate) fn pack(
    source: Source<'_>,
    function: &Function,
    flat: &Flat,
    allowed: usize,
) -> Result<Answer, Fault> {
    let Source { memory, handles, encoding } = source;
    let mut packer = Packer { memory, handles, encoding, room: Room::with(0, allowed), copy: Vec::new() };
    let mut answer = Answer { memory: Vec::new(), flat: [0; _], encoding };
    if let Returns::Value(ty) | Returns::OrThrows(ty) = &function.result {
        match ty.flat {
            0 => {}
            1 => answer.flat[0] = packer.single(ty, flat[0])?,
            _ => packer.stored(ty, flat[0] as u32)?,
        }
    }
    answer.memory = packer.copy;
    Ok(answer)
}

struct Packer<'a> {
    memory: &'a [u8],
    handles: &'a mut dyn Handles,
    encoding: Encoding,
    room: Room,
    copy: Vec<u8>,
}

impl Packer<'_> {
    /// A value that is one core value: a number, or a handle.
    fn single(&mut self, ty: &Type, bits: u64) -> Result<u64, Fault> {
        match &ty.kind {
            Kind::Own(resource) => self.handles.take(*resource, bits as u32).map(u64::from),
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

    fn stored(&mut self, ty: &Type, at: u32) -> Result<(), Fault> {
        let to = self.copied(at, ty.layout.size, ty.layout.align)?;
        self.mend(ty, to)
    }

    /// Copies bytes of the component, and says where they are now.
    fn copied(&mut self, at: u32, size: u32, align: u32) -> Result<u32, Fault> {
        let bytes = reach(self.memory, at, size, align)?;
        let to = self.copy.len().next_multiple_of(align as usize);
        self.copy.resize(to, 0);
        self.copy.extend_from_slice(bytes);
        u32::try_from(to).map_err(|_| Fault::abi("an answer of more than 4 GiB"))
    }

    /// Copies what the value at `at` of the copy points to.
    fn mend(&mut self, ty: &Type, at: u32) -> Result<(), Fault> {
        match &ty.kind {
            Kind::Scalar(_) | Kind::Flags(_) | Kind::Enum(_) | Kind::Borrow(_) => Ok(()),
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
            Kind::String => {
                let text = Stored::read(self.encoding, self.word(at + 4))?;
                self.room.take(text.bytes)?;
                let to = self.copied(self.word(at), text.bytes, text.align)?;
                self.set_word(at, to);
                Ok(())
            }
            Kind::List(element) => self.mend_list(element, at),
        }
    }

    fn mend_case(&mut self, ty: &Type, cases: &Cases, at: u32) -> Result<(), Fault> {
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

    fn mend_list(&mut self, element: &Type, at: u32) -> Result<(), Fault> {
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
