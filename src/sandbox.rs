//! One tenant's isolate, and the runs in it.

mod builder;
mod components;
mod run;

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::EventLoop;

pub use builder::SandboxBuilder;
use run::{Entry, Run};

use crate::completion::{Completion, Limit, LimitHit, Outcome, Usage};
use crate::deadline::{Allowance, Interrupt};
use crate::engine::Engine;
use crate::isolate::ParkedIsolate;
use crate::isolate::rejections::Rejections;
use crate::limits::Limits;

/// One tenant's isolate, with its grants and limits.
///
/// It belongs to the thread that built it: it is neither `Send` nor `Sync`. A thread may have many. What one run leaves
/// behind (globals, modules) the next one finds; what it left unfinished (timers, calls) is dropped at its end.
///
/// A run that hits a limit condemns its sandbox: what the isolate was doing was cut off in the middle, so no later run may
/// build on it. Every later run ends in [`Outcome::Died`], and a new sandbox is made in less than a millisecond or two.
pub struct Sandbox {
    isolate: ParkedIsolate,
    // `None` only while the sandbox is dropped.
    context: Option<v8::Global<v8::Context>>,
    event_loop: Rc<EventLoop>,
    rejections: Rc<Rejections>,
    interrupt: Arc<Interrupt>,
    engine: Engine,
    limits: Limits,
    source_bytes: usize,
    death: Option<String>,
    not_send: PhantomData<*mut ()>,
}

impl Sandbox {
    /// Starts to describe a sandbox.
    pub fn builder(engine: &Engine) -> SandboxBuilder<'_> {
        SandboxBuilder::new(engine)
    }

    /// Runs a script until nothing is left to do, and gives its value. Where that is a promise, its value is given.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// sandbox.eval("var counter = 1");
    /// assert_eq!(sandbox.eval("++counter").into_value::<u32>()?, 2);
    /// assert_eq!(sandbox.eval("Promise.resolve('later')").into_value::<String>()?, "later");
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn eval(&mut self, source: &str) -> Completion {
        self.eval_as("[eval]", source)
    }

    /// As [`eval`](Self::eval), for a script that has a name: positions of errors are told with it.
    pub fn eval_as(&mut self, name: &str, source: &str) -> Completion {
        if let Some(completion) = self.refusal(source.len()) {
            return completion;
        }
        self.run(&Entry::Script { name, source })
    }

    /// Why nothing may be run any more, if so.
    #[must_use]
    pub fn death(&self) -> Option<&str> {
        self.death.as_deref()
    }

    fn refusal(&mut self, source_bytes: usize) -> Option<Completion> {
        let refused = |outcome| Some(Completion { outcome, usage: Usage::default() });
        if let Some(reason) = &self.death {
            return refused(Outcome::died(reason));
        }
        let (used, allowed) = (self.source_bytes.saturating_add(source_bytes), self.limits.source_bytes);
        if used > allowed {
            return refused(Outcome::limit(Limit::SourceBytes, used as u64, allowed as u64));
        }
        self.source_bytes = used;
        None
    }

    fn run(&mut self, entry: &Entry<'_>) -> Completion {
        let allowance = Allowance { wall: self.limits.wall, cpu: self.limits.cpu };
        let watch =
            self.engine.watchdog().watch(self.isolate.handle(), Arc::clone(&self.interrupt), allowance);
        let run = Run {
            event_loop: &self.event_loop,
            rejections: &self.rejections,
            watch: &watch,
            value_bytes: self.limits.value_bytes,
        };
        let context = self.context.as_ref();
        let (outcome, heap_bytes) = self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            let outcome = context.map(|context| {
                let context = v8::Local::new(scope, context);
                let scope = &mut v8::ContextScope::new(scope, context);
                run.complete(scope, entry)
            });
            run.event_loop.clear();
            run.rejections.clear();
            (outcome, scope.get_heap_statistics().used_heap_size())
        });
        let (wall, cpu) = watch.used();
        let hit = self.heap_hit().or(watch.finish());
        let usage = Usage {
            wall,
            cpu,
            heap_bytes: heap_bytes as u64,
            array_buffer_bytes: self.isolate.array_buffer_bytes() as u64,
        };
        let outcome = self.conclude(outcome.flatten(), hit);
        Completion { outcome, usage }
    }

    /// What the run's outcome is, when all that happened to it is known.
    fn conclude(&mut self, outcome: Option<Outcome>, hit: Option<LimitHit>) -> Outcome {
        let outcome = match (hit, outcome) {
            (Some(limit), _) => Outcome::Limit { limit },
            (None, Some(outcome)) => return outcome,
            (None, None) => Outcome::died("execution was terminated, and no limit was hit"),
        };
        let reason = match &outcome {
            Outcome::Limit { limit } => limit.to_string(),
            _ => "its execution was terminated".to_owned(),
        };
        self.death = Some(format!("condemned by an earlier run: {reason}"));
        outcome
    }

    fn heap_hit(&self) -> Option<LimitHit> {
        let used = self.isolate.heap_limit_reached()?;
        Some(LimitHit { which: Limit::HeapBytes, used, allowed: self.limits.heap_bytes as u64 })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let (event_loop, context) = (&self.event_loop, self.context.take());
        self.isolate.enter(|_| {
            event_loop.clear();
            drop(context);
        });
    }
}
