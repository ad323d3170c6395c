//! One tenant's isolate, and the runs in it.

mod argument;
mod builder;
mod components;
mod context;
mod functions;
mod handle;
mod inspection;
mod instantiate;
mod reference;
mod run;
mod stdio;
mod under_way;
mod usage;
mod warm_up;

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::io::ErrorKind;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use innerbox_binding::{EventLoop, Meter};
use innerbox_bridge_remote::Remotes;
use innerbox_bridge_web::Colors;
use innerbox_extension::Interrupt;
use serde::Serialize;

pub use argument::{Argument, FromScript};
pub use builder::SandboxBuilder;
pub use context::Context;
use context::Contexts;
pub use handle::SandboxHandle;
use run::{Answer, Entry, Run, Waiting};
use stdio::Stdio;
use under_way::UnderWay;
pub(crate) use under_way::{Program, Step};
pub use warm_up::SnapshotBuilder;

use crate::completion::{Completion, Outcome, Usage};
use crate::deadline::{Allowance, Overrun, TimeWarning, Watch};
use crate::engine::Engine;
use crate::error::Error;
use crate::inspect::{Agent, Times};
use crate::isolate::rejections::Rejections;
use crate::isolate::{HeapLimit, ParkedIsolate};
use crate::limit_hit::{Limit, LimitHit};
use crate::limits::Limits;
use crate::modules::{SourceBytes, Target};

/// One tenant's isolate, with its component instances, grants and limits.
///
/// It belongs to the thread that built it: it is neither `Send` nor `Sync`. A thread may have many. What one run leaves
/// behind (globals, modules) the next one finds; what it left unfinished (timers, calls) is dropped at its end.
///
/// A run that hits a limit condemns its sandbox: what the isolate was doing was cut off in the middle, so no later run may
/// build on it. Every later run ends in [`Outcome::Died`], and a new sandbox is made in a millisecond or two.
pub struct Sandbox {
    isolate: ParkedIsolate,
    parts: Parts,
    /// The run that has been paused.
    under_way: Option<UnderWay>,
    interrupt: Arc<Interrupt>,
    engine: Engine,
    limits: Limits,
    overrun: Option<Overrun>,
    warning: Option<TimeWarning>,
    source_bytes: SourceBytes,
    death: Option<String>,
    /// True once a handle has ended it.
    terminated: Arc<AtomicBool>,
    times: Times,
    not_send: PhantomData<*mut ()>,
}

/// What of a sandbox lives in its isolate.
struct Parts {
    contexts: Contexts,
    event_loop: Rc<EventLoop>,
    rejections: Rc<Rejections>,
    stdio: Rc<Stdio>,
    heap: Rc<HeapLimit>,
    /// Counts the handles that scripts hold.
    handles: Rc<Meter>,
    /// How many there are, as of the end of the last run.
    handles_live: Cell<usize>,
    /// What `process.exit` was called with.
    exit_code: Rc<Cell<Option<i32>>>,
    /// What it has lent to other sandboxes and to the host, and holds of others.
    remotes: Rc<Remotes>,
    /// V8's inspector, once somebody has asked for it.
    agent: OnceCell<Rc<Agent>>,
    /// The context that the inspector was told of first, kept alive for it.
    inspected: OnceCell<Context>,
}

type Panic = Box<dyn Any + Send>;

/// A little of everything, which leaves nothing.
const WARM_UP: &str =
    "(() => { const words = ['a', 'b']; return { words, length: words.length + 1 }; })().length - 3";

