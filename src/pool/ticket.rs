//! What a piece of work comes to, for whoever waits for it.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tracing::Span;

use super::Member;
use super::lost::Lost;
use super::queue::{Piece, Progress, Queues, Work};
use crate::completion::Completion;
use crate::sandbox::{self, FromScript, Program, Sandbox};

/// A piece of work that was given to a [`Pool`](super::Pool): a future, or something to [`wait`](Self::wait) for. Dropped, the
/// work goes on, and nobody learns what it came to.
#[must_use = "what the work came to is told here alone"]
pub struct Ticket<R> {
    slot: Arc<Slot<R>>,
    queues: Weak<Queues>,
    tenant: u64,
    id: u64,
}

/// Where the answer is put.
struct Slot<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

struct State<R> {
    answer: Option<Result<R, Lost>>,
    waker: Option<Waker>,
}

impl<R> Slot<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, answer: Result<R, Lost>) {
        let mut state = self.lock();
        state.answer = Some(answer);
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<R> Ticket<R> {
    /// Waits for the work to be done.
    ///
    /// # Errors
    /// Why it came to nothing.
    pub fn wait(self) -> Result<R, Lost> {
        let mut state = self.slot.lock();
        loop {
            match state.answer.take() {
                Some(answer) => return answer,
                None => state = self.slot.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes the work back: where it waits, it never runs; where it runs, it is ended and its sandbox condemned; where it is
    /// done, this does nothing.
    pub fn cancel(&self) {
        if let Some(queues) = self.queues.upgrade() {
            queues.cancel(self.tenant, self.id);
        }
    }
}

impl<R> Future for Ticket<R> {
    type Output = Result<R, Lost>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.lock();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// What a piece of work does.
pub(super) trait Task<R>: Send {
    /// Does it, or goes on with it.
    fn step(&mut self, sandbox: &mut Sandbox) -> Step<R>;
}

/// What a step of it came to.
pub(super) enum Step<R> {
    /// It waits, no longer than until then.
    Waits { until: Option<Instant> },
    /// It is done; `None` where it was before.
    Done(Option<R>),
}

/// A function, which keeps its thread until it returns.
pub(super) struct Once<F>(pub(super) Option<F>);

impl<R, F: FnOnce(&mut Sandbox) -> R + Send> Task<R> for Once<F> {
    fn step(&mut self, sandbox: &mut Sandbox) -> Step<R> {
        Step::Done(self.0.take().map(|task| task(sandbox)))
    }
}

/// A run, which leaves its thread to others while it waits.
pub(super) struct Run(pub(super) Option<Program>);

impl<T: FromScript + Send> Task<Completion<T>> for Run {
    fn step(&mut self, sandbox: &mut Sandbox) -> Step<Completion<T>> {
        let step = match self.0.take() {
            Some(program) => Some(sandbox.start(program)),
            None => sandbox.go_on(),
        };
        match step {
            Some(sandbox::Step::Waits { until }) => Step::Waits { until },
            Some(sandbox::Step::Done(completion)) => Step::Done(Some(*completion)),
            None => Step::Done(None),
        }
    }
}

/// A ticket, and the piece of work that it is for. `member` keeps the tenant for as long as it has work.
pub(super) fn pair<R: Send + 'static>(
    queues: &Arc<Queues>,
    member: Arc<Member>,
    task: impl Task<R> + 'static,
) -> (Ticket<R>, Piece) {
    let state = State { answer: None, waker: None };
    let slot = Arc::new(Slot { state: Mutex::new(state), changed: Condvar::new() });
    let (tenant, id) = (member.id, queues.fresh_id());
    let ticket = Ticket { slot: Arc::clone(&slot), queues: Arc::downgrade(queues), tenant, id };
    let work = Job { task, span: Span::current(), answer: None, slot: Some(slot), _member: member };
    (ticket, Piece { id, work: Box::new(work) })
}

/// A task on its way through a queue. Dropped unfinished, it is lost because the pool is closed.
struct Job<R, T> {
    task: T,
    /// The span in which it was given.
    span: Span,
    answer: Option<R>,
    /// `None` once the answer is put.
    slot: Option<Arc<Slot<R>>>,
    _member: Arc<Member>,
}

impl<R: Send, T: Task<R>> Work for Job<R, T> {
    fn run(&mut self, sandbox: &mut Sandbox) -> Progress {
        match self.span.in_scope(|| self.task.step(sandbox)) {
            Step::Waits { until } => Progress::Waits { until },
            Step::Done(answer) => {
                self.answer = answer;
                Progress::Done
            }
        }
    }

    fn finish(mut self: Box<Self>, lost: Option<Lost>) {
        let Some(slot) = self.slot.take() else { return };
        let answer = self.answer.take().ok_or(Lost::Closed);
        slot.put(lost.map_or(answer, Err));
    }
}

impl<R, T> Drop for Job<R, T> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.put(Err(Lost::Closed));
        }
    }
}
