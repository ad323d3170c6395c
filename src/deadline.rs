//! The one watchdog of an engine, which ends the runs that take too long: in V8 and in wasmtime.
//!
//! A run is watched from [`Watchdog::watch`] until its [`Watch`] is dropped. A watchdog that finds it past a limit notes
//! which, terminates V8's execution and moves wasmtime's epoch on, all under the mutex under which runs come and go. So it
//! never ends a run that is over, nor the one after it. Each component call may have a limit of its own: see [`Interrupt`].

mod cpu_clock;
mod overrun;
mod warning;

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cpu_clock::CpuUse;
use innerbox_extension::{Clock, Interrupt, TICK, WasmEngines};
pub(crate) use overrun::Overrun;
pub(crate) use warning::TimeWarning;
use warning::{Tell, Warnings};

use crate::limit_hit::{Limit, LimitHit};

/// What a run may take of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) wall: Option<Duration>,
    pub(crate) cpu: Option<Duration>,
}

/// The thread that watches the runs of an engine.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    wasm: WasmEngines,
    clock: Arc<Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    runs: HashMap<u64, Run>,
    next_id: u64,
    /// When the watchdog looks next by itself; `None` while it sleeps.
    looks_at: Option<Instant>,
    stop: bool,
}

struct Run {
    isolate: v8::IsolateHandle,
    interrupt: Arc<Interrupt>,
    allowance: Allowance,
    started: Instant,
    cpu: CpuUse,
    hit: Option<LimitHit>,
    /// When the watchdog first found it past a limit.
    hit_at: Option<Instant>,
    /// Whom to tell if it goes on; `None` once that was done.
    overrun: Option<Overrun>,
    warnings: Option<Warnings>,
}

impl Watchdog {
    /// Starts the thread.
    pub(crate) fn start(wasm: WasmEngines) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            wasm,
            clock: Arc::new(Clock::new()),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let watching = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("innerbox-watchdog".to_owned())
            .spawn(move || watching.watch_all())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// An interrupt for a sandbox of this engine.
    pub(crate) fn interrupt(&self) -> Arc<Interrupt> {
        Arc::new(Interrupt::new(Arc::clone(&self.shared.clock)))
    }

    /// Watches a run that starts now on this thread.
    pub(crate) fn watch(
        &self,
        isolate: v8::IsolateHandle,
        interrupt: Arc<Interrupt>,
        allowance: Allowance,
        overrun: Option<Overrun>,
        warning: Option<TimeWarning>,
    ) -> Watch {
        let started = Instant::now();
        let run = Run {
            isolate,
            interrupt,
            allowance,
            started,
            cpu: CpuUse::begin(),
            hit: None,
            hit_at: None,
            overrun,
            warnings: warning.map(Warnings::new),
        };
        let deadline = run.deadline();
        let mut state = self.shared.lock();
        let id = state.next_id;
        state.next_id += 1;
        state.runs.insert(id, run);
        self.shared.clock.set_to(started);
        let soonest = deadline.unwrap_or(started + TICK).min(started + TICK);
        if state.looks_at.is_none_or(|looks_at| soonest < looks_at) {
            self.shared.changed.notify_one();
        }
        drop(state);
        Watch { shared: Arc::clone(&self.shared), id, started, deadline }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A watchdog that panicked has been reported by the panic hook, and there is nothing left to watch.
            let _ = thread.join();
        }
    }
}

/// A run that is being watched, until this is dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    id: u64,
    started: Instant,
    deadline: Option<Instant>,
}

impl Watch {
    /// When the run's wall time is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Time since the start, and processor time of this thread since then, but for its pauses.
    pub(crate) fn used(&self) -> (Duration, Duration) {
        let cpu = self.shared.lock().runs.get(&self.id).map(|run| run.cpu.used());
        (self.started.elapsed(), cpu.unwrap_or_default())
    }

    /// Notes that the run waits, and that this thread does other things meanwhile.
    pub(crate) fn pause(&self) {
        self.with_cpu(CpuUse::pause);
    }

    /// Notes that the run goes on, on the same thread.
    pub(crate) fn go_on(&self) {
        self.with_cpu(CpuUse::go_on);
    }

    fn with_cpu(&self, note: fn(&mut CpuUse)) {
        if let Some(run) = self.shared.lock().runs.get_mut(&self.id) {
            note(&mut run.cpu);
        }
    }

    /// The limit that the run has passed, if the watchdog noted one, or its wall time is over by now.
    pub(crate) fn hit(&self) -> Option<LimitHit> {
        let mut state = self.shared.lock();
        let run = state.runs.get_mut(&self.id)?;
        run.hit = run.hit.or_else(|| run.wall_hit(Instant::now()));
        if run.hit.is_some() {
            run.interrupt.fire();
        }
        run.hit
    }

