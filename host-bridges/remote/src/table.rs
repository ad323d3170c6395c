//! A table whose keys are worth nothing once their entry is gone: each is an index and a generation.

/// Bits of a key's index: index and generation together are an integer that a JavaScript number holds exactly.
const INDEX_BITS: u32 = 26;

/// The last generation of a slot, which is not used again after it.
const GENERATION_MAX: u32 = (1 << INDEX_BITS) - 1;

/// What an entry is known by. Generations start at 1, so 0 matches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    pub(crate) fn to_number(self) -> f64 {
        (u64::from(self.generation) << INDEX_BITS | u64::from(self.index)) as f64
    }

    /// The key that a number stands for; one that was made up finds nothing.
    pub(crate) fn from_number(number: f64) -> Self {
        let bits = number as u64;
        Self { index: (bits & u64::from(GENERATION_MAX)) as u32, generation: (bits >> INDEX_BITS) as u32 }
    }
}

struct Slot<T> {
    generation: u32,
    entry: Option<T>,
}

/// Entries by key, at most `limit` at once.
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    live: usize,
    limit: usize,
}

impl<T> Table<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { slots: Vec::new(), free: Vec::new(), live: 0, limit: limit.min(1 << INDEX_BITS) }
    }

    /// Most entries at once.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Enters something; `None` at the limit.
    pub(crate) fn insert(&mut self, entry: T) -> Option<Key> {
        if self.live >= self.limit {
            return None;
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len()).ok().filter(|index| *index <= GENERATION_MAX)?;
                self.slots.push(Slot { generation: 0, entry: None });
                index
            }
        };
        let slot = &mut self.slots[index as usize];
        slot.generation += 1;
        slot.entry = Some(entry);
        self.live += 1;
        Some(Key { index, generation: slot.generation })
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.index as usize).filter(|slot| slot.generation == key.generation);
        slot.and_then(|slot| slot.entry.as_ref())
    }

    /// Puts another entry in the place of one that is there.
    pub(crate) fn replace(&mut self, key: Key, entry: T) {
        if let Some(slot) = self.slots.get_mut(key.index as usize)
            && slot.generation == key.generation
            && slot.entry.is_some()
        {
            slot.entry = Some(entry);
        }
    }

    /// Takes an entry out; the key is worth nothing from here on.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.generation == key.generation)?;
        let entry = slot.entry.take()?;
        self.live -= 1;
        if slot.generation < GENERATION_MAX {
            self.free.push(key.index);
        }
        Some(entry)
    }

    /// Takes all entries out.
    pub(crate) fn clear(&mut self) -> Vec<T> {
        let entries = self.slots.iter_mut().filter_map(|slot| slot.entry.take()).collect();
        self.slots.clear();
        self.free.clear();
        self.live = 0;
        // No key that was given out matches a slot of a table that starts anew: nobody asks after this.
        self.limit = 0;
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::{GENERATION_MAX, Key, Table};

    #[test]
    fn a_used_key_finds_nothing_even_when_its_slot_is_used_again() {
        let mut table = Table::new(10);
        let first = table.insert('a').unwrap();
        assert_eq!(table.remove(first), Some('a'));
        let second = table.insert('b').unwrap();
        assert_eq!(table.remove(first), None);
        assert_eq!((table.get(first), table.get(second)), (None, Some(&'b')));
    }

    #[test]
    fn the_limit_holds_at_it_and_one_past_it() {
        let mut table = Table::new(2);
        let first = table.insert(1).unwrap();
        assert!(table.insert(2).is_some() && table.insert(3).is_none());
        table.remove(first);
        assert!(table.insert(3).is_some());
    }

    #[test]
    fn a_slot_that_has_had_all_its_generations_is_not_used_again() {
        let mut table = Table::new(1);
        let first = table.insert(1).unwrap();
        table.slots[0].generation = GENERATION_MAX;
        table.remove(Key { generation: GENERATION_MAX, ..first });
        assert_ne!(table.insert(2).unwrap().index, first.index);
    }

    #[test]
    fn a_key_is_a_number_and_any_number_is_harmless() {
        let mut table = Table::new(9);
        let key = table.insert(7).unwrap();
        assert_eq!(Key::from_number(key.to_number()), key);
        for number in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.5, 1e300] {
            assert_eq!(table.get(Key::from_number(number)), None, "{number}");
        }
    }
}
