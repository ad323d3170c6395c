//! One thread of a pool, with the sandboxes that are pinned to it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::queue::{Piece, Queues, Step};
use super::ticket::Lost;
use super::{Make, PoolOptions};
use crate::engine::Engine;
use crate::error::Error;
use crate::sandbox::Sandbox;

/// Stack of each thread: V8 takes 984 KiB of it and a component 512 KiB, and each may call the other.
const STACK_BYTES: usize = 4 << 20;

pub(super) struct Worker {
    queues: Arc<Queues>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(
        number: usize,
        engine: &Engine,
        options: PoolOptions,
        make: Arc<Make>,
    ) -> Result<Self, Error> {
        let queues = Arc::new(Queues::new(options.queued));
        let (engine, mine) = (engine.clone(), Arc::clone(&queues));
        let thread = std::thread::Builder::new()
            .name(format!("innerbox-pool-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || Sandboxes::new(engine, make, options.ready).work(&mine))
            .map_err(|error| Error::Config(format!("a thread of the pool: {error}")))?;
        Ok(Self { queues, thread: Some(thread) })
    }

    pub(super) fn queues(&self) -> &Arc<Queues> {
        &self.queues
    }

    pub(super) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // What panicked has been told by the panic hook.
            let _ = thread.join();
        }
    }
}

/// What lives on the thread.
struct Sandboxes {
    engine: Engine,
    make: Arc<Make>,
    /// By tenant.
    taken: HashMap<u64, Sandbox>,
    ready: Vec<Sandbox>,
    /// How many are kept ready. None are once making one has failed: tenants are told why.
    keep: usize,
}

impl Sandboxes {
    fn new(engine: Engine, make: Arc<Make>, keep: usize) -> Self {
        Self { engine, make, taken: HashMap::new(), ready: Vec::new(), keep }
    }

    fn work(mut self, queues: &Queues) {
        loop {
            match queues.next(self.ready.len() < self.keep) {
                Step::Run(tenant, piece) => self.run(queues, tenant, piece),
                Step::Drop(tenant) => drop(self.taken.remove(&tenant)),
                Step::Idle => self.prepare(),
                Step::Stop => return,
            }
        }
    }

    fn prepare(&mut self) {
        match (self.make)(&self.engine) {
            Ok(sandbox) => self.ready.push(sandbox),
            Err(_) => self.keep = 0,
        }
    }

    fn run(&mut self, queues: &Queues, tenant: u64, piece: Piece) {
        let Piece { mut work, .. } = piece;
        let ran = match self.sandbox(tenant) {
            Ok(sandbox) if queues.begin(tenant, &sandbox.handle()) => {
                catch_unwind(AssertUnwindSafe(|| work.run(sandbox)))
                    .map_err(|panic| Lost::Panicked(innerbox_binding::panic_message(&*panic)))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Lost::Sandbox(error)),
        };
        let lost = queues.end().or(ran.err());
        work.finish(lost);
    }

    fn sandbox(&mut self, tenant: u64) -> Result<&mut Sandbox, Error> {
        if !self.taken.contains_key(&tenant) {
            let sandbox = match self.ready.pop() {
                Some(sandbox) => sandbox,
                None => (self.make)(&self.engine)?,
            };
            self.taken.insert(tenant, sandbox);
        }
        self.taken.get_mut(&tenant).ok_or_else(|| Error::Isolate("host fault: no sandbox".to_owned()))
    }
}
