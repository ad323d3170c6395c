//! Work that finishes later: timers, and host calls on the rayon pool that settle a promise.
//!
//! One loop belongs to one isolate and its thread. A turn runs what is due; where nothing is, it waits. Every callback
//! runs in the [`Flow`] that was current when it was registered.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};
use std::{cell::Cell, cell::RefCell};

use tracing::Span;

use crate::failure::{Failure, OrPending, Outcome};
use crate::flow::Flow;
use crate::meter::Meter;

/// How much unfinished work an isolate may have.
#[derive(Clone, Copy, Debug)]
pub struct LoopLimits {
    /// Most timers at once.
    pub timers: usize,
    /// Most promises of host calls at once.
    pub pending: usize,
}

impl Default for LoopLimits {
    fn default() -> Self {
        Self { timers: 10_000, pending: 10_000 }
    }
}

/// What a turn of the loop did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something ran; there may be more.
    Ran,
    /// Nothing is left to wait for.
    Idle,
    /// The time given passed, and nothing became due.
    Late,
}

/// The unfinished work of one isolate.
pub struct EventLoop {
    limits: LoopLimits,
    next_id: Cell<u64>,
    timers: RefCell<Timers>,
    pending: RefCell<HashMap<u64, Pending>>,
    sender: Sender<Finished>,
    finished: Receiver<Finished>,
    timers_meter: Meter,
    pending_meter: Meter,
}

#[derive(Default)]
struct Timers {
    by_time: BTreeMap<(Instant, u64), Timer>,
    time_of: HashMap<u64, Instant>,
    /// Timers that the run does not wait for.
    unwaited: HashSet<u64>,
}

/// Whether a run goes on until a timer has run, or a promise is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// As every timer at first, and almost every promise.
    Yes,
    /// It runs only if something else keeps the run going.
    No,
}

struct Timer {
    callback: v8::Global<v8::Function>,
    arguments: Vec<v8::Global<v8::Value>>,
    flow: Rc<Flow>,
    every: Option<Duration>,
}

type Answer = Box<dyn Any + Send>;
type Settle = Box<dyn for<'s, 'i> FnOnce(&mut v8::PinScope<'s, 'i>, Answer) -> Outcome<'s>>;

struct Pending {
    waited: Waited,
    resolver: v8::Global<v8::PromiseResolver>,
    flow: Flow,
    settle: Settle,
}

/// A host call that a pool thread has finished, or in which it panicked.
struct Finished {
    id: u64,
    answer: Result<Answer, ()>,
}

/// Completes a promise of [`EventLoop::later`]. Dropped without an answer, it fails the promise with a host fault.
pub struct Completer<T> {
    id: u64,
    /// Taken once the answer is sent.
    sender: Option<Sender<Finished>>,
    /// The span in which the promise was made.
    span: Span,
    answer: PhantomData<fn(T)>,
}

impl<T: Send + 'static> Completer<T> {
    /// Gives the answer. Where the isolate is gone, nobody waits for it, and it is dropped here.
    pub fn complete(mut self, answer: T) {
        self.send(Ok(Box::new(answer)));
    }

    /// Gives the answer of `work`, which runs in the span in which the promise was made; should it panic, there is none.
    pub fn complete_with(self, work: impl FnOnce() -> T) {
        let span = self.span.clone();
        if let Ok(answer) = catch_unwind(AssertUnwindSafe(|| span.in_scope(work))) {
            self.complete(answer);
        }
    }

    /// The span in which the promise was made, for work on another thread.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }
}

impl<T> Completer<T> {
    fn send(&mut self, answer: Result<Answer, ()>) {
        if let Some(sender) = self.sender.take() {
            let _ = sender.send(Finished { id: self.id, answer });
        }
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.send(Err(()));
    }
}

/// Wakes an event loop that waits, from any thread: its turn is over, and whoever runs it looks what has changed.
#[derive(Clone)]
pub struct Waker(Sender<Finished>);

impl Waker {
    /// Wakes it. Where the isolate is gone, this does nothing.
    pub fn wake(&self) {
        // Nothing waits under this number.
        let _ = self.0.send(Finished { id: 0, answer: Err(()) });
    }
}