/// Why a sandbox is dead that a [`SandboxHandle`] has ended.
const TERMINATED: &str = "its host terminated it";

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
        match self.refusal(source.len()) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::script(name, source, Answer::Value), None),
        }
    }

    /// As [`eval`](Self::eval), for eyes: the value is what `util.inspect` writes of it, or undefined where it is that.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Colors, Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let text: String = sandbox.eval_inspected("new Map([['a', () => 1]])", Colors::Never).into_value()?;
    /// assert_eq!(text, "Map(1) { 'a' => [Function (anonymous)] }");
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn eval_inspected(&mut self, source: &str, colors: Colors) -> Completion {
        match self.refusal(source.len()) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::script("[eval]", source, Answer::Inspected(colors)), None),
        }
    }

    /// Runs the ES module in a file until nothing is left to do, and gives its default export.
    ///
    /// The module may import from the file's own directory and everything below it, besides what it may read anyway.
    ///
    /// # Errors
    /// [`Error::Io`] where there is no such file. What the module does wrong is in the completion.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// # let directory = tempfile::tempdir()?;
    /// let main = directory.path().join("main.js");
    /// std::fs::write(&main, "import { join } from 'node:path'; export default join('a', '..', 'b')")?;
    ///
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// assert_eq!(sandbox.run_module(&main)?.into_value::<String>()?, "b");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_module(&mut self, path: impl AsRef<Path>) -> Result<Completion, Error> {
        let target = self.file(path.as_ref())?;
        Ok(self.run_target(target, 0, None))
    }

    /// As [`run_module`](Self::run_module), for a module whose default export is a function; see
    /// [`call_module_source`](Self::call_module_source).
    ///
    /// # Errors
    /// Those of both.
    pub fn call_module(
        &mut self,
        path: impl AsRef<Path>,
        argument: &impl Serialize,
    ) -> Result<Completion, Error> {
        let (target, argument) = (self.file(path.as_ref())?, Argument::of(argument)?);
        Ok(self.run_target(target, 0, Some(&argument)))
    }

    fn file(&self, path: &Path) -> Result<Target, Error> {
        let opening = |source| Error::Io { what: "open", path: path.to_owned(), source };
        let file = path.canonicalize().map_err(opening)?;
        self.parts.contexts.current.modules().allow(file.parent().unwrap_or(&file))?;
        Target::file(file).ok_or_else(|| opening(ErrorKind::InvalidFilename.into()))
    }

    /// Runs an ES module from its source, and gives its default export. `name` is its URL: relative imports start from
    /// there, if it is a `file:` URL and its files may be read. Any other name will do where it imports none.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let completion = sandbox.run_module_source("main.js", "export default await Promise.resolve(42)");
    /// assert_eq!(completion.into_value::<u32>()?, 42);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn run_module_source(&mut self, name: &str, source: &str) -> Completion {
        self.run_target(Target::source(name, source), source.len(), None)
    }

    /// As [`run_module_source`](Self::run_module_source), for a module whose default export is a function: that is called with
    /// `argument`, and what it returns is given. Where that is a promise, its value is given.
    ///
    /// # Errors
    /// [`Error::Config`] where `argument` has no form in JavaScript; see [`Value::of`](crate::Value::of).
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let source = "export default async ({ width, height }) => width * height";
    /// let completion = sandbox.call_module_source("area.js", source, &serde_json::json!({ "width": 2, "height": 3 }))?;
    /// assert_eq!(completion.into_value::<u32>()?, 6);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn call_module_source(
        &mut self,
        name: &str,
        source: &str,
        argument: &impl Serialize,
    ) -> Result<Completion, Error> {
        let argument = Argument::of(argument)?;
        let target = Target::source(name, source);
        Ok(self.run_target(target, source.len(), Some(&argument)))
    }

    /// What ends the sandbox's runs from any thread.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use innerbox::{Config, Engine, Outcome, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let handle = sandbox.handle();
    /// let other = std::thread::spawn(move || {
    ///     std::thread::sleep(Duration::from_millis(20));
    ///     handle.terminate();
    /// });
    /// let completion = sandbox.eval("new Promise(resolve => setTimeout(resolve, 25_000))");
    /// assert!(matches!(completion.outcome, Outcome::Died { .. }));
    /// # other.join().unwrap();
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    #[must_use]
    pub fn handle(&self) -> SandboxHandle {
        SandboxHandle {
            isolate: self.isolate.handle(),
            interrupt: Arc::clone(&self.interrupt),
            engine: self.engine.clone(),
            event_loop: self.parts.event_loop.handle(),
            terminated: Arc::clone(&self.terminated),
        }
    }

    /// Why nothing may be run any more, if so.
    #[must_use]
    pub fn death(&self) -> Option<&str> {
        self.death.as_deref()
    }

    fn run_target(&mut self, target: Target, source_bytes: usize, argument: Option<&Argument>) -> Completion {
        match self.refusal(source_bytes) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::Module(target), argument),
        }
    }

    fn refusal<T>(&self, source_bytes: usize) -> Option<Outcome<T>> {
        if let Some(reason) = &self.death {
            return Some(Outcome::died(reason));
        }
        if self.terminated.load(Ordering::Acquire) {
            return Some(Outcome::died(TERMINATED));
        }
        let (used, allowed) = self.source_bytes.charge(source_bytes).err()?;
        Some(Outcome::limit(Limit::SourceBytes, used as u64, allowed as u64))
    }

    fn run<T: FromScript>(&mut self, entry: &Entry<'_>, argument: Option<&Argument>) -> Completion<T> {
        self.turn(argument, false, |run, scope| run.complete(scope, entry))
    }

    /// Does something in the isolate under the limits of a run, from its beginning to its end.
    fn turn<T>(
        &mut self,
        argument: Option<&Argument>,
        for_others: bool,
        body: impl FnOnce(&Run<'_>, &mut v8::PinScope<'_, '_>) -> Option<Outcome<T>>,
    ) -> Completion<T> {
        let watch = self.begin();
        let outcome = self.inside(&watch, argument, Waiting::Here, body);
        self.end(watch, for_others, outcome.map(Option::flatten))
    }

    /// The beginning of a run.
    fn begin(&mut self) -> Watch {
        self.relieve_heap();
        self.begin_usage();
        self.engine.watchdog().watch(
            self.isolate.handle(),
            Arc::clone(&self.interrupt),
            Allowance { wall: self.limits.wall, cpu: self.limits.cpu },
            self.overrun.clone(),
            self.warning.clone(),
        )
    }

    /// Enters the isolate in the middle of a run; nothing comes of it where the run's context is gone.
    fn inside<R>(
        &mut self,
        watch: &Watch,
        argument: Option<&Argument>,
        waiting: Waiting,
        body: impl FnOnce(&Run<'_>, &mut v8::PinScope<'_, '_>) -> R,
    ) -> Result<Option<R>, Panic> {
        let run = Run {
            parts: &self.parts,
            watch,
            terminated: &self.terminated,
            value_bytes: self.limits.value_bytes,
            argument,
            waiting,
        };
        self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            // Every callback of V8's is guarded by itself; this is for a fault in what the host does between them.
            catch_unwind(AssertUnwindSafe(|| {
                let context = run.parts.contexts.current.local(scope)?;
                let outcome = body(&run, &mut v8::ContextScope::new(scope, context));
                run.parts.stdio.deliver();
                Some(outcome)
            }))
        })
    }

    /// The end of a run: what it left unfinished is dropped, but for what others have asked for.
    fn end<T>(
        &mut self,
        watch: Watch,
        for_others: bool,
        outcome: Result<Option<Outcome<T>>, Panic>,
    ) -> Completion<T> {
        let parts = &self.parts;
        let heap_bytes = self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            if !for_others {
                innerbox_bridge_component::end_run(scope);
            }
            parts.event_loop.end_run();
            parts.remotes.refuse_late(&parts.event_loop);
            parts.rejections.clear();
            parts.remotes.sweep();
            parts.handles_live.set(innerbox_bridge_component::live_handles(scope));
            scope.get_heap_statistics().used_heap_size()
        });
        self.parts.heap.rest(heap_bytes as u64);
        let usage = self.usage(&watch, heap_bytes as u64);
        self.times.wall += usage.wall;
        self.times.cpu += usage.cpu;
        let hit = self.heap_hit().or(watch.finish());
        let outcome = self.conclude(outcome, hit);
        if self.death.is_some() {
            self.cut_off();
        }
        Completion { outcome, usage }
    }

    /// Tells all who wait for the sandbox that it is gone. Nothing runs in it any more.
    fn cut_off(&mut self) {
        let parts = &self.parts;
        self.isolate.enter(|_| {
            parts.event_loop.close();
            parts.remotes.clear();
        });
    }

    /// Between two runs, so at no run's cost: what V8 keeps of those before must not end the next.
    fn relieve_heap(&mut self) {
        let heap = &self.parts.heap;
        if heap.is_full() {
            self.isolate.enter(|isolate| heap.relieve(isolate));
        }
    }

    /// Makes a run of nothing: what V8 and the host make in the first one is made before anybody waits for it. It counts as no
    /// run, and has no limit of time, so that it condemns nothing.
    pub(crate) fn warm_up(&mut self) {
        // A debugger that waits for the first run is not to see this one.
        if self.death.is_some() || self.parts.agent.get().is_some() {
            return;
        }
        let (limits, times) = (self.limits, self.times);
        self.limits = Limits { wall: None, cpu: None, ..limits };
        let entry = Entry::script("", WARM_UP, Answer::Value);
        // What fails here fails again in a run, which tells.
        let _: Completion = self.run(&entry, None);
        (self.limits, self.times) = (limits, times);
    }

    /// What the run's outcome is, when all that happened to it is known.
    fn conclude<T>(
        &mut self,
        outcome: Result<Option<Outcome<T>>, Panic>,
        hit: Option<LimitHit>,
    ) -> Outcome<T> {
        if let Some(code) = self.parts.exit_code.get() {
            self.death = Some(format!("an earlier run ended it by process.exit({code})"));
            return Outcome::Exited { code };
        }
        if let Some(limit) = hit {
            self.death = Some(format!("condemned by an earlier run: {limit}"));
            return Outcome::Limit { limit, error: None };
        }
        let reason = match outcome {
            _ if self.terminated.load(Ordering::Acquire) => TERMINATED,
            Ok(Some(outcome)) => return self.name_limit(outcome),
            Ok(None) => "its execution was terminated by something that is no limit",
            Err(_) => "host fault: the host panicked in the middle of a run",
        };
        self.death = Some(reason.to_owned());
        Outcome::died(reason)
    }

    fn heap_hit(&self) -> Option<LimitHit> {
        let used = self.parts.heap.reached()?;
        Some(LimitHit { which: Limit::HeapBytes, used, allowed: self.limits.heap_bytes as u64 })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.under_way = None;
        // Components that run on other threads end; nobody waits for what they answer.
        self.interrupt.fire();
        self.engine.increment_epoch();
        let parts = &mut self.parts;
        self.isolate.enter(|isolate| {
            parts.close_inspector(isolate);
            parts.event_loop.close();
            parts.remotes.clear();
            parts.contexts.clear();
        });
    }
}

