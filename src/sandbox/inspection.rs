//! What the host can see of a sandbox that its scripts cannot.

use std::convert::Infallible;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use innerbox_extension::Interrupt;

use super::context::Context;
use super::{Parts, Sandbox};
use crate::completion::Outcome;
use crate::error::Error;
use crate::inspect::{Agent, HeapStatistics, Inspector, Times};
use crate::isolate::platform;
use crate::value::Value;

impl Sandbox {
    /// What V8 says of the heap.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// sandbox.eval("var much = Array.from({ length: 1e5 }, (_, i) => ({ i }))");
    /// let before = sandbox.heap_statistics();
    /// sandbox.eval("much = undefined");
    /// sandbox.collect_garbage();
    /// assert!(sandbox.heap_statistics().used < before.used);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn heap_statistics(&mut self) -> HeapStatistics {
        let array_buffers = self.isolate.array_buffer_bytes();
        self.isolate.enter(|isolate| HeapStatistics::of(isolate, array_buffers))
    }

    /// Collects all garbage. Scripts have no way to do so.
    pub fn collect_garbage(&mut self) {
        self.isolate.enter(|isolate| isolate.low_memory_notification());
    }

    /// Writes a heap snapshot, chunk by chunk, in the format that Chrome DevTools load from a file `.heapsnapshot`.
    ///
    /// It has the contents of every string of the script. A sandbox that has died can still be looked at.
    ///
    /// # Errors
    /// What `to` says; nothing more is written to it then.
    pub fn heap_snapshot(&mut self, mut to: impl Write) -> std::io::Result<()> {
        let mut written = Ok(Ok(()));
        self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            scope.take_heap_snapshot(|chunk| {
                // V8 must not see a panic of the writer.
                written = catch_unwind(AssertUnwindSafe(|| to.write_all(chunk)));
                matches!(written, Ok(Ok(())))
            });
        });
        written.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// What all runs have taken of time, together.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times
    }

    /// Starts to note, `every` so often, which function runs.
    ///
    /// # Errors
    /// [`Error::Inspect`] where a profile is being made already, or the sandbox is not to be inspected.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// sandbox.start_cpu_profile(Duration::from_micros(500))?;
    /// sandbox.eval("function busy() { for (let i = 0; i < 1e7; i++); } busy()");
    /// std::fs::write(std::env::temp_dir().join("busy.cpuprofile"), sandbox.stop_cpu_profile()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_cpu_profile(&mut self, every: Duration) -> Result<(), Error> {
        self.with_agent(|agent| agent.probe()?.start_profile(every))
    }

    /// The profile since [`start_cpu_profile`](Self::start_cpu_profile): JSON, in the format that Chrome DevTools load from a
    /// file `.cpuprofile`.
    ///
    /// # Errors
    /// [`Error::Inspect`] where none is being made.
    pub fn stop_cpu_profile(&mut self) -> Result<String, Error> {
        self.with_agent(|agent| agent.probe()?.stop_profile())
    }

    /// Starts to count how often each function and each block of code runs, of all that is compiled from now on. Code runs slower meanwhile.
    ///
    /// # Errors
    /// [`Error::Inspect`] where the sandbox is not to be inspected.
    pub fn start_coverage(&mut self) -> Result<(), Error> {
        self.with_agent(|agent| agent.probe()?.start_coverage())
    }

    /// What was counted since the start or the last time: JSON in V8's format, as Node.js writes it with `NODE_V8_COVERAGE`.
    ///
    /// # Errors
    /// [`Error::Inspect`] where nothing is being counted.
    pub fn take_coverage(&mut self) -> Result<String, Error> {
        self.with_agent(|agent| agent.probe()?.take_coverage())
    }

    /// Stops counting.
    ///
    /// # Errors
    /// As [`take_coverage`](Self::take_coverage).
    pub fn stop_coverage(&mut self) -> Result<(), Error> {
        self.with_agent(|agent| agent.probe()?.stop_coverage())
    }

    /// V8's inspector of this sandbox, which speaks the Chrome DevTools Protocol. It is connected when it is first asked
    /// for, and costs nothing before.
    ///
    /// The time that a run spends at a breakpoint counts: a sandbox that somebody debugs should have no limit of wall time.
    ///
    /// # Errors
    /// [`Error::Inspect`] where a script has fixed `console` on its global object, as V8 would have to pass by it.
    ///
    /// # Examples
    /// ```
    /// # use std::sync::mpsc::channel;
    /// # use std::time::Duration;
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let (sender, receiver) = channel();
    /// let session = sandbox.inspector()?.session(move |message| {
    ///     let _ = sender.send(message.json().to_owned());
    /// });
    /// session.send(r#"{ "id": 1, "method": "Runtime.evaluate", "params": { "expression": "6 * 7" } }"#);
    /// sandbox.attend_inspector(Duration::ZERO);
    /// assert!(receiver.try_recv().is_ok_and(|json| json.contains(r#""value":42"#)));
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn inspector(&mut self) -> Result<Inspector, Error> {
        let inspector = self.with_agent(|agent| Ok((agent.inspector(), agent.mirrors())))?;
        if let (_, false) = &inspector
            && let Some(agent) = self.parts.agent.get()
        {
            let contexts = &self.parts.contexts;
            let mirror = |_: &Context, scope: &mut v8::PinScope<'_, '_>| {
                agent.mirror(scope);
                Ok::<_, Error>(())
            };
            self.isolate.enter(|isolate| contexts.each(isolate, mirror))?;
        }
        Ok(inspector.0)
    }

    /// Does what sessions have asked for between two runs, or waits so long for the first to ask for something. It is under
    /// the limits of a run.
    pub fn attend_inspector(&mut self, patience: Duration) {
        let Some(agent) = self.parts.agent.get().cloned() else { return };
        if self.death.is_some() || !agent.wait(patience) {
            return;
        }
        self.turn(None, false, |_, scope| {
            agent.attend(scope);
            // V8 makes a task of some of it: a heap snapshot, for instance.
            platform::pump(scope);
            scope.perform_microtask_checkpoint();
            (!scope.is_execution_terminating()).then_some(Outcome::Returned { value: Value::Undefined })
        });
    }

    /// Does something with the inspector, inside of the isolate.
    fn with_agent<R>(&mut self, body: impl FnOnce(&Agent) -> Result<R, Error>) -> Result<R, Error> {
        let (parts, interrupt) = (&self.parts, &self.interrupt);
        self.isolate.enter(|isolate| {
            let agent = match parts.agent.get() {
                Some(agent) => Rc::clone(agent),
                None => parts.connect(isolate, interrupt)?,
            };
            v8::scope!(let scope, isolate);
            let context = parts.contexts.current.local(scope);
            let context = context.ok_or_else(|| Error::Inspect("it is being dropped".to_owned()))?;
            let _scope = &mut v8::ContextScope::new(scope, context);
            body(&agent)
        })
    }
}

