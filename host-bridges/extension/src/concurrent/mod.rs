//! Asynchronous components: their calls go on side by side, in an event loop of the instance's own.
//!
//! They need wasmtime's second engine, whose calls cost more, and threads that are neither the isolate's nor the pool's: a
//! loop that waits occupies none. What crosses is copied on the isolate's thread, and lowered and lifted in the loop.

mod charge;
mod compiled;
mod dynamic;
pub(super) mod ends;
mod imports;
mod lifting;
mod live;
mod network;
mod task;

use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use innerbox_bridge_component::plan::{FunctionId, ResourceId};
use innerbox_bridge_component::{
    Answer, Arguments, CallId, Canceller, CoreValue, Crossing, Done, Door, Errands, Fault, Maker, SideBySide,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tracing::Span;

pub(super) use compiled::Compiled;
use live::{Shared, Told};
use task::Command;

use super::handles::HANDLES_MAX;
use super::store::{fresh_generation, store};
use super::wasi::Lending;
use crate::interrupt::{CallAllowance, Interrupt};
use crate::limits::ExtensionLimits;

/// A thread that waits for a call looks this often whether its run has ended.
const SLICE: Duration = Duration::from_millis(5);

/// An asynchronous component in one sandbox.
pub(super) struct ConcurrentDoor(Arc<Component>);

struct Component {
    compiled: Arc<Compiled>,
    lending: Arc<Lending>,
    limits: ExtensionLimits,
    interrupt: Arc<Interrupt>,
    live: Mutex<Option<Live>>,
    /// Where it brings what it asks of JavaScript.
    errands: OnceLock<Arc<Errands>>,
}

/// An instance and its event loop.
struct Live {
    generation: u32,
    shared: Arc<Shared>,
    commands: UnboundedSender<Command>,
    task: AbortHandle,
    /// Its own, for an instance that is being ended may take a last turn beside the next one.
    interrupt: Arc<Interrupt>,
}

impl ConcurrentDoor {
    pub(super) fn new(
        compiled: Arc<Compiled>,
        lending: Arc<Lending>,
        limits: ExtensionLimits,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        let (live, errands) = (Mutex::default(), OnceLock::new());
        Self(Arc::new(Component { compiled, lending, limits, interrupt, live, errands }))
    }
}

impl Component {
    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the live instance.
    fn with_live<R>(&self, body: impl FnOnce(&Live) -> R) -> Option<R> {
        self.live().as_ref().filter(|live| !live.shared.is_dead()).map(body)
    }

    fn spawn(&self) -> Result<Live, Box<Fault>> {
        let runtime = runtime().ok_or_else(|| Fault::abi("the system refuses threads for it"))?;
        let interrupt = self.interrupt.part();
        let mut store = store(&self.compiled.wasm, &self.lending, self.limits, &interrupt);
        store.set_max_component_handles(HANDLES_MAX);
        let generation = fresh_generation();
        let errands = self.errands.get().cloned();
        let shared = Arc::new(Shared::new(&self.compiled, self.limits, generation, errands));
        let (commands, receiver) = unbounded_channel();
        let allowance = CallAllowance::new(self.limits.call_wall);
        let task = task::run(Arc::clone(&shared), store, receiver, Arc::clone(&interrupt), allowance);
        let task = runtime.spawn(task).abort_handle();
        Ok(Live { generation, shared, commands, task, interrupt })
    }

    /// Ends the live instance, in the middle of whatever it does.
    fn end(&self, fault: &Fault) {
        if let Some(live) = self.live().take() {
            live.shared.die(fault);
            live.task.abort();
            live.interrupt.cancel_call();
            self.compiled.wasm.increment_epoch();
        }
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        self.end(&Fault::Terminated);
    }
}

impl Door for ConcurrentDoor {
    fn open(&mut self) -> Result<u32, Box<Fault>> {
        if let Some(generation) = self.0.with_live(|live| live.generation) {
            return Ok(generation);
        }
        let live = self.0.spawn()?;
        let generation = live.generation;
        *self.0.live() = Some(live);
        Ok(generation)
    }

    fn generation(&self) -> u32 {
        self.0.with_live(|live| live.generation).unwrap_or_default()
    }

    fn crossing_bytes(&self) -> usize {
        self.0.limits.crossing_bytes
    }

    fn call(&mut self, _: FunctionId, _: &mut dyn Crossing) -> Result<(), Box<Fault>> {
        Err(Fault::abi("host fault: an asynchronous component is called on its own thread"))
    }

    fn call_scalar(&mut self, _: FunctionId, _: &mut [CoreValue]) -> Result<(), Box<Fault>> {
        Err(Fault::abi("host fault: an asynchronous component is called on its own thread"))
    }

    fn destroy(&mut self, _: ResourceId, rep: u32, _: &mut dyn Crossing) -> Result<(), Box<Fault>> {
        self.0.with_live(|live| {
            if let Some(resource) = live.shared.resources().remove(rep) {
                // Where the loop has ended, so has the resource.
                let _ = live.commands.send(Command::Drop(resource));
            }
        });
        Ok(())
    }

    fn canceller(&self) -> Canceller {
        Arc::new(|| {})
    }

    fn side_by_side(&self) -> Option<Arc<dyn SideBySide>> {
        Some(Arc::clone(&self.0) as _)
    }

    fn maker(&self) -> Maker {
        let component = Arc::clone(&self.0);
        Rc::new(move || {
            let Component { compiled, lending, limits, interrupt, .. } = &*component;
            let (compiled, lending) = (Arc::clone(compiled), Arc::clone(lending));
            Box::new(Self::new(compiled, lending, *limits, interrupt.part()))
        })
    }

    fn condemn(&mut self) {
        self.0.end(&Fault::abi("the component's instance is dead"));
    }
}

impl SideBySide for Component {
    fn report_to(&self, errands: Arc<Errands>) {
        // An instance has one number in its isolate, so there is never another one.
        let _ = self.errands.set(errands);
    }

    fn start(&self, number: CallId, function: FunctionId, arguments: Arguments, done: Done) {
        let live = self.live();
        let Some(live) = live.as_ref() else {
            return done(Err(Fault::abi("the component's instance is dead")));
        };
        if !live.shared.enter(number, done) {
            return;
        }
        let span = Span::current();
        if live.commands.send(Command::Call { number, function, arguments, span }).is_err()
            && let Some(done) = live.shared.leave(number)
        {
            done(Err(Fault::abi("the component's instance is dead")));
        }
    }

    fn wait(
        &self,
        number: CallId,
        function: FunctionId,
        arguments: Arguments,
        attend: &mut dyn FnMut() -> Result<(), Box<Fault>>,
    ) -> Result<Answer, Box<Fault>> {
        let (sender, receiver) = channel();
        let _listening = self.with_live(|live| live.shared.listen(sender.clone()));
        let done = move |answer| {
            // Where nobody waits any more, the answer is dropped.
            let _ = sender.send(Told::Ended(answer));
        };
        self.start(number, function, arguments, Box::new(done));
        let started = Instant::now();
        loop {
            attend()?;
            match receiver.recv_timeout(SLICE) {
                Ok(Told::Ended(answer)) => return answer,
                Ok(Told::Asked) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Fault::abi("the component's instance has ended"));
                }
                Err(RecvTimeoutError::Timeout) if self.interrupt.fired() => {
                    return Err(Fault::Terminated.into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let Some(wall) = self.limits.call_wall.filter(|wall| started.elapsed() > *wall) else { continue };
            let allowed = wall.as_millis() as u64;
            let fault =
                Box::new(Fault::Limit { which: "wall time of one call", used: allowed, allowed, unit: "ms" });
            self.end(&fault);
            return Err(fault);
        }
    }

    fn rest(&self) {
        if self.with_live(|live| live.shared.is_busy()).unwrap_or_default() {
            self.end(&Fault::abi("the run that it was for is over"));
        }
    }
}

/// The threads of all event loops, started with the first.
fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || Builder::new_multi_thread().thread_name("innerbox-async").enable_all().build().ok();
    RUNTIME.get_or_init(start).as_ref()
}
