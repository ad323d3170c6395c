//! The handles that JavaScript holds: a table of the sandbox, indexed by the number that an object carries.
//!
//! An object of a resource's class has one internal field, a number made of an index and a generation, and no pointer. A
//! number that was forged, or whose slot has been used again since, finds no entry.
#![expect(
    unsafe_code,
    reason = "V8 hands out a bare number from an internal field only as if it were a pointer"
)]

use std::ptr::without_provenance;

use innerbox_binding::Failure;

use crate::path::Path;
use crate::plan::ResourceId;

/// Internal fields of an object of a resource's class. No other object has as many: V8's own have none, or (array buffers
/// and their views) two, and no other template of ours asks for any.
pub(crate) const FIELDS: usize = 1;

/// What V8 calls the kind of pointer, where its sandbox is built in.
const TAG: u16 = 1;

/// The last generation of a slot, which is not used again after it.
const GENERATION_MAX: u32 = u32::MAX;

/// Most slots of a table: an index is 31 bits of the number that an object carries.
const SLOTS_MAX: usize = 1 << 31;

/// The number that an object carries. Generations start at 1, so 0 matches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    /// The key of an object that stands for nothing as yet.
    pub(crate) const NONE: Self = Self { index: 0, generation: 0 };

    /// Reads the key of an object; `None` where it cannot be of a resource's class.
    pub(crate) fn of(object: v8::Local<v8::Object>) -> Option<Self> {
        if object.internal_field_count() != FIELDS {
            return None;
        }
        // SAFETY: V8 asks that the field was set by `set_aligned_pointer_in_internal_field`. An object with one internal field is
        // of a resource's class (see `FIELDS`), and both ways to make one call `write` before any script sees it: `wrap` at
        // once, and the callback of `new` as the first thing it does.
        let pointer = unsafe { object.get_aligned_pointer_from_internal_field(0, TAG) };
        let bits = pointer.addr() as u64;
        Some(Self { index: (bits as u32) >> 1, generation: (bits >> 32) as u32 })
    }

    /// Writes the key into an object made from a resource's class.
    pub(crate) fn write(self, object: v8::Local<v8::Object>) {
        // V8 wants an even number: a garbage collector takes it for a small integer.
        let bits = u64::from(self.generation) << 32 | u64::from(self.index << 1);
        object.set_aligned_pointer_in_internal_field(0, without_provenance(bits as usize), TAG);
    }
}

/// What a live handle stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The component, by its number in the sandbox.
    pub(crate) owner: u32,
    /// The generation of its instance.
    pub(crate) instance: u32,
    /// The resource's type.
    pub(crate) resource: ResourceId,
    /// What the component knows the resource by.
    pub(crate) rep: u32,
}

/// Why a key has no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It was disposed of, or given to the component for good.
    Disposed,
    /// The component's instance died.
    InstanceDied,
}

impl Gone {
    /// The error for an argument.
    pub(crate) fn for_parameter(self, path: &Path<'_>, class: &str) -> Failure {
        Failure::type_error(match self {
            Self::Disposed => format!("`{path}`: this {class} has been disposed of or given away"),
            Self::InstanceDied => {
                format!("`{path}`: this {class} is gone: the component's instance that made it died")
            }
        })
        .code("ERR_STALE_HANDLE")
    }
}

struct Slot {
    generation: u32,
    entry: Option<Entry>,
    /// Kept so that V8 tells when the object is collected.
    watch: Option<v8::Weak<v8::Object>>,
}

/// All handles of one sandbox.
pub(crate) struct HandleTable {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Slots that have had all their generations.
    worn_out: usize,
    limit: usize,
    /// Live handles from which on a collection is worth its time.
    pressed_at: usize,
}

impl HandleTable {
    pub(crate) fn new(limit: usize) -> Self {
        Self { slots: Vec::new(), free: Vec::new(), worn_out: 0, limit, pressed_at: limit / 2 }
    }

    /// True where the table has filled so far that garbage should be collected; then not again before it has filled
    /// half of what is left.
    pub(crate) fn is_pressed(&mut self) -> bool {
        let live = self.live();
        let pressed = live >= self.pressed_at && live > 0;
        if pressed {
            self.pressed_at = live + (self.limit - live).div_ceil(2).max(1);
        } else if live < self.limit / 4 {
            self.pressed_at = self.limit / 2;
        }
        pressed
    }

    /// How many handles are live.
    pub(crate) fn live(&self) -> usize {
        self.slots.len() - self.free.len() - self.worn_out
    }

    /// Enters a handle; `None` at the limit.
    pub(crate) fn insert(&mut self, entry: Entry) -> Option<Key> {
        if self.live() >= self.limit.min(SLOTS_MAX - 1 - self.worn_out) {
            return None;
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(Slot { generation: 0, entry: None, watch: None });
                u32::try_from(self.slots.len() - 1).ok()?
            }
        };
        let slot = &mut self.slots[index as usize];
        slot.generation += 1;
        slot.entry = Some(entry);
        Some(Key { index, generation: slot.generation })
    }

    /// Keeps what tells of the object's end.
    pub(crate) fn watch(&mut self, key: Key, weak: v8::Weak<v8::Object>) {
        if let Some(slot) = self.slots.get_mut(key.index as usize) {
            slot.watch = Some(weak);
        }
    }

    /// The entry of a key.
    pub(crate) fn get(&self, key: Key) -> Result<Entry, Gone> {
        let slot = self.slots.get(key.index as usize).filter(|slot| slot.generation == key.generation);
        slot.and_then(|slot| slot.entry).ok_or(Gone::Disposed)
    }

    /// Takes the entry of a key out; the key is worth nothing from here on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Entry> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.generation == key.generation)?;
        let entry = slot.entry.take()?;
        slot.watch = None;
        match slot.generation {
            GENERATION_MAX => self.worn_out += 1,
            _ => self.free.push(key.index),
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, GENERATION_MAX, Gone, HandleTable};

    const ENTRY: Entry = Entry { owner: 0, instance: 1, resource: 0, rep: 7 };

    #[test]
    fn a_used_key_finds_nothing_even_when_its_slot_is_used_again() {
        let mut table = HandleTable::new(10);
        let first = table.insert(ENTRY).unwrap();
        assert_eq!(table.get(first).unwrap().rep, 7);
        table.remove(first).unwrap();
        let second = table.insert(Entry { rep: 8, ..ENTRY }).unwrap();
        assert_eq!(table.get(first).unwrap_err(), Gone::Disposed);
        assert!(table.remove(first).is_none());
        assert_eq!(table.get(second).unwrap().rep, 8);
    }

    #[test]
    fn the_limit_holds_at_it_and_one_past_it() {
        let mut table = HandleTable::new(2);
        let first = table.insert(ENTRY);
        assert!(first.is_some() && table.insert(ENTRY).is_some());
        assert!(table.insert(ENTRY).is_none());
        table.remove(first.unwrap());
        assert!(table.insert(ENTRY).is_some());
        assert_eq!(table.live(), 2);
    }

    #[test]
    fn a_slot_that_has_had_all_its_generations_is_not_used_again() {
        let mut table = HandleTable::new(1);
        let first = table.insert(ENTRY).unwrap();
        table.slots[first.index as usize].generation = GENERATION_MAX;
        let last = super::Key { generation: GENERATION_MAX, ..first };
        table.remove(last).unwrap();
        let next = table.insert(ENTRY).unwrap();
        assert_ne!(next.index, last.index);
        assert_eq!((table.get(last).unwrap_err(), table.live()), (Gone::Disposed, 1));
    }
}
