//! What comes to an event loop from other threads.

use std::any::Any;
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tracing::Span;

use crate::failure::Failure;

/// Work for the loop's thread.
pub type Job = Box<dyn for<'s, 'i> FnOnce(&mut v8::PinScope<'s, 'i>) -> Result<(), Failure> + Send>;

pub(crate) type Answer = Box<dyn Any + Send>;

/// A host call that a pool thread has finished, or in which it panicked.
pub(crate) struct Finished {
    pub(crate) id: u64,
    pub(crate) answer: Result<Answer, ()>,
}

/// Wakes a thread that waits. All loops of a thread share one, for while one of them waits the others can be served.
#[derive(Default)]
pub(crate) struct Signal {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// The signal of this thread.
    pub(crate) fn of_thread() -> Arc<Self> {
        thread_local! {
            static SIGNAL: OnceCell<Arc<Signal>> = const { OnceCell::new() };
        }
        SIGNAL.with(|signal| Arc::clone(signal.get_or_init(Arc::default)))
    }

    fn give(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Waits until it is given, or for `until`. One that was given before is not missed.
    pub(crate) fn wait(&self, until: Option<Instant>) {
        let mut given = self.lock();
        while !*given {
            given = match until {
                None => self.changed.wait(given).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    self.changed.wait_timeout(given, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        *given = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits on this thread until something has come for one of its loops, or for `until`.
pub fn wait_on_thread(until: Option<Instant>) {
    Signal::of_thread().wait(until);
}

#[derive(Default)]
struct Mail {
    finished: VecDeque<Finished>,
    /// Each with when it was asked for, where others did, and the span in which it was given.
    jobs: VecDeque<(Job, Option<Instant>, Span)>,
    closed: bool,
}

pub(crate) struct Mailbox {
    mail: Mutex<Mail>,
    signal: Arc<Signal>,
    bell: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Mailbox {
    /// A mailbox of this thread.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { mail: Mutex::default(), signal: Signal::of_thread(), bell: OnceLock::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        if let Some(ring) = self.bell.get() {
            ring();
        }
        // Last: whom this wakes looks at what the bell has noted.
        self.signal.give();
    }

    pub(crate) fn finish(&self, finished: Finished) {
        let mut mail = self.lock();
        if mail.closed {
            return;
        }
        mail.finished.push_back(finished);
        drop(mail);
        self.ring();
    }

    pub(crate) fn take_finished(&self, most: usize) -> Vec<Finished> {
        let mut mail = self.lock();
        let count = mail.finished.len().min(most);
        mail.finished.drain(..count).collect()
    }

    pub(crate) fn take_job(&self) -> Option<(Job, Option<Instant>, Span)> {
        self.lock().jobs.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        let mail = self.lock();
        mail.finished.is_empty() && mail.jobs.is_empty()
    }

    /// Waits until something has come for a loop of this thread, or for `until`.
    pub(crate) fn wait(&self, until: Option<Instant>) {
        self.signal.wait(until);
    }

    /// Drops what has come, and takes no more.
    pub(crate) fn close(&self) {
        let mut mail = self.lock();
        mail.closed = true;
        let dropped = (std::mem::take(&mut mail.finished), std::mem::take(&mut mail.jobs));
        drop(mail);
        // Not kept locked: who waits for a job is told.
        drop(dropped);
    }
}

/// An event loop, from any thread.
#[derive(Clone)]
pub struct LoopHandle(pub(crate) Arc<Mailbox>);

impl LoopHandle {
    /// Wakes the loop where it waits: its turn is over, and whoever runs it looks what has changed.
    pub fn wake(&self) {
        self.0.ring();
    }

    /// Wakes the thread, where it waits, and tells nobody else.
    pub fn wake_thread(&self) {
        self.0.signal.give();
    }

    /// Has the loop do `job` in one of its next turns, in this run of its isolate or in a later one: a run does not wait for
    /// what it may be asked. `asked` is when that began which it belongs to. False where no more are taken; then the job is
    /// dropped.
    #[must_use]
    pub fn post(&self, job: Job, asked: Instant) -> bool {
        self.give(job, Some(asked))
    }

    /// As [`post`](Self::post), for what nobody else has asked for: what it leaves unfinished ends with the run that does it.
    #[must_use]
    pub fn tell(&self, job: Job) -> bool {
        self.give(job, None)
    }

    fn give(&self, job: Job, asked: Option<Instant>) -> bool {
        let mut mail = self.0.lock();
        if mail.closed {
            return false;
        }
        mail.jobs.push_back((job, asked, Span::current()));
        drop(mail);
        self.0.ring();
        true
    }

    /// Has `ring` called whenever something has come or the loop is woken, on the thread that it comes from. The first one that
    /// is given counts.
    pub fn on_mail(&self, ring: impl Fn() + Send + Sync + 'static) {
        // Who comes second is told nothing: see above.
        let _ = self.0.bell.set(Box::new(ring));
    }

    /// True while something is there that was not looked at.
    #[must_use]
    pub fn has_mail(&self) -> bool {
        !self.0.is_empty()
    }
}
