//! The handle table of an instance, by the canonical ABI: what the component calls a handle is an index into it.

use innerbox_bridge_component::plan::ResourceId;
use innerbox_bridge_component::{Fault, Handles};
use wasmtime::Func;

/// Most handles that an instance may own at once: each one is 16 bytes of the host's.
const HANDLES_MAX: usize = 1 << 20;

/// An owned handle of a resource that the component defines.
#[derive(Clone, Copy, Debug)]
struct Owned {
    resource: ResourceId,
    rep: u32,
}

/// The handles that one instance owns, and the destructors of their resources.
#[derive(Default)]
pub(super) struct HandleTable {
    slots: Vec<Option<Owned>>,
    free: Vec<u32>,
    /// By `ResourceId`; set once the instance stands.
    pub(super) destructors: Vec<Option<Func>>,
    /// True once a handle was refused because the table was full.
    pub(super) refused: bool,
}

impl HandleTable {
    /// How many handles the instance owns.
    fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn rep(&self, resource: ResourceId, handle: u32) -> Result<u32, Fault> {
        let index = (handle as usize).checked_sub(1);
        let slot = index.and_then(|index| self.slots.get(index)).and_then(Option::as_ref);
        match slot {
            Some(owned) if owned.resource == resource => Ok(owned.rep),
            _ => Err(Fault::abi(format!("{handle} is no handle of this resource"))),
        }
    }
}

impl Handles for HandleTable {
    fn give(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Fault> {
        if self.live() >= HANDLES_MAX {
            self.refused = true;
            let (used, allowed) = (self.live() as u64 + 1, HANDLES_MAX as u64);
            return Err(Fault::Limit { which: "handles", used, allowed, unit: "" });
        }
        let owned = Some(Owned { resource, rep });
        // Handles start at 1: 0 is never one.
        match self.free.pop() {
            Some(handle) => {
                self.slots[handle as usize - 1] = owned;
                Ok(handle)
            }
            None => {
                self.slots.push(owned);
                Ok(self.slots.len() as u32)
            }
        }
    }

    fn take(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Fault> {
        let rep = self.rep(resource, handle)?;
        self.slots[handle as usize - 1] = None;
        self.free.push(handle);
        Ok(rep)
    }

    /// By the canonical ABI a component gets a borrow of its own resource as the representation itself.
    fn lend(&mut self, _: ResourceId, rep: u32) -> Result<u32, Fault> {
        Ok(rep)
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
    fn the_limit_holds_at_it_and_one_past_it() {
        let mut table = HandleTable::default();
        for rep in 0..HANDLES_MAX as u32 {
            table.give(0, rep).unwrap();
        }
        assert!(matches!(table.give(0, 0), Err(Fault::Limit { which: "handles", .. })));
        table.take(0, 1).unwrap();
        assert!(table.give(0, 0).is_ok());
    }
}