impl EventLoop {
    /// What wakes the loop.
    pub fn waker(&self) -> Waker {
        Waker(self.sender.clone())
    }

    /// Gives the isolate an event loop.
    pub fn install(isolate: &mut v8::Isolate, limits: LoopLimits) {
        let (sender, finished) = channel();
        isolate.set_slot(Rc::new(Self {
            limits,
            next_id: Cell::new(1),
            timers: RefCell::default(),
            pending: RefCell::default(),
            sender,
            finished,
            timers_meter: Meter::default(),
            pending_meter: Meter::default(),
        }));
    }

    /// The isolate's event loop.
    ///
    /// # Errors
    /// A host fault where none was installed.
    pub fn of(isolate: &v8::Isolate) -> Result<Rc<Self>, Failure> {
        isolate
            .get_slot::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| Failure::error("host fault: the isolate has no event loop").code("ERR_HOST_FAULT"))
    }

    /// How many timers there were at most, and whether one was refused.
    pub fn timers_meter(&self) -> &Meter {
        &self.timers_meter
    }

    /// How many promises of host calls there were at most, and whether one was refused.
    pub fn pending_meter(&self) -> &Meter {
        &self.pending_meter
    }

    /// Drops all timers and promises: call before the isolate is disposed.
    pub fn clear(&self) {
        *self.timers.borrow_mut() = Timers::default();
        self.pending.borrow_mut().clear();
    }

    /// Runs `work` on the rayon pool and gives a promise for what `settle` makes of its answer, on this thread.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` at the limit of pending promises.
    pub fn spawn<'s, T: Send + 'static>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        work: impl FnOnce() -> T + Send + 'static,
        settle: impl for<'c, 'i> FnOnce(&mut v8::PinScope<'c, 'i>, T) -> Outcome<'c> + 'static,
    ) -> Result<v8::Local<'s, v8::Promise>, Failure> {
        let (promise, completer) = self.later(scope, settle)?;
        rayon::spawn(move || completer.complete_with(work));
        Ok(promise)
    }

    /// Gives a promise for what `settle` makes, on this thread, of the answer that the completer is given on any.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` at the limit of pending promises.
    pub fn later<'s, T: Send + 'static>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        settle: impl for<'c, 'i> FnOnce(&mut v8::PinScope<'c, 'i>, T) -> Outcome<'c> + 'static,
    ) -> Result<(v8::Local<'s, v8::Promise>, Completer<T>), Failure> {
        self.promise(scope, settle, Waited::Yes)
    }

    /// As [`later`](Self::later), for what the run does not wait for.
    ///
    /// # Errors
    /// As [`later`](Self::later).
    pub fn later_unwaited<'s, T: Send + 'static>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        settle: impl for<'c, 'i> FnOnce(&mut v8::PinScope<'c, 'i>, T) -> Outcome<'c> + 'static,
    ) -> Result<(v8::Local<'s, v8::Promise>, Completer<T>), Failure> {
        self.promise(scope, settle, Waited::No)
    }

    fn promise<'s, T: Send + 'static>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        settle: impl for<'c, 'i> FnOnce(&mut v8::PinScope<'c, 'i>, T) -> Outcome<'c> + 'static,
        waited: Waited,
    ) -> Result<(v8::Local<'s, v8::Promise>, Completer<T>), Failure> {
        if self.pending.borrow().len() >= self.limits.pending {
            self.pending_meter.refused(self.limits.pending + 1);
            return Err(limit("pending promises", self.limits.pending));
        }
        let resolver = v8::PromiseResolver::new(scope).or_pending()?;
        let promise = resolver.get_promise(scope);
        let id = self.fresh_id();
        let settle: Settle =
            Box::new(move |scope, answer| match answer.downcast::<T>() {
                Ok(answer) => settle(scope, *answer),
                Err(_) => Err(Failure::error("host fault: a host call answered with another type")
                    .code("ERR_HOST_FAULT")),
            });
        let (resolver, flow) = (v8::Global::new(scope, resolver), Flow::current(scope));
        let (sender, span) = (Some(self.sender.clone()), flow.span().clone());
        self.pending.borrow_mut().insert(id, Pending { waited, resolver, flow, settle });
        self.pending_meter.used(self.pending.borrow().len());
        Ok((promise, Completer { id, sender, span, answer: PhantomData }))
    }

    /// Calls `callback` with `arguments` after `delay`, and `every` so often from then on; gives the timer's number.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` at the limit of timers.
    pub fn start_timer(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        callback: v8::Local<v8::Function>,
        arguments: &[v8::Local<v8::Value>],
        delay: Duration,
        every: Option<Duration>,
    ) -> Result<u64, Failure> {
        if self.timers.borrow().time_of.len() >= self.limits.timers {
            self.timers_meter.refused(self.limits.timers + 1);
            return Err(limit("timers", self.limits.timers));
        }
        let timer = Timer {
            callback: v8::Global::new(scope, callback),
            arguments: arguments.iter().map(|value| v8::Global::new(scope, *value)).collect(),
            flow: Rc::new(Flow::current(scope)),
            every,
        };
        let id = self.fresh_id();
        self.timers.borrow_mut().insert(id, Instant::now() + delay, timer);
        self.timers_meter.used(self.timers.borrow().time_of.len());
        Ok(id)
    }

    /// Starts a timer anew, in the flow that it was started in; `false` where it has run already, or never was.
    pub fn restart_timer(&self, id: u64, delay: Duration) -> bool {
        self.timers.borrow_mut().restart(id, Instant::now() + delay)
    }

    /// Stops a timer; a number that is none does nothing.
    pub fn clear_timer(&self, id: u64) {
        self.timers.borrow_mut().remove(id);
    }

    /// Says whether the run waits for a timer; a number that is none does nothing.
    pub fn set_waited(&self, id: u64, waited: Waited) {
        self.timers.borrow_mut().set_waited(id, waited);
    }

    /// True where no timer and no host call is left to wait for.
    pub fn is_idle(&self) -> bool {
        let pending = self.pending.borrow();
        self.timers.borrow().is_idle() && pending.values().all(|pending| pending.waited == Waited::No)
    }

    /// Runs what is due, with the microtasks that follow; where nothing is, waits for the first thing, or for `until`.
    ///
    /// # Errors
    /// The exception of a timer's callback, or [`Failure::Pending`] when execution was terminated.
    pub fn turn(&self, scope: &mut v8::PinScope<'_, '_>, until: Option<Instant>) -> Result<Turn, Failure> {
        let ran_timers = self.run_due_timers(scope)?;
        let ran_calls = self.settle_finished(scope)?;
        if ran_timers || ran_calls {
            return Ok(Turn::Ran);
        }
        if self.is_idle() {
            return Ok(Turn::Idle);
        }
        self.wait(scope, until)
    }

    fn run_due_timers(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Failure> {
        let now = Instant::now();
        let mut ran = false;
        loop {
            // Not kept borrowed: the callback may start and stop timers. One started now is due later than `now`.
            let next = self.timers.borrow_mut().take_due(now);
            let Some((id, timer)) = next else {
                return Ok(ran);
            };
            ran = true;
            self.run_timer(scope, id, timer)?;
        }
    }

    fn run_timer(&self, scope: &mut v8::PinScope<'_, '_>, id: u64, timer: Timer) -> Result<(), Failure> {
        v8::scope!(let scope, scope);
        let callback = v8::Local::new(scope, &timer.callback);
        let arguments: Vec<_> = timer.arguments.iter().map(|value| v8::Local::new(scope, value)).collect();
        let flow = Rc::clone(&timer.flow);
        match timer.every {
            Some(every) => self.timers.borrow_mut().insert(id, Instant::now() + every, timer),
            None => self.timers.borrow_mut().remove(id),
        }
        flow.enter(scope, |scope| {
            v8::tc_scope!(let scope, scope);
            let receiver = v8::undefined(scope).into();
            if callback.call(scope, receiver, &arguments).is_none() {
                return Err(caught(scope));
            }
            Ok(())
        })?;
        scope.perform_microtask_checkpoint();
        Ok(())
    }

    fn settle_finished(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Failure> {
        let mut ran = false;
        loop {
            match self.finished.try_recv() {
                Ok(finished) => self.settle(scope, finished)?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Ok(ran),
            }
            ran = true;
        }
    }

    fn settle(&self, scope: &mut v8::PinScope<'_, '_>, finished: Finished) -> Result<(), Failure> {
        let Some(pending) = self.pending.borrow_mut().remove(&finished.id) else {
            return Ok(());
        };
        v8::scope!(let scope, scope);
        let resolver = v8::Local::new(scope, &pending.resolver);
        pending.flow.enter(scope, |scope| {
            v8::tc_scope!(let scope, scope);
            let outcome = match finished.answer {
                Ok(answer) => (pending.settle)(scope, answer),
                Err(()) => Err(Failure::error("host fault: a host call panicked").code("ERR_HOST_FAULT")),
            };
            match outcome {
                Ok(value) => drop(resolver.resolve(scope, value)),
                Err(Failure::Pending) => {
                    let exception = scope.exception().or_pending()?;
                    scope.reset();
                    resolver.reject(scope, exception);
                }
                Err(failure) => {
                    let exception = failure.into_exception(scope).or_pending()?;
                    resolver.reject(scope, exception);
                }
            }
            Ok(())
        })?;
        scope.perform_microtask_checkpoint();
        Ok(())
    }

    fn wait(&self, scope: &mut v8::PinScope<'_, '_>, until: Option<Instant>) -> Result<Turn, Failure> {
        let next_timer = self.timers.borrow().by_time.keys().next().map(|(time, _)| *time);
        let wake = [next_timer, until].into_iter().flatten().min();
        let finished = match wake {
            Some(wake) => self.finished.recv_timeout(wake.saturating_duration_since(Instant::now())),
            None => self.finished.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match finished {
            Ok(finished) => {
                self.settle(scope, finished)?;
                Ok(Turn::Ran)
            }
            Err(_) if next_timer.is_some() && next_timer == wake => Ok(Turn::Ran),
            Err(_) => Ok(Turn::Late),
        }
    }

    fn fresh_id(&self) -> u64 {
        self.next_id.replace(self.next_id.get() + 1)
    }
}

impl Timers {
    fn insert(&mut self, id: u64, time: Instant, timer: Timer) {
        self.by_time.insert((time, id), timer);
        self.time_of.insert(id, time);
    }

    fn remove(&mut self, id: u64) {
        self.unwaited.remove(&id);
        if let Some(time) = self.time_of.remove(&id) {
            self.by_time.remove(&(time, id));
        }
    }

    fn restart(&mut self, id: u64, time: Instant) -> bool {
        let Some(before) = self.time_of.get_mut(&id) else { return false };
        let before = std::mem::replace(before, time);
        let timer = self.by_time.remove(&(before, id));
        timer.map(|timer| self.by_time.insert((time, id), timer)).is_some()
    }

    fn set_waited(&mut self, id: u64, waited: Waited) {
        let _ = match waited {
            Waited::No if self.time_of.contains_key(&id) => self.unwaited.insert(id),
            _ => self.unwaited.remove(&id),
        };
    }

    fn is_idle(&self) -> bool {
        self.time_of.keys().all(|id| self.unwaited.contains(id))
    }

    fn take_due(&mut self, now: Instant) -> Option<(u64, Timer)> {
        let first = self.by_time.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((_, id), timer) = first.remove_entry();
        self.time_of.remove(&id);
        Some((id, timer))
    }
}

fn caught<'s>(scope: &v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'s>>>) -> Failure {
    match scope.exception() {
        Some(exception) if !scope.has_terminated() => Failure::thrown(scope, exception),
        _ => Failure::Pending,
    }
}

fn limit(what: &str, allowed: usize) -> Failure {
    Failure::range_error(format!("limit reached: {what}: {allowed} allowed")).code("ERR_LIMIT")
}
