//! Sandboxes on threads of their own, which any thread may give work.
//!
//! A sandbox belongs to the thread that built it, so each [`Tenant`] of a [`Pool`] is pinned to one of the pool's threads.
//! Its work waits in a queue of its own; a thread takes one piece from each of its tenants in turn, so that a tenant with a
//! thousand pieces waits for itself and not the others for it. A run that waits, for a timer or a promise of the host's, leaves
//! the thread to the others until there is something to do for it: one thread can have thousands of runs that wait.

mod lost;
mod map;
mod queue;
mod ticket;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use lost::Lost;
pub use ticket::Ticket;

use queue::{Full, Piece, Queues};
use ticket::{Once, Run, Task};
use worker::Worker;

use crate::completion::{Completion, Outcome};
use crate::engine::Engine;
use crate::error::Error;
use crate::sandbox::{Argument, FromScript, Program, Sandbox};

/// How a pool works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// Threads, each with its own sandboxes.
    pub threads: usize,
    /// Most pieces of work that one tenant may have waiting; past it, there is an error, or the caller waits.
    pub queued: usize,
    /// Sandboxes that each thread keeps ready for tenants to come.
    pub ready: usize,
}

impl Default for PoolOptions {
    /// A thread for each processor, 1,000 pieces of work a tenant, and two sandboxes ready on each thread.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, queued: 1000, ready: 2 }
    }
}

/// Makes the sandbox of a tenant, on the tenant's thread.
type Make = dyn Fn(&Engine) -> Result<Sandbox, Error> + Send + Sync;

/// Threads that run the sandboxes of many tenants.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Pool, PoolOptions, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let pool = Pool::new(&engine, PoolOptions::default(), |engine| Sandbox::builder(engine).build())?;
/// let (ada, grace) = (pool.tenant(), pool.tenant());
/// ada.eval("var counter = 1").wait()?;
/// let (one, other) = (ada.eval("++counter"), grace.eval("typeof counter"));
/// assert_eq!(one.wait()?.into_value::<u32>()?, 2);
/// assert_eq!(other.wait()?.into_value::<String>()?, "undefined");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A pool that is dropped finishes nothing: what waits is lost, and what runs is ended. See [`drain`](Self::drain).
pub struct Pool {
    workers: Vec<Worker>,
    next_tenant: AtomicU64,
}

impl Pool {
    /// Starts the threads. `make` makes the sandbox of each tenant, on the thread that it is pinned to.
    ///
    /// # Errors
    /// [`Error::Config`] for no thread, and where the system refuses one.
    pub fn new(
        engine: &Engine,
        options: PoolOptions,
        make: impl Fn(&Engine) -> Result<Sandbox, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        if options.threads == 0 {
            return Err(Error::Config("`threads`: a pool needs one at least".to_owned()));
        }
        let make: Arc<Make> = Arc::new(make);
        let start = |number| Worker::start(number, engine, options, Arc::clone(&make));
        let workers = (0..options.threads).map(start).collect::<Result<_, _>>()?;
        Ok(Self { workers, next_tenant: AtomicU64::new(0) })
    }

    /// A tenant with a sandbox of its own, pinned to the thread that has the fewest. The sandbox is one of those that stand
    /// ready, or is made when the tenant first has work.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        let id = self.next_tenant.fetch_add(1, Ordering::Relaxed);
        let fewest = self.workers.iter().map(Worker::queues).min_by_key(|queues| queues.tenants());
        // There is one thread at least.
        let queues = Arc::clone(fewest.unwrap_or_else(|| self.workers[0].queues()));
        queues.enter(id);
        Tenant { member: Arc::new(Member { id, queues }) }
    }

    /// Runs a script in a sandbox that has run nothing, and is gone afterwards.
    pub fn eval_once(&self, source: impl Into<String>) -> Ticket<Completion> {
        self.tenant().eval(source)
    }

    /// Finishes all that waits, takes nothing more, and ends the threads.
    pub fn drain(mut self) {
        self.workers.iter().for_each(|worker| worker.queues().drain());
        self.workers.iter_mut().for_each(Worker::join);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.workers.iter().for_each(|worker| worker.queues().stop());
        self.workers.iter_mut().for_each(Worker::join);
    }
}

/// One sandbox of a [`Pool`], from any thread. A clone is another handle to the same; the sandbox goes with the last one, once
/// it has done its work.
///
/// A tenant whose sandbox was condemned stays so: every piece of work finds it dead.
#[derive(Clone)]
pub struct Tenant {
    member: Arc<Member>,
}