impl Parts {
    /// Connects V8's inspector, and tells it of every context.
    fn connect(&self, isolate: &mut v8::Isolate, interrupt: &Arc<Interrupt>) -> Result<Rc<Agent>, Error> {
        let mut connected = None;
        self.contexts.each(isolate, |context, scope| match &connected {
            None => {
                connected = Some(Agent::connect(scope, Arc::clone(interrupt), &self.heap)?);
                // It was empty, here and below.
                let _ = self.inspected.set(context.clone());
                Ok(())
            }
            Some(agent) => agent.enter(scope),
        })?;
        let agent = connected.ok_or_else(|| Error::Inspect("it is being dropped".to_owned()))?;
        let _ = self.agent.set(Rc::clone(&agent));
        Ok(agent)
    }

    /// Does what sessions have asked for.
    pub(super) fn attend_inspector(&self, isolate: &mut v8::Isolate) {
        if let Some(agent) = self.agent.get() {
            agent.attend(isolate);
        }
    }

    /// Pauses at the next statement, if a debugger is to be there from the start.
    pub(super) fn break_at_start(&self) {
        if let Some(agent) = self.agent.get() {
            agent.break_at_start();
        }
    }

    /// Call before the isolate is disposed.
    pub(super) fn close_inspector(&self, isolate: &mut v8::Isolate) {
        let Some(agent) = self.agent.get() else { return };
        agent.end_sessions();
        let leave = |_: &Context, scope: &mut v8::PinScope<'_, '_>| {
            agent.leave(scope);
            Ok::<_, Infallible>(())
        };
        let Ok(()) = self.contexts.each(isolate, leave);
        agent.end();
    }
}
