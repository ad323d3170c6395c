//! One thread of a pool, with the sandboxes that are pinned to it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use innerbox_binding::{Neighbours, Served, set_neighbours};

use super::lost::Lost;
use super::queue::{Piece, Progress, Queues, Step};
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
            .spawn(move || Sandboxes::new(engine, make, options.ready, mine).work())
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

/// What lives on the thread. A sandbox that runs is taken out, so that others can be run from within its run.
struct Sandboxes {
    engine: Engine,
    make: Arc<Make>,
    queues: Arc<Queues>,
    /// By tenant.
    taken: RefCell<HashMap<u64, Sandbox>>,
    /// By tenant: the work that waits for what will come for its sandbox.
    waiting: RefCell<HashMap<u64, Piece>>,
    /// Tenants by the number under which other sandboxes know theirs.
    homes: RefCell<HashMap<u64, u64>>,
    /// When tenants' sandboxes have something to do next, without anything coming for them.
    due: RefCell<HashMap<u64, Instant>>,
    ready: RefCell<Vec<Sandbox>>,
    /// How many are kept ready. None are once making one has failed: tenants are told why.
    keep: Cell<usize>,
}

impl Sandboxes {
    fn new(engine: Engine, make: Arc<Make>, keep: usize, queues: Arc<Queues>) -> Rc<Self> {
        Rc::new(Self {
            engine,
            make,
            queues,
            taken: RefCell::default(),
            waiting: RefCell::default(),
            homes: RefCell::default(),
            due: RefCell::default(),
            ready: RefCell::default(),
            keep: Cell::new(keep),
        })
    }

    fn work(self: Rc<Self>) {
        set_neighbours(Rc::new(Near(Rc::downgrade(&self))));
        loop {
            let too_few = self.ready.borrow().len() < self.keep.get();
            match self.queues.next(too_few, self.next_due()) {
                Step::Run(tenant, piece) => self.run(tenant, piece),
                Step::Serve => drop(self.serve()),
                Step::Drop(tenant) => self.drop_tenant(tenant),
                Step::Idle => self.prepare(),
                Step::Stop => return,
            }
        }
    }

    fn drop_tenant(&self, tenant: u64) {
        let waiting = self.waiting.borrow_mut().remove(&tenant);
        if let Some(piece) = waiting {
            self.finish(tenant, piece, Some(Lost::Disposed));
        }
        let sandbox = self.taken.borrow_mut().remove(&tenant);
        self.homes.borrow_mut().retain(|_, other| *other != tenant);
        self.due.borrow_mut().remove(&tenant);
        drop(sandbox);
    }

    fn prepare(&self) {
        match (self.make)(&self.engine) {
            Ok(mut sandbox) => {
                sandbox.warm_up();
                self.ready.borrow_mut().push(sandbox);
            }
            Err(_) => self.keep.set(0),
        }
    }

    fn run(&self, tenant: u64, piece: Piece) {
        match self.take(tenant) {
            Ok(sandbox) if self.queues.begin(tenant, &sandbox.handle()) => {
                self.advance(tenant, sandbox, piece)
            }
            Ok(sandbox) => {
                self.put_back(tenant, sandbox, None);
                self.finish(tenant, piece, None);
            }
            Err(error) => self.finish(tenant, piece, Some(Lost::Sandbox(error))),
        }
    }

    /// Goes on with a piece of work until it is done, or waits.
    fn advance(&self, tenant: u64, mut sandbox: Sandbox, mut piece: Piece) {
        match catch_unwind(AssertUnwindSafe(|| piece.work.run(&mut sandbox))) {
            Ok(Progress::Waits { until }) => {
                self.waiting.borrow_mut().insert(tenant, piece);
                self.put_back(tenant, sandbox, until);
            }
            Ok(Progress::Done) => {
                self.put_back(tenant, sandbox, None);
                self.finish(tenant, piece, None);
            }
            Err(panic) => {
                self.put_back(tenant, sandbox, None);
                let message = innerbox_binding::panic_message(&*panic);
                self.finish(tenant, piece, Some(Lost::Panicked(message)));
            }
        }
    }

    fn finish(&self, tenant: u64, piece: Piece, lost: Option<Lost>) {
        piece.work.finish(self.queues.end(tenant).or(lost));
    }

    /// The tenant's sandbox, taken out, or a fresh one.
    fn take(&self, tenant: u64) -> Result<Sandbox, Error> {
        // What becomes due is its own business while it runs.
        self.due.borrow_mut().remove(&tenant);
        if let Some(sandbox) = self.taken.borrow_mut().remove(&tenant) {
            return Ok(sandbox);
        }
        let ready = self.ready.borrow_mut().pop();
        let sandbox = match ready {
            Some(sandbox) => sandbox,
            None => (self.make)(&self.engine)?,
        };
        let queues = Arc::downgrade(&self.queues);
        sandbox.on_request(move || {
            if let Some(queues) = queues.upgrade() {
                queues.ring(tenant);
            }
        });
        self.homes.borrow_mut().insert(sandbox.home(), tenant);
        Ok(sandbox)
    }

    /// Puts a sandbox back that was taken out, and notes what it has to do next, at the latest then.
    fn put_back(&self, tenant: u64, sandbox: Sandbox, until: Option<Instant>) {
        if sandbox.has_requests() {
            self.queues.ring(tenant);
        }
        match sandbox.next_due().into_iter().chain(until).min() {
            Some(due) => self.due.borrow_mut().insert(tenant, due),
            None => self.due.borrow_mut().remove(&tenant),
        };
        self.taken.borrow_mut().insert(tenant, sandbox);
    }

    fn next_due(&self) -> Option<Instant> {
        self.due.borrow().values().min().copied()
    }

    /// Has the sandboxes that do nothing do what has come for them, and what is due, and those that wait go on. Those that are
    /// being run see to it themselves.
    fn serve(&self) -> Served {
        let now = Instant::now();
        let mut tenants = self.queues.take_rung();
        tenants.extend(self.due.borrow().iter().filter(|(_, due)| **due <= now).map(|(tenant, _)| *tenant));
        let mut ran = false;
        for tenant in tenants {
            let sandbox = self.taken.borrow_mut().remove(&tenant);
            if let Some(mut sandbox) = sandbox {
                ran = true;
                self.due.borrow_mut().remove(&tenant);
                let waiting = self.waiting.borrow_mut().remove(&tenant);
                match waiting {
                    Some(piece) => self.advance(tenant, sandbox, piece),
                    None => {
                        sandbox.attend_now();
                        self.put_back(tenant, sandbox, None);
                    }
                }
            }
        }
        Served { ran, next: self.next_due() }
    }
}

/// The sandboxes of a thread, as they know each other.
struct Near(Weak<Sandboxes>);

impl Neighbours for Near {
    fn is_free(&self, isolate: u64) -> bool {
        let Some(sandboxes) = self.0.upgrade() else { return false };
        let tenant = sandboxes.homes.borrow().get(&isolate).copied();
        tenant.is_some_and(|tenant| sandboxes.taken.borrow().contains_key(&tenant))
    }

    fn serve(&self) -> Served {
        self.0.upgrade().map_or(Served::NOTHING, |sandboxes| sandboxes.serve())
    }
}
