//! The making of a [`Snapshot`]: a trusted script runs in a sandbox, and what it leaves is kept.

use innerbox_binding::Failure;
use innerbox_bridge_web::{Colors, ConsoleSink};
use innerbox_realm::snapshot::WarmUp;

use super::run::{Answer, Entry};
use super::{Sandbox, SandboxBuilder};
use crate::completion::{Completion, Usage};
use crate::engine::Engine;
use crate::error::Error;
use crate::grant::Grant;
use crate::isolate::Creation;
use crate::isolate::exception::{describe, script_error};
use crate::limits::Limits;
use crate::snapshot::{Needs, Snapshot};

/// What a [`Snapshot`] will be made of.
#[must_use = "nothing is made before `create`"]
pub struct SnapshotBuilder<'e> {
    sandbox: SandboxBuilder<'e>,
    scripts: Vec<(String, String)>,
}

impl Snapshot {
    /// Starts to describe a snapshot.
    pub fn builder(engine: &Engine) -> SnapshotBuilder<'_> {
        SnapshotBuilder { sandbox: Sandbox::builder(engine), scripts: Vec::new() }
    }
}

impl SnapshotBuilder<'_> {
    /// Runs a script, after those that were given before. It is a classic script: what it declares is global. Where its value
    /// is a promise, it is over when that is settled.
    ///
    /// It is lent nothing, and has what every sandbox has on its global object, but for `FinalizationRegistry`, the classes of
    /// `Intl`, `import` and the newest of the language (`Float16Array`, `DisposableStack`, `Promise.try`): V8 adds that to each
    /// sandbox, in the place of any polyfill. `process` is told anew of each sandbox.
    pub fn script(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.scripts.push((name.into(), source.into()));
        self
    }

    /// Sets the limits, each script's for time, and of all together for everything else.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.sandbox = self.sandbox.limits(limits);
        self
    }

    /// Lends the scripts `eval`, `new Function` and their kin. Sandboxes that begin with the snapshot have those only where
    /// they are lent them, too.
    pub fn code_from_strings(mut self) -> Self {
        self.sandbox = self.sandbox.grant(Grant::code_from_strings());
        self
    }

    /// Takes what the scripts write to their console. Without it, that goes nowhere.
    pub fn console(mut self, sink: impl ConsoleSink + 'static) -> Self {
        self.sandbox = self.sandbox.console(sink);
        self
    }

    /// Sets whether the console colours what it prints.
    pub fn console_colors(mut self, colors: Colors) -> Self {
        self.sandbox = self.sandbox.console_colors(colors);
        self
    }

    /// Runs the scripts, and keeps what they leave. It takes some ten milliseconds beside their own time; whatever comes of it,
    /// nothing is left of the isolate that they ran in.
    ///
    /// # Errors
    /// [`Error::Threw`] for what a script threw, and for what it made that a snapshot cannot hold; [`Error::Limit`] at a limit;
    /// [`Error::Exited`] for `process.exit`; [`Error::Snapshot`] where it left a timer; those of
    /// [`SandboxBuilder::build`].
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Error, Snapshot};
    /// let engine = Engine::new(Config::default())?;
    /// let timer = Snapshot::builder(&engine).script("poll.js", "setInterval(() => {}, 1000)").create();
    /// let Err(Error::Snapshot(message)) = timer else { panic!("no snapshot holds a timer") };
    /// assert_eq!(message, "`poll.js` left 1 timer, which a snapshot cannot hold");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn create(self) -> Result<Snapshot, Error> {
        let (mut sandbox, creation) = self.sandbox.build_creator()?;
        let warm_up = sandbox.begin_warm_up()?;
        for (name, source) in &self.scripts {
            sandbox.run_warm_up(name, source)?;
        }
        let needs = sandbox.end_warm_up(warm_up, &creation)?;
        // The end of the isolate makes the snapshot.
        drop(sandbox);
        let blob = creation.blob().ok_or_else(|| Error::Snapshot("host fault: V8 made none".to_owned()))?;
        Snapshot::of_blob(blob, needs)
    }
}

impl Sandbox {
    fn begin_warm_up(&mut self) -> Result<WarmUp, Error> {
        let contexts = &self.parts.contexts;
        let begun = self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            let context = contexts.current.local(scope).ok_or_else(super::context::gone)?;
            let scope = &mut v8::ContextScope::new(scope, context);
            contexts.current.modules().refuse();
            WarmUp::begin(scope).map_err(|failure| Error::Isolate(describe(scope, failure)))
        });
        match self.parts.heap.reached() {
            None => begun,
            Some(_) => Err(Error::Isolate("its heap limit is too small".to_owned())),
        }
    }

    fn run_warm_up(&mut self, name: &str, source: &str) -> Result<(), Error> {
        let entry = Entry::script(name, source, Answer::Nothing);
        let mut unfinished = (0, 0);
        let completion: Completion<()> = match self.refusal(source.len()) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.turn(None, false, |run, scope| {
                let outcome = run.complete(scope, &entry);
                unfinished = run.parts.event_loop.unfinished();
                outcome
            }),
        };
        completion.into_returned()?;
        let left = match unfinished {
            (0, 0) => return Ok(()),
            (0, calls) => counted(calls, "call of the host", "calls of the host"),
            (timers, _) => counted(timers, "timer", "timers"),
        };
        Err(Error::Snapshot(format!("`{name}` left {left}, which a snapshot cannot hold")))
    }

    fn end_warm_up(&mut self, warm_up: WarmUp, creation: &Creation) -> Result<Needs, Error> {
        let contexts = &self.parts.contexts;
        let heap_bytes = self.isolate.enter(|isolate| {
            // What the scripts have dropped by now is no part of the snapshot.
            isolate.low_memory_notification();
            let heap_bytes = isolate.get_heap_statistics().used_heap_size();
            v8::scope!(let scope, isolate);
            let context = contexts.current.local(scope).ok_or_else(super::context::gone)?;
            let scope = &mut v8::ContextScope::new(scope, context);
            v8::tc_scope!(let scope, scope);
            match (warm_up.end(scope), scope.exception()) {
                (Ok(()), _) => Ok(heap_bytes),
                (Err(Failure::Pending), Some(thrown)) => {
                    Err(Error::Snapshot(script_error(scope, thrown, None).message))
                }
                (Err(failure), _) => Err(Error::Snapshot(describe(scope, failure))),
            }
        })?;
        creation.keep();
        Ok(Needs { heap_bytes, array_buffer_bytes: self.isolate.array_buffer_bytes() })
    }
}

/// Whether a sandbox of these limits has room for what comes out of a snapshot: V8 aborts the process where it has not.
pub(super) fn require_room(needs: Needs, limits: &Limits) -> Result<(), Error> {
    let heap_bytes = Limits::HEAP_BYTES_MIN.max(needs.heap_bytes.saturating_mul(2));
    let wanted = [
        ("heap_bytes", limits.heap_bytes, heap_bytes),
        ("array_buffer_bytes", limits.array_buffer_bytes, needs.array_buffer_bytes),
    ];
    match wanted.into_iter().find(|(_, given, needed)| given < needed) {
        Some((name, given, needed)) => {
            Err(Error::Config(format!("`{name}`: {given} given, and its snapshot needs {needed}")))
        }
        None => Ok(()),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
