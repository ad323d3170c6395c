//! What an instance's event loop shares with the thread of its isolate.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use innerbox_bridge_component::plan::ImportId;
use innerbox_bridge_component::{Answer, Arguments, CallId, Done, Errand, Errands, Fault, Pipe, Slot};
use tokio::sync::oneshot::{Receiver, channel};
use tokio::task::yield_now;
use wasmtime::Result;
use wasmtime::component::GuestTaskId;

use super::charge::{Charge, InFlight};

use super::compiled::Compiled;
use crate::general::resources::Resources;
use crate::limits::ExtensionLimits;

/// See the module.
pub(super) struct Shared {
    pub(super) compiled: Arc<Compiled>,
    pub(super) limits: ExtensionLimits,
    generation: u32,
    /// Where it brings what it asks of JavaScript.
    errands: Option<Arc<Errands>>,
    resources: Mutex<Resources>,
    /// What the bridge found, of which wasmtime's error says less.
    fault: Mutex<Option<Box<Fault>>>,
    open: Mutex<Open>,
    /// The calls that go on, by the tasks that wasmtime has for them.
    tasks: Mutex<HashMap<GuestTaskId, CallId>>,
    /// Threads that wait for calls.
    listeners: Mutex<Vec<Sender<Told>>>,
    in_flight: Arc<InFlight>,
}

/// What a thread is told that waits for a call.
pub(super) enum Told {
    /// How it ended.
    Ended(Result<Answer, Box<Fault>>),
    /// That the component asks something of JavaScript.
    Asked,
}

/// What would be left hanging, if the instance died and nobody were told.
#[derive(Default)]
struct Open {
    /// Why the instance is dead, once it is.
    dead: Option<Box<Fault>>,
    calls: HashMap<CallId, Done>,
    pipes: Vec<Weak<Pipe>>,
    slots: Vec<Weak<Slot<Answer>>>,
}

impl Shared {
    pub(super) fn new(
        compiled: &Arc<Compiled>,
        limits: ExtensionLimits,
        generation: u32,
        errands: Option<Arc<Errands>>,
    ) -> Self {
        Self {
            compiled: Arc::clone(compiled),
            limits,
            generation,
            errands,
            resources: Mutex::default(),
            fault: Mutex::default(),
            open: Mutex::default(),
            tasks: Mutex::default(),
            listeners: Mutex::default(),
            in_flight: Arc::default(),
        }
    }

    /// What JavaScript holds of the instance.
    pub(super) fn resources(&self) -> MutexGuard<'_, Resources> {
        self.resources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a fault that the bridge found, and gives the error that takes its place in wasmtime.
    pub(super) fn found(&self, fault: Box<Fault>) -> wasmtime::Error {
        let error = wasmtime::Error::msg(format!("{fault:?}"));
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        error
    }

    /// What the bridge found.
    pub(super) fn take_fault(&self) -> Option<Box<Fault>> {
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
        !open.calls.is_empty()
            || pipes
            || self.in_flight.is_any()
            || open.slots.iter().any(|slot| slot.strong_count() > 0)
    }

    /// Enters a call; false where the instance is dead, which is told.
    pub(super) fn enter(&self, number: CallId, done: Done) -> bool {
        let mut open = self.open();
        if let Some(fault) = open.dead.clone() {
            drop(open);
            done(Err(fault));
            return false;
        }
        open.calls.insert(number, done);
        true
    }

    /// Takes out a call that has ended.
    pub(super) fn leave(&self, number: CallId) -> Option<Done> {
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
        let others = fault.told_to(None);
        let dead = Open { dead: Some(others.clone()), ..Open::default() };
        let Open { calls, pipes, slots, .. } = std::mem::replace(&mut *open, dead);
        drop(open);
        pipes.iter().filter_map(Weak::upgrade).for_each(|pipe| pipe.fail(others.clone()));
        slots.iter().filter_map(Weak::upgrade).for_each(|slot| slot.fill(Err(others.clone())));
        calls.into_iter().for_each(|(number, done)| done(Err(fault.told_to(Some(number)))));
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<GuestTaskId, CallId>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes which task a call is.
    pub(super) fn begin(&self, task: GuestTaskId, call: CallId) {
        self.tasks().insert(task, call);
    }

    /// Notes that a call has its answer; its task may go on, or its number be another call's by now.
    pub(super) fn end(&self, task: GuestTaskId, call: CallId) {
        let mut tasks = self.tasks();
        if tasks.get(&task) == Some(&call) {
            tasks.remove(&task);
        }
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Sender<Told>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a thread that waits told when the component asks something; until the answer is dropped.
    pub(super) fn listen(self: &Arc<Self>, listener: Sender<Told>) -> Listening {
        self.listeners().push(listener);
        Listening(Arc::clone(self))
    }

    /// Counts what an import is passed, until it is answered.
    ///
    /// # Errors
    /// A limit, where too much waits already.
    pub(super) fn charge(&self, bytes: usize) -> Result<Charge, Box<Fault>> {
        InFlight::charge(&self.in_flight, bytes, self.limits.crossing_bytes)
    }

    /// Has the isolate's thread call what JavaScript gave.
    ///
    /// # Errors
    /// A host fault where there is no such thread.
    pub(super) fn ask(
        self: &Arc<Self>,
        import: ImportId,
        task: Option<GuestTaskId>,
        arguments: Answer,
        charge: Charge,
    ) -> Result<Asking> {
        let errands = self.errands.as_ref();
        let errands =
            errands.ok_or_else(|| wasmtime::Error::msg("host fault: nobody answers for JavaScript"))?;
        let call = task.and_then(|task| self.tasks().get(&task).copied());
        let (sender, receiver) = channel();
        let reply = move |answered| {
            drop(charge);
            // Where the instance has died meanwhile, nobody waits.
            let _ = sender.send(answered);
        };
        let generation = self.generation;
        errands.ask(Errand { import, generation, call, arguments, reply: Box::new(reply) });
        for listener in &*self.listeners() {
            // Who has stopped waiting needs not be woken.
            let _ = listener.send(Told::Asked);
        }
        Ok(Asking { shared: Arc::clone(self), receiver })
    }

    /// Tells JavaScript that a resource of its own was dropped.
    pub(super) fn dropped(&self, rep: u32) {
        if let Some(errands) = &self.errands {
            errands.dropped(self.generation, rep);
        }
    }
}

/// A thread that waits for a call.
pub(super) struct Listening(Arc<Shared>);

impl Drop for Listening {
    fn drop(&mut self) {
        // They are all the isolate's thread, so what waits last has begun last.
        self.0.listeners().pop();
    }
}

/// A call of what JavaScript gave, on its way.
pub(super) struct Asking {
    shared: Arc<Shared>,
    receiver: Receiver<Result<Arguments, Box<Fault>>>,
}

impl Asking {
    /// What it came to.
    ///
    /// # Errors
    /// What ended it: the instance, too, is at its end.
    pub(super) async fn answered(self) -> Result<Arguments> {
        let over = || Fault::abi("what it asked of JavaScript will not be answered: the run is over");
        let answered = self.receiver.await.unwrap_or_else(|_| Err(over()));
        if answered.is_err() {
            // An answer that the call has given before it asked goes its way first, however soon this came.
            yield_now().await;
        }
        answered.map_err(|fault| self.shared.found(fault))
    }
}
