//! The resources of an instance that JavaScript holds: what the bridge calls a representation is an index here.

use wasmtime::component::ResourceAny;

/// Resources by number.
#[derive(Default)]
pub(crate) struct Resources {
    slots: Vec<Option<ResourceAny>>,
    free: Vec<u32>,
}

impl Resources {
    /// Enters a resource. There are as many as handles of JavaScript, which has a limit of them, and some on their way.
    pub(crate) fn insert(&mut self, resource: ResourceAny) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = Some(resource);
                number
            }
            None => {
                self.slots.push(Some(resource));
                // wasmtime gives at most 2^28 handles.
                self.slots.len() as u32 - 1
            }
        }
    }

    /// The resource of a number.
    pub(crate) fn get(&self, number: u32) -> Option<ResourceAny> {
        self.slots.get(number as usize).copied().flatten()
    }

    /// Takes a resource out; its number will be another's.
    pub(crate) fn remove(&mut self, number: u32) -> Option<ResourceAny> {
        let resource = self.slots.get_mut(number as usize)?.take()?;
        self.free.push(number);
        Some(resource)
    }
}
