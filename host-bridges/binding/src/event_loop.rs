//! Work that finishes later: timers, and host calls on the rayon pool that settle a promise.
//!
//! One loop belongs to one isolate and its thread. A turn runs what is due; where nothing is, it waits. Every callback
//! runs in the [`Flow`] that was current when it was registered.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{cell::Cell, cell::RefCell};

use tracing::Span;

use crate::failure::{Failure, OrPending, Outcome};
use crate::flow::Flow;
use crate::mailbox::{Answer, Finished, LoopHandle, Mailbox};
use crate::meter::Meter;
use crate::neighbours::{Served, serve};
use crate::timers::{Timer, Timers, Waited};

/// Most answers of other threads, and most jobs, that one turn takes: between turns, a run looks whether it must end.
const A_TURN: usize = 64;

/// Jobs after which a run ends that has nothing else to do.
const JOBS_A_RUN: usize = 1_000;

/// How much unfinished work an isolate may have.
#[derive(Clone, Copy, Debug)]
pub struct LoopLimits {
    /// Most timers at once.
    pub timers: usize,
    /// Most promises of host calls at once.
    pub pending: usize,
    /// How long what others ask for may go on after they did; `None` for as long as it likes.
    pub patience: Option<Duration>,
    /// The number of the first of them.
    pub first: u64,
}

impl Default for LoopLimits {
    fn default() -> Self {
        Self { timers: 10_000, pending: 10_000, patience: None, first: 1 }
    }
}

/// What a turn of the loop did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something ran; there may be more.
    Ran,
    /// Nothing is left to wait for.
    Idle,
    /// Nothing was due.
    Late,
}

/// The unfinished work of one isolate.
pub struct EventLoop {
    limits: LoopLimits,
    next_id: Cell<u64>,
    timers: RefCell<Timers>,
    pending: RefCell<HashMap<u64, Pending>>,
    mailbox: Arc<Mailbox>,
    /// Jobs done since the run began.
    jobs_done: Cell<usize>,
    /// While something is done that others asked for, when they did: what it leaves unfinished outlives the run.
    asked: Cell<Option<Instant>>,
    attending: Cell<Attending>,
    timers_meter: Meter,
    pending_meter: Meter,
}

/// Whether a run is there for what others ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attending {
    /// It does what they ask for while it waits, and ends when its own work is done.
    #[default]
    Meanwhile,
    /// It ends when their work is done, too.
    UntilDone,
    /// It ends after so much of it: the rest is for the next one.
    ForAWhile,
}

type Settle = Box<dyn for<'s, 'i> FnOnce(&mut v8::PinScope<'s, 'i>, Answer) -> Outcome<'s>>;

struct Pending {
    waited: Waited,
    resolver: v8::Global<v8::PromiseResolver>,
    flow: Flow,
    settle: Settle,
    /// As of a timer.
    asked: Option<Instant>,
}

/// Completes a promise of [`EventLoop::later`]. Dropped without an answer, it fails the promise with a host fault.
pub struct Completer<T> {
    id: u64,
    /// Taken once the answer is given.
    mailbox: Option<Arc<Mailbox>>,
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
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.finish(Finished { id: self.id, answer });
        }
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.send(Err(()));
    }
}

impl EventLoop {
    /// The loop, for other threads.
    pub fn handle(&self) -> LoopHandle {
        LoopHandle(Arc::clone(&self.mailbox))
    }