/// A tenant's place in the queues of a thread; it leaves when this is dropped.
struct Member {
    id: u64,
    queues: Arc<Queues>,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.queues.leave(self.id);
    }
}

impl Tenant {
    /// As [`Sandbox::eval`], on the tenant's thread, which others have while the script waits. Of the tenant's own work nothing
    /// is begun before the run is over. Waits where the tenant's queue is full.
    pub fn eval(&self, source: impl Into<String>) -> Ticket<Completion> {
        self.run(Program::Script { source: source.into() })
    }

    /// As [`Sandbox::eval_into`], and as [`eval`](Self::eval).
    ///
    /// # Examples
    /// One tenant calls a function of another:
    /// ```
    /// # use innerbox::{Config, Engine, Pool, PoolOptions, Reference, Sandbox};
    /// # let engine = Engine::new(Config::default())?;
    /// # let pool = Pool::new(&engine, PoolOptions::default(), |engine| Sandbox::builder(engine).build())?;
    /// let (ada, grace) = (pool.tenant(), pool.tenant());
    /// let add = grace.eval_into::<Reference>("(a, b) => a + b").wait()?.into_returned()?;
    /// ada.set_global("add", add).wait()?;
    /// assert_eq!(ada.eval("add.apply(undefined, [1, 2])").wait()?.into_value::<u32>()?, 3);
    /// assert_eq!(ada.eval("add.applySync(undefined, [3, 4])").wait()?.into_value::<u32>()?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn eval_into<T: FromScript + Send + 'static>(
        &self,
        source: impl Into<String>,
    ) -> Ticket<Completion<T>> {
        self.run(Program::Script { source: source.into() })
    }

    /// Sets a property of the sandbox's global object, on the tenant's thread. Waits where the tenant's queue is full.
    pub fn set_global(&self, key: impl Into<String>, value: impl Into<Argument>) -> Ticket<Completion> {
        let (key, value) = (key.into(), value.into());
        self.schedule(move |sandbox| match sandbox.global() {
            Completion { outcome: Outcome::Returned { value: global }, .. } => {
                sandbox.set(&global, &key, value)
            }
            Completion { outcome, usage } => Completion { outcome: outcome.without_value(), usage },
        })
    }

    /// As [`Sandbox::run_module_source`], and as [`eval`](Self::eval).
    pub fn run_module_source(
        &self,
        name: impl Into<String>,
        source: impl Into<String>,
    ) -> Ticket<Completion> {
        self.run(Program::Module { name: name.into(), source: source.into() })
    }

    /// Runs `task` with the tenant's sandbox, on its thread, after all that waits already. Waits where the queue is full. The
    /// thread is the task's until it returns: a run that waits in it keeps the other tenants waiting.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Pool, PoolOptions, Sandbox};
    /// # let engine = Engine::new(Config::default())?;
    /// # let pool = Pool::new(&engine, PoolOptions::default(), |engine| Sandbox::builder(engine).build())?;
    /// let tenant = pool.tenant();
    /// let twice = tenant.schedule(|sandbox| {
    ///     sandbox.eval("var calls = 1");
    ///     sandbox.eval("++calls").into_value::<u32>()
    /// });
    /// assert_eq!(twice.wait()??, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn schedule<R: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Sandbox) -> R + Send + 'static,
    ) -> Ticket<R> {
        self.wait_for_room(Once(Some(task)))
    }

    fn run<T: FromScript + Send + 'static>(&self, program: Program) -> Ticket<Completion<T>> {
        self.wait_for_room(Run(Some(program)))
    }

    fn wait_for_room<R: Send + 'static>(&self, task: impl Task<R> + 'static) -> Ticket<R> {
        let (ticket, piece) = self.piece(task);
        self.member.queues.push_waiting(self.member.id, piece);
        ticket
    }

    /// As [`schedule`](Self::schedule), and never waits.
    ///
    /// # Errors
    /// [`Error::Busy`] where the tenant's queue is full.
    pub fn try_schedule<R: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Sandbox) -> R + Send + 'static,
    ) -> Result<Ticket<R>, Error> {
        let (ticket, piece) = self.piece(Once(Some(task)));
        match self.member.queues.push(self.member.id, piece) {
            Ok(()) => Ok(ticket),
            Err(Full { waiting }) => Err(Error::Busy { waiting }),
        }
    }

    /// Ends what the tenant runs, loses what waits, and condemns its sandbox.
    pub fn dispose(&self) {
        self.member.queues.dispose(self.member.id);
    }

    fn piece<R: Send + 'static>(&self, task: impl Task<R> + 'static) -> (Ticket<R>, Piece) {
        ticket::pair(&self.member.queues, Arc::clone(&self.member), task)
    }
}
