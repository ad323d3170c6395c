//! The handle table of an instance, by the canonical ABI: what the component calls a handle is an index into it.

use innerbox_bridge_component::plan::ResourceId;
use innerbox_bridge_component::{Fault, Handles};
use wasmtime::Func;

/// Most handles that an instance may own at once: each one is 16 bytes of the host's.
pub(super) const HANDLES_MAX: usize = 1 << 20;

/// What a handle stands for.
#[derive(Clone, Copy, Debug)]
struct Held {
    resource: ResourceId,
    rep: u32,
    /// True where it was lent for the length of a call.
    borrowed: bool,
}

/// The handles that one instance has, and the destructors of their resources.
#[derive(Default)]
pub(super) struct HandleTable {
    slots: Vec<Option<Held>>,
    free: Vec<u32>,
    /// By `ResourceId`; set once the instance stands.
    pub(super) destructors: Vec<Option<Func>>,
    /// By `ResourceId`: which resources are JavaScript's.
    pub(super) given: Vec<bool>,
    /// Handles that were lent and not dropped yet.
    pub(super) lent: usize,
    /// True once a handle was refused because the table was full.
    pub(super) refused: bool,
    /// True while the component runs its `realloc` or a post-return: by the canonical ABI it may make and drop no handle there.
    pub(super) is_shut: bool,
}

impl HandleTable {
    /// How many handles the instance owns.
    fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Checks that the component may make and drop handles now.
    pub(super) fn open(&mut self) -> Result<&mut Self, Box<Fault>> {
        match self.is_shut {
            false => Ok(self),
            true => Err(Fault::abi(
                "it made or dropped a handle where a component may not: in realloc or in post-return",
            )),
        }
    }

    /// Checks that the component may call what it imports now.
    pub(super) fn may_leave(&self) -> wasmtime::Result<()> {
        match self.is_shut {
            false => Ok(()),
            true => Err(wasmtime::Error::msg(
                "it called an import where a component may not: in realloc or in post-return",
            )),
        }
    }

    fn held(&self, resource: ResourceId, handle: u32) -> Result<Held, Box<Fault>> {
        let index = (handle as usize).checked_sub(1);
        match index.and_then(|index| self.slots.get(index)).and_then(Option::as_ref) {
            Some(held) if held.resource == resource => Ok(*held),
            _ => Err(Fault::abi(format!("{handle} is no handle of this resource"))),
        }
    }

    fn insert(&mut self, held: Held) -> Result<u32, Box<Fault>> {
        if self.live() >= HANDLES_MAX {
            self.refused = true;
            let (used, allowed) = (self.live() as u64 + 1, HANDLES_MAX as u64);
            return Err(Fault::Limit { which: "handles", used, allowed, unit: "" }.into());
        }
        // Handles start at 1: 0 is never one.
        match self.free.pop() {
            Some(handle) => {
                self.slots[handle as usize - 1] = Some(held);
                Ok(handle)
            }
            None => {
                self.slots.push(Some(held));
                Ok(self.slots.len() as u32)
            }
        }
    }

    fn remove(&mut self, handle: u32) {
        self.slots[handle as usize - 1] = None;
        self.free.push(handle);
    }

    /// Drops a handle; gives what it stood for where it was owned.
    pub(super) fn discard(&mut self, resource: ResourceId, handle: u32) -> Result<Option<u32>, Box<Fault>> {
        let held = self.held(resource, handle)?;
        self.remove(handle);
        self.lent -= usize::from(held.borrowed);
        Ok((!held.borrowed).then_some(held.rep))
    }

    /// The end of a call, at which nothing that was lent for it may be left.
    pub(super) fn end_call(&self) -> Result<(), Box<Fault>> {
        match self.lent {
            0 => Ok(()),
            lent => Err(Fault::abi(format!("{lent} borrowed handles remain at the end of the call"))),
        }
    }
}

impl Handles for HandleTable {
    fn give(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        self.insert(Held { resource, rep, borrowed: false })
    }

    fn take(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        let held = self.held(resource, handle)?;
        if held.borrowed {
            return Err(Fault::abi(format!("{handle} is a borrowed handle, which cannot be given away")));
        }
        self.remove(handle);
        Ok(held.rep)
    }

    fn lend(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        if !self.given.get(resource).copied().unwrap_or_default() {
            // By the canonical ABI a component gets a borrow of its own resource as the representation itself.
            return Ok(rep);
        }
        let handle = self.insert(Held { resource, rep, borrowed: true })?;
        self.lent += 1;
        Ok(handle)
    }

    fn rep(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        self.held(resource, handle).map(|held| held.rep)
    }
}

#[cfg(test)]
mod tests {
    use innerbox_bridge_component::{Fault, Handles};

    use super::{HANDLES_MAX, HandleTable};

    #[test]
    fn a_taken_handle_is_none_and_its_number_is_used_again() {
        let mut table = HandleTable::default();
        let handle = table.give(0, 77).unwrap();
        assert_eq!(handle, 1);
        assert!(table.take(1, handle).is_err(), "another resource");
        assert_eq!(table.take(0, handle).unwrap(), 77);
        assert!(table.take(0, handle).is_err());
        assert!(table.take(0, 0).is_err());
        assert!(table.take(0, u32::MAX).is_err());
        assert_eq!(table.give(0, 78).unwrap(), handle);
    }

    #[test]
    fn what_is_lent_is_not_given_away_and_is_dropped_before_the_call_ends() {
        let mut table = HandleTable { given: vec![false, true], ..HandleTable::default() };
        assert_eq!(table.lend(0, 77).unwrap(), 77, "a component's own resource crosses as it is");
        let lent = table.lend(1, 5).unwrap();
        assert_eq!(table.rep(1, lent).unwrap(), 5);
        assert!(table.take(1, lent).is_err() && table.end_call().is_err());
        assert_eq!(table.discard(1, lent).unwrap(), None);
        assert!(table.end_call().is_ok());
        let owned = table.give(1, 6).unwrap();
        assert_eq!(table.discard(1, owned).unwrap(), Some(6));
    }

    #[test]
    fn the_limit_holds_at_it_and_one_past_it() {
        let mut table = HandleTable::default();
        for rep in 0..HANDLES_MAX as u32 {
            table.give(0, rep).unwrap();
        }
        assert!(
            matches!(table.give(0, 0), Err(fault) if matches!(*fault, Fault::Limit { which: "handles", .. }))
        );
        table.take(0, 1).unwrap();
        assert!(table.give(0, 0).is_ok());
    }
}