    /// Gives the isolate an event loop.
    pub fn install(isolate: &mut v8::Isolate, limits: LoopLimits) {
        isolate.set_slot(Rc::new(Self {
            limits,
            next_id: Cell::new(limits.first),
            timers: RefCell::default(),
            pending: RefCell::default(),
            mailbox: Mailbox::new(),
            jobs_done: Cell::new(0),
            asked: Cell::new(None),
            attending: Cell::default(),
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

    /// When that was asked for which is being done; `None` where the isolate does it for itself.
    pub fn asked(&self) -> Option<Instant> {
        self.asked.get()
    }

    /// Until when that may go on which was asked for then; `None` where nothing limits it.
    pub fn due(&self, asked: Instant) -> Option<Instant> {
        self.limits.patience.and_then(|patience| asked.checked_add(patience))
    }

    fn is_late(&self, asked: Option<Instant>, now: Instant) -> bool {
        asked.and_then(|asked| self.due(asked)).is_some_and(|due| due <= now)
    }

    /// The run is over: drops its timers and promises. What others asked for goes on until it is [due](Self::due).
    pub fn end_run(&self) {
        let now = Instant::now();
        let stays = |asked: Option<Instant>| asked.is_some() && !self.is_late(asked, now);
        self.timers.borrow_mut().retain(stays);
        self.pending.borrow_mut().retain(|_, pending| stays(pending.asked));
        self.jobs_done.set(0);
    }

    /// Drops all timers, all promises and what others have posted, and takes no more: call when nothing may run in the isolate
    /// any more.
    pub fn close(&self) {
        *self.timers.borrow_mut() = Timers::default();
        self.pending.borrow_mut().clear();
        self.mailbox.close();
    }

    /// Runs `body`, which attends in this way to what others ask for.
    pub fn attend<R>(&self, attending: Attending, body: impl FnOnce() -> R) -> R {
        let before = self.attending.replace(attending);
        let result = body();
        self.attending.set(before);
        result
    }

    /// Runs `body` for who [asked](Self::asked) at that time; what it leaves unfinished is for them, too.
    pub fn for_asked<R>(&self, asked: Option<Instant>, body: impl FnOnce() -> R) -> R {
        let before = self.asked.replace(asked);
        let result = body();
        self.asked.set(before);
        result
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
        let (mailbox, span) = (Some(Arc::clone(&self.mailbox)), flow.span().clone());
        let asked = self.asked.get();
        self.pending.borrow_mut().insert(id, Pending { waited, resolver, flow, settle, asked });
        self.pending_meter.used(self.pending.borrow().len());
        Ok((promise, Completer { id, mailbox, span, answer: PhantomData }))
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
        if self.timers.borrow().len() >= self.limits.timers {
            self.timers_meter.refused(self.limits.timers + 1);
            return Err(limit("timers", self.limits.timers));
        }
        let timer = Timer {
            callback: v8::Global::new(scope, callback),
            arguments: arguments.iter().map(|value| v8::Global::new(scope, *value)).collect(),
            flow: Rc::new(Flow::current(scope)),
            every,
            asked: self.asked.get(),
        };
        let id = self.fresh_id();
        self.timers.borrow_mut().insert(id, Instant::now() + delay, timer);
        self.timers_meter.used(self.timers.borrow().len());
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

    /// How many timers and promises of host calls there are, waited for or not.
    pub fn unfinished(&self) -> (usize, usize) {
        (self.timers.borrow().len(), self.pending.borrow().len())
    }

    /// True where no timer and no host call is left to wait for, of those that the run is there for.
    fn is_idle(&self) -> bool {
        let all = self.attending.get() != Attending::Meanwhile;
        let is_waited_for = |pending: &Pending| {
            let concerns_it = all || pending.asked.is_none();
            concerns_it && pending.waited == Waited::Yes
        };
        self.timers.borrow().is_idle(all) && !self.pending.borrow().values().any(is_waited_for)
    }

    /// Runs what is due, with the microtasks that follow; where nothing is, waits for the first thing, or for `until`.
    ///
    /// # Errors
    /// The exception of a timer's callback, or [`Failure::Pending`] when execution was terminated.
    pub fn turn(&self, scope: &mut v8::PinScope<'_, '_>, until: Option<Instant>) -> Result<Turn, Failure> {
        let turn = self.look(scope)?;
        if turn == Turn::Late {
            self.wait(until);
        }
        Ok(turn)
    }

    /// As [`turn`](Self::turn), and never waits.
    ///
    /// # Errors
    /// As there.
    pub fn look(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<Turn, Failure> {
        let ran_timers = self.run_due_timers(scope)?;
        let ran_calls = self.settle_finished(scope)?;
        let ran_jobs = self.do_jobs(scope)?;
        if ran_timers || ran_calls || ran_jobs {
            return Ok(Turn::Ran);
        }
        Ok(if self.is_idle() { Turn::Idle } else { Turn::Late })
    }

    /// When the next timer is due.
    pub fn next_timer(&self) -> Option<Instant> {
        self.timers.borrow().next()
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
            match self.is_late(timer.asked, now) {
                true => self.timers.borrow_mut().remove(id),
                false => self.run_timer(scope, id, timer)?,
            }
        }
    }

    fn run_timer(&self, scope: &mut v8::PinScope<'_, '_>, id: u64, timer: Timer) -> Result<(), Failure> {
        v8::scope!(let scope, scope);
        let callback = v8::Local::new(scope, &timer.callback);
        let arguments: Vec<_> = timer.arguments.iter().map(|value| v8::Local::new(scope, value)).collect();
        let (flow, asked) = (Rc::clone(&timer.flow), timer.asked);
        match timer.every {
            Some(every) => self.timers.borrow_mut().insert(id, Instant::now() + every, timer),
            None => self.timers.borrow_mut().remove(id),
        }
        self.for_asked(asked, || {
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
        })
    }

    /// Settles what has been finished by now: what comes while this goes on is for the next turn.
    fn settle_finished(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Failure> {
        let finished = self.mailbox.take_finished(A_TURN);
        let ran = !finished.is_empty();
        for finished in finished {
            self.settle(scope, finished)?;
        }
        Ok(ran)
    }

    /// Does some of the jobs that wait. A run that has nothing else to do, or that is there for them, ends after so many: who
    /// sends them must not keep it from ever ending.
    fn do_jobs(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Failure> {
        let mut ran = false;
        for _ in 0..A_TURN {
            let enough = self.attending.get() == Attending::ForAWhile || self.is_idle();
            if enough && self.jobs_done.get() >= JOBS_A_RUN {
                break;
            }
            let Some((job, asked, span)) = self.mailbox.take_job() else { break };
            ran = true;
            // The run's own are a reason for it to go on, as long as it has others.
            if asked.is_some() || enough {
                self.jobs_done.set(self.jobs_done.get() + 1);
            }
            self.for_asked(asked, || {
                span.in_scope(|| job(scope))?;
                scope.perform_microtask_checkpoint();
                Ok(())
            })?;
        }
        Ok(ran)
    }

    fn settle(&self, scope: &mut v8::PinScope<'_, '_>, finished: Finished) -> Result<(), Failure> {
        let pending = self.pending.borrow_mut().remove(&finished.id);
        let Some(pending) = pending.filter(|pending| !self.is_late(pending.asked, Instant::now())) else {
            return Ok(());
        };
        v8::scope!(let scope, scope);
        let resolver = v8::Local::new(scope, &pending.resolver);
        let asked = pending.asked;
        self.for_asked(asked, || {
            Self::answer(scope, pending, finished, resolver)?;
            scope.perform_microtask_checkpoint();
            Ok(())
        })
    }

    fn answer(
        scope: &mut v8::PinScope<'_, '_>,
        pending: Pending,
        finished: Finished,
        resolver: v8::Local<v8::PromiseResolver>,
    ) -> Result<(), Failure> {
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
        })
    }

    /// Waits for the first thing that comes, or for `until`; meanwhile the isolates of the same thread do what they are asked for.
    fn wait(&self, until: Option<Instant>) {
        let Served { ran, next } = serve();
        if !ran && self.mailbox.is_empty() {
            self.mailbox.wait([self.next_timer(), until, next].into_iter().flatten().min());
        }
    }

    fn fresh_id(&self) -> u64 {
        self.next_id.replace(self.next_id.get() + 1)
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        self.close();
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