#[cfg(test)]
mod tests {
    use innerbox_binding::value::set_function;
    use innerbox_binding::{Arguments, EventLoop, Outcome as Answer};

    use super::*;
    use innerbox_extension::Config;

    /// A sandbox whose scripts have functions that panic. What unwound into V8 would abort the process.
    fn sandbox() -> Sandbox {
        let engine = Engine::new(Config::new().cache_off()).expect("the default configuration works");
        let mut sandbox = Sandbox::builder(&engine).build().expect("a default sandbox");
        let contexts = &sandbox.parts.contexts;
        sandbox.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            let context = contexts.current.local(scope).expect("it is not being dropped");
            let scope = &mut v8::ContextScope::new(scope, context);
            let global = context.global(scope);
            set_function(scope, global, "inCallback", |_, _| panic!("by design"));
            set_function(scope, global, "onPool", on_pool);
            set_function(scope, global, "whenSettled", when_settled);
        });
        sandbox
    }

    fn on_pool<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Answer<'s> {
        let work = || -> () { panic!("by design") };
        Ok(EventLoop::of(scope)?.spawn(scope, work, |scope, ()| Ok(v8::undefined(scope).into()))?.into())
    }

    fn when_settled<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Answer<'s> {
        Ok(EventLoop::of(scope)?.spawn(scope, || (), |_, ()| panic!("by design"))?.into())
    }

    #[test]
    fn a_callback_that_panics_throws() {
        let mut sandbox = sandbox();
        for (source, message) in [
            ("inCallback()", "host fault: a callback panicked: by design"),
            ("onPool()", "host fault: a host call panicked"),
        ] {
            let Outcome::Threw { error } = sandbox.eval(source).outcome else {
                panic!("{source} must throw")
            };
            assert_eq!((error.message.as_str(), error.code.as_deref()), (message, Some("ERR_HOST_FAULT")));
        }
        let lives = "try { inCallback() } catch { 'lives' }";
        assert_eq!(sandbox.eval(lives).into_value::<String>().expect("a string"), "lives");
    }

    #[test]
    fn a_panic_between_callbacks_ends_the_sandbox_alone() {
        let mut sandbox = sandbox();
        assert!(matches!(sandbox.eval("whenSettled()").outcome, Outcome::Died { .. }));
        assert!(sandbox.death().is_some_and(|reason| reason.starts_with("host fault")));
    }
}
