//! What an instance's event loop shares with the thread of its isolate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use innerbox_bridge_component::{Answer, Done, Fault, Pipe, Slot};

use super::compiled::Compiled;
use crate::general::resources::Resources;
use crate::limits::ExtensionLimits;

/// See the module.
pub(super) struct Shared {
    pub(super) compiled: Arc<Compiled>,
    pub(super) limits: ExtensionLimits,
    resources: Mutex<Resources>,
    /// What the bridge found, of which wasmtime's error says less.
    fault: Mutex<Option<Fault>>,
    open: Mutex<Open>,
}

/// What would be left hanging, if the instance died and nobody were told.
#[derive(Default)]
struct Open {
    /// Why the instance is dead, once it is.
    dead: Option<Fault>,
    last: u64,
    calls: HashMap<u64, Done>,
    pipes: Vec<Weak<Pipe>>,
    slots: Vec<Weak<Slot<Answer>>>,
}

impl Shared {
    pub(super) fn new(compiled: &Arc<Compiled>, limits: ExtensionLimits) -> Self {
        Self {
            compiled: Arc::clone(compiled),
            limits,
            resources: Mutex::default(),
            fault: Mutex::default(),
            open: Mutex::default(),
        }
    }

    /// What JavaScript holds of the instance.
    pub(super) fn resources(&self) -> MutexGuard<'_, Resources> {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a fault that the bridge found, and gives the error that takes its place in wasmtime.
    pub(super) fn found(&self, fault: Fault) -> wasmtime::Error {
        let error = wasmtime::Error::msg(format!("{fault:?}"));
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        error
    }

    /// What the bridge found.
    pub(super) fn take_fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True once the instance is dead.
    pub(super) fn is_dead(&self) -> bool {
        self.open().dead.is_some()
    }

    /// True where somebody waits for something that the instance does.
    pub(super) fn is_busy(&self) -> bool {
        let open = self.open();
        let pipes = open.pipes.iter().filter_map(Weak::upgrade).any(|pipe| !pipe.is_over());
        !open.calls.is_empty() || pipes || open.slots.iter().any(|slot| slot.strong_count() > 0)
    }

    /// Enters a call, and gives its number; none where the instance is dead, which is told.
    pub(super) fn enter(&self, done: Done) -> Option<u64> {
        let mut open = self.open();
        if let Some(fault) = open.dead.clone() {
            drop(open);
            done(Err(fault));
            return None;
        }
        open.last += 1;
        let number = open.last;
        open.calls.insert(number, done);
        Some(number)
    }

    /// Takes out a call that has ended.
    pub(super) fn leave(&self, number: u64) -> Option<Done> {
        self.open().calls.remove(&number)
    }

    /// Notes a stream that the instance writes.
    pub(super) fn keep_pipe(&self, pipe: &Arc<Pipe>) {
        let mut open = self.open();
        open.pipes.retain(|pipe| pipe.strong_count() > 0);
        open.pipes.push(Arc::downgrade(pipe));
    }

    /// Notes a future that the instance is to fulfil.
    pub(super) fn keep_slot(&self, slot: &Arc<Slot<Answer>>) {
        let mut open = self.open();
        open.slots.retain(|slot| slot.strong_count() > 0);
        open.slots.push(Arc::downgrade(slot));
    }

    /// Declares the instance dead, and tells everybody who waits for it. Only the first reason counts.
    pub(super) fn die(&self, fault: &Fault) {
        let mut open = self.open();
        if open.dead.is_some() {
            return;
        }
        let dead = Open { dead: Some(fault.clone()), ..Open::default() };
        let Open { calls, pipes, slots, .. } = std::mem::replace(&mut *open, dead);
        drop(open);
        pipes.iter().filter_map(Weak::upgrade).for_each(|pipe| pipe.fail(fault.clone()));
        slots.iter().filter_map(Weak::upgrade).for_each(|slot| slot.fill(Err(fault.clone())));
        calls.into_values().for_each(|done| done(Err(fault.clone())));
    }
}