    /// Ends the watch: no limit is noted and nothing is terminated from here on.
    pub(crate) fn finish(self) -> Option<LimitHit> {
        self.shared.lock().runs.remove(&self.id).and_then(|run| run.hit)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().runs.remove(&self.id);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch_all(&self) {
        let mut state = self.lock();
        let mut idle = false;
        while !state.stop {
            // Stays awake for one tick more: short runs that follow each other need not wake it each time.
            if state.runs.is_empty() && idle {
                state.looks_at = None;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                idle = false;
                continue;
            }
            idle = state.runs.is_empty();
            let now = Instant::now();
            let next = self.look(&mut state, now);
            let overruns: Vec<_> = state.runs.values_mut().filter_map(|run| run.take_overrun(now)).collect();
            let warnings: Vec<_> = state.runs.values_mut().flat_map(|run| run.take_warnings(now)).collect();
            if !overruns.is_empty() || !warnings.is_empty() {
                // Without the lock: what is told may take its time, and other runs come and go meanwhile.
                drop(state);
                warnings.iter().for_each(|(tell, hit)| tell(*hit));
                overruns.iter().for_each(|(overrun, hit)| (overrun.tell)(*hit));
                state = self.lock();
                continue;
            }
            state.looks_at = Some(next);
            let waited = self.changed.wait_timeout(state, next.saturating_duration_since(now));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends what is past its limit, and says when to look again.
    fn look(&self, state: &mut State, now: Instant) -> Instant {
        self.clock.set_to(now);
        let mut next = now + TICK;
        let mut interrupted = false;
        for run in state.runs.values_mut() {
            run.hit = run.hit.or_else(|| run.exceeded(now));
            if run.hit.is_some() {
                run.hit_at.get_or_insert(now);
                // At every look, until the run is over: what was just being entered may have missed the first.
                run.interrupt.fire();
                run.isolate.terminate_execution();
                interrupted = true;
            } else {
                interrupted |= run.interrupt.expire_calls();
                next = next.min(run.next_look(now));
            }
        }
        if interrupted {
            self.wasm.increment_epoch();
        }
        next
    }
}

impl Run {
    fn deadline(&self) -> Option<Instant> {
        self.allowance.wall.and_then(|wall| self.started.checked_add(wall))
    }

    fn exceeded(&self, now: Instant) -> Option<LimitHit> {
        self.wall_hit(now).or_else(|| self.cpu_hit())
    }

    /// Whom to tell that the run goes on past its limit, once, when it has done so for the grace.
    fn take_overrun(&mut self, now: Instant) -> Option<(Overrun, LimitHit)> {
        // One that waits for its thread is over as soon as it has it.
        let hit = self.hit.filter(|_| !self.cpu.is_paused())?;
        let since = self.hit_at.map(|at| now.saturating_duration_since(at))?;
        let overrun = self.overrun.take_if(|overrun| since >= overrun.grace)?;
        // What it has used by now.
        let now_used = self.exceeded(now).filter(|latest| latest.which == hit.which);
        Some((overrun, now_used.unwrap_or(hit)))
    }

    /// Whom to warn of which limits now.
    fn take_warnings(&mut self, now: Instant) -> Vec<(Tell, LimitHit)> {
        let Some(warnings) = &mut self.warnings else { return Vec::new() };
        let wall = self
            .allowance
            .wall
            .map(|allowed| (Limit::WallMs, now.saturating_duration_since(self.started), allowed));
        let cpu = self.allowance.cpu.map(|allowed| (Limit::CpuMs, self.cpu.used(), allowed));
        let due = wall
            .into_iter()
            .chain(cpu)
            .filter(|(which, used, allowed)| warnings.take(*which, *used, *allowed));
        let due: Vec<_> = due.map(|(which, used, allowed)| hit(which, used, allowed)).collect();
        due.into_iter().map(|hit| (warnings.tell(), hit)).collect()
    }

    fn wall_hit(&self, now: Instant) -> Option<LimitHit> {
        let allowed = self.allowance.wall?;
        let used = now.saturating_duration_since(self.started);
        (used >= allowed).then(|| hit(Limit::WallMs, used, allowed))
    }

    fn cpu_hit(&self) -> Option<LimitHit> {
        let allowed = self.allowance.cpu?;
        let used = self.cpu.used();
        (used >= allowed).then(|| hit(Limit::CpuMs, used, allowed))
    }

    /// The soonest time at which the run may have passed a limit.
    fn next_look(&self, now: Instant) -> Instant {
        let cpu_left = self
            .allowance
            .cpu
            .map(|allowed| allowed.saturating_sub(self.cpu.used()).max(Duration::from_millis(1)));
        let cpu_look = now + cpu_left.unwrap_or(TICK).min(TICK);
        let next = self.deadline().map_or(cpu_look, |deadline| deadline.min(cpu_look));
        let warning = self.warnings.as_ref().zip(self.allowance.wall);
        match warning.and_then(|(warnings, wall)| warnings.due(Limit::WallMs, wall)) {
            Some(after) => next.min(self.started + after).max(now),
            None => next,
        }
    }
}

fn hit(which: Limit, used: Duration, allowed: Duration) -> LimitHit {
    LimitHit { which, used: milliseconds(used), allowed: milliseconds(allowed) }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
