//! Describes a sandbox, and makes it.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use innerbox_binding::{EventLoop, Failure, LoopLimits, prelude};
use innerbox_bridge_node::{FileAccess, Right};
use innerbox_bridge_remote::Remotes;
use innerbox_bridge_web::{Colors, Console, ConsoleSink, Stream};
use innerbox_extension::{Extension, ExtensionGrant, ExtensionLimits, Interrupt, Lending};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::components::{Components, Finder};
use super::context::{Context, Contexts};
use super::functions::{self, Functions};
use super::stdio::Stdio;
use super::warm_up::require_room;
use super::{Parts, Sandbox};
use crate::deadline::{Overrun, TimeWarning};
use crate::engine::Engine;
use crate::error::Error;
use crate::grant::{Grant, Lent};
use crate::inspect::Times;
use crate::isolate::exception::describe;
use crate::isolate::realm::{self, RealmGrants};
use crate::isolate::rejections::Rejections;
use crate::isolate::{Creation, HeapWarning, IsolateOptions, ParkedIsolate};
use crate::limit_hit::{Limit, LimitHit};
use crate::limits::Limits;
use crate::modules::{Modules, SourceBytes};
use crate::snapshot::Snapshot;

/// What a [`Sandbox`] will be: which limits it has, and what it is lent.
#[must_use = "nothing is made before `build`"]
pub struct SandboxBuilder<'e> {
    engine: &'e Engine,
    limits: Limits,
    overrun: Option<Overrun>,
    warning: Option<Warning>,
    grants: Vec<Grant>,
    extensions: Vec<(Extension, ExtensionLimits)>,
    extension_grants: HashMap<String, Vec<ExtensionGrant>>,
    finder: Option<Finder>,
    imports: HashMap<String, String>,
    functions: Functions,
    console: Option<Box<dyn ConsoleSink>>,
    console_colors: Colors,
    arguments: Vec<String>,
    cwd: PathBuf,
    snapshot: Option<Snapshot>,
    /// The snapshot that is made of it.
    creation: Option<Creation>,
}

impl<'e> SandboxBuilder<'e> {
    pub(super) fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            limits: Limits::default(),
            overrun: None,
            warning: None,
            grants: Vec::new(),
            extensions: Vec::new(),
            extension_grants: HashMap::new(),
            finder: None,
            imports: HashMap::new(),
            functions: Functions::default(),
            console: None,
            console_colors: Colors::Never,
            arguments: vec!["innerbox".to_owned()],
            cwd: PathBuf::from("/"),
            snapshot: None,
            creation: None,
        }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Calls `tell`, on the watchdog's thread, should a run go on for `grace` after its wall or processor time was over.
    ///
    /// V8 is then in one of the built-in functions that cannot be interrupted, and the thread is lost until it returns: a
    /// command ends its process here, a service sends its tenants elsewhere. A large collection of garbage alone may take
    /// half a second. `tell` must be quick, since no other run is watched meanwhile.
    pub fn on_overrun(mut self, grace: Duration, tell: impl Fn(LimitHit) + Send + Sync + 'static) -> Self {
        self.overrun = Some(Overrun { grace, tell: Arc::new(tell) });
        self
    }

    /// Calls `tell` when a run has used this share of its heap, wall or processor time: before the limit ends it, once for
    /// each of the three, with what is used and allowed. A share is between 0 and 1.
    ///
    /// For times it is called on the watchdog's thread, at most a hundredth of a second late; for the heap on the
    /// sandbox's own thread, when V8 has collected garbage and so much is left, or does not find room. It must be quick
    /// either way: no other run is watched meanwhile, or V8 stands still.
    ///
    /// # Examples
    /// ```
    /// # use std::{sync::mpsc, time::Duration};
    /// # use innerbox::{Config, Engine, Limit, Limits, Sandbox};
    /// let (warned, warnings) = mpsc::channel();
    /// let engine = Engine::new(Config::default())?;
    /// let limits = Limits { wall: Some(Duration::from_millis(200)), ..Limits::default() };
    /// let mut sandbox = Sandbox::builder(&engine)
    ///     .limits(limits)
    ///     .on_warning(0.5, move |warning| {
    ///         let _ = warned.send(warning);
    ///     })
    ///     .build()?;
    /// sandbox.eval("for (;;) {}");
    /// let warning = warnings.recv().expect("the run has used half of its time");
    /// assert_eq!((warning.which, warning.allowed), (Limit::WallMs, 200));
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn on_warning(mut self, share: f64, tell: impl Fn(LimitHit) + Send + Sync + 'static) -> Self {
        self.warning = Some(Warning { share, tell: Arc::new(tell) });
        self
    }

    /// Lends one thing more to scripts.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Lends several things more to scripts.
    pub fn grants(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.grants.extend(grants);
        self
    }

    /// Gives scripts an extension, under the default limits. They import it by its name, or by the names of its interfaces.
    pub fn extension(self, extension: &Extension) -> Self {
        self.extension_with(extension, ExtensionLimits::default())
    }

    /// Gives scripts an extension, under these limits.
    pub fn extension_with(mut self, extension: &Extension, limits: ExtensionLimits) -> Self {
        self.extensions.push((extension.clone(), limits));
        self
    }

    /// Lends several things more to the extension of this name: to it alone, and in this sandbox alone.
    pub fn extension_grants(
        mut self,
        extension: impl Into<String>,
        grants: impl IntoIterator<Item = ExtensionGrant>,
    ) -> Self {
        self.extension_grants.entry(extension.into()).or_default().extend(grants);
        self
    }

    /// Asks `find` for extensions that scripts import by name and that were not given, at the moment when they do: what
    /// is never imported is never loaded. `limits` are for each of those.
    pub fn extensions_from(
        mut self,
        limits: ExtensionLimits,
        find: impl Fn(&str) -> Result<Option<Extension>, Error> + 'static,
    ) -> Self {
        self.finder = Some(Finder { find: Rc::new(find), limits });
        self
    }

    /// Gives an extension what it imports besides WASI, as JavaScript: `source` is an expression, evaluated once in the
    /// sandbox when the extension is first asked for. Its value has a property for each interface, an object of functions
    /// and classes. Scripts that want to give it themselves call `instantiate` of the module `innerbox:component`.
    ///
    /// # Examples
    /// ```no_run
    /// # use innerbox::{Config, Engine, Extension, Sandbox};
    /// # let engine = Engine::new(Config::default())?;
    /// # let parser = Extension::from_file(&engine, "parser.wasm")?;
    /// let sandbox = Sandbox::builder(&engine)
    ///     .extension(&parser)
    ///     .imports("parser", "({ 'acme:parser/log': { warn(text) { console.warn(text); } } })")
    ///     .build()?;
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn imports(mut self, extension: impl Into<String>, source: impl Into<String>) -> Self {
        self.imports.insert(extension.into(), source.into());
        self
    }

    /// Gives scripts a function of the host's, on their global object. Its arguments are read as a tuple: those that are
    /// missing are `undefined`, and those too many are left out. What it returns is returned, and an error is thrown.
    ///
    /// Where it has a [`Reference`](crate::Reference) among its arguments, a script gives a function, or whatever it wraps as
    /// `new Reference(value)`; the host calls that in a later run, on whatever thread the sandbox is.
    ///
    /// It runs on the sandbox's thread, and nothing interrupts it. To use the sandbox from there is not possible: it is in
    /// the middle of a run.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine)
    ///     .function("area", |(width, height): (f64, Option<f64>)| Ok(width * height.unwrap_or(width)))
    ///     .build()?;
    /// assert_eq!(sandbox.eval("area(2, 3) + area(5)").into_value::<f64>()?, 31.0);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    /// A listener, called when its event has come:
    /// ```
    /// # use std::cell::RefCell;
    /// # use std::rc::Rc;
    /// # use innerbox::{Config, Engine, Reference, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let listeners = Rc::new(RefCell::new(Vec::new()));
    /// let listening = Rc::clone(&listeners);
    /// let mut sandbox = Sandbox::builder(&engine)
    ///     .function("on", move |(event, listener): (String, Reference)| {
    ///         listening.borrow_mut().push((event, listener));
    ///         Ok(())
    ///     })
    ///     .build()?;
    /// sandbox.eval("on('order', (amount) => amount * 2)");
    /// let (_, listener) = listeners.take().remove(0);
    /// assert_eq!(sandbox.call(&listener, &[21.into()]).into_value::<u32>()?, 42);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn function<A: DeserializeOwned, R: Serialize>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(A) -> anyhow::Result<R> + 'static,
    ) -> Self {
        self.functions.add(name.into(), function);
        self
    }

    /// As [`function`](Self::function), and scripts get a promise: the function runs on the rayon pool, several at once.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine)
    ///     .promising_function("sum", |(numbers,): (Vec<f64>,)| Ok(numbers.iter().sum::<f64>()))
    ///     .build()?;
    /// let both = sandbox.eval("Promise.all([sum([1, 2]), sum([3])])");
    /// assert_eq!(both.into_value::<[f64; 2]>()?, [3.0, 3.0]);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn promising_function<A: DeserializeOwned, R: Serialize>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(A) -> anyhow::Result<R> + Send + Sync + 'static,
    ) -> Self {
        self.functions.add_promising(name.into(), function);
        self
    }

    /// Takes what scripts write to their console and their standard streams. Without it, that goes nowhere.
    ///
    /// # Examples
    /// ```
    /// # use std::{cell::RefCell, rc::Rc};
    /// # use innerbox::{Config, ConsoleSink, Engine, Sandbox, Stream};
    /// struct Lines(Rc<RefCell<String>>);
    ///
    /// impl ConsoleSink for Lines {
    ///     fn write(&mut self, _: Stream, text: &str) {
    ///         self.0.borrow_mut().push_str(text);
    ///     }
    /// }
    ///
    /// let written = Rc::new(RefCell::new(String::new()));
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).console(Lines(Rc::clone(&written))).build()?;
    /// sandbox.eval("console.log('%d sandboxes', 1)");
    /// assert_eq!(*written.borrow(), "1 sandboxes\n");
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn console(mut self, sink: impl ConsoleSink + 'static) -> Self {
        self.console = Some(Box::new(sink));
        self
    }

    /// Sets whether the console colours what it prints.
    pub fn console_colors(mut self, colors: Colors) -> Self {
        self.console_colors = colors;
        self
    }

    /// Sets `process.argv`: the program, the script, and what follows.
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the directory, absolute, from which relative paths of `node:fs` start. It is `/` otherwise. Naming it lends
    /// nothing.
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cwd = directory.into();
        self
    }

    /// Has the sandbox begin with what a trusted script has left, in each of its contexts: a copy of its own. What is in there
    /// counts towards the limits. It cannot be lent V8's own WebAssembly, of which no snapshot has anything.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox, Snapshot};
    /// let engine = Engine::new(Config::default())?;
    /// let snapshot = Snapshot::builder(&engine).script("list.js", "var list = []").create()?;
    /// for _ in 0..2 {
    ///     let mut sandbox = Sandbox::builder(&engine).snapshot(&snapshot).build()?;
    ///     assert_eq!(sandbox.eval("list.push(1)").into_value::<u32>()?, 1);
    /// }
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn snapshot(mut self, snapshot: &Snapshot) -> Self {
        self.snapshot = Some(snapshot.clone());
        self
    }

    /// Makes the sandbox, which belongs to this thread.
    ///
    /// # Errors
    /// [`Error::Config`] for limits and grants that cannot be, [`Error::Io`] for a grant of a path that cannot be opened,
    /// and [`Error::Isolate`] where the heap limit is too small for what the sandbox itself needs.
    pub fn build(self) -> Result<Sandbox, Error> {
        let options = self.isolate_options()?;
        if let Some(snapshot) = &self.snapshot {
            require_room(snapshot.needs(), &self.limits)?;
            if self.realm_grants().web_assembly {
                let message = "`snapshot`: no snapshot has V8's own WebAssembly, which a grant lends";
                return Err(Error::Config(message.to_owned()));
            }
        }
        let isolate = ParkedIsolate::new(options, self.snapshot.as_ref().map(Snapshot::blob));
        self.build_in(isolate)
    }

    /// Makes a sandbox that ends in a snapshot.
    pub(super) fn build_creator(mut self) -> Result<(Sandbox, Creation), Error> {
        let (isolate, creation) = ParkedIsolate::creator(self.isolate_options()?);
        self.creation = Some(creation.clone());
        Ok((self.build_in(isolate)?, creation))
    }

    fn isolate_options(&self) -> Result<IsolateOptions, Error> {
        self.limits.check()?;
        Ok(IsolateOptions {
            heap_bytes: self.limits.heap_bytes,
            array_buffer_bytes: self.limits.array_buffer_bytes,
        })
    }

    fn build_in(mut self, mut isolate: ParkedIsolate) -> Result<Sandbox, Error> {
        let warning = self.warning.take().map(|warning| warning.time()).transpose()?;
        let files = self.files()?;
        let interrupt = self.engine.watchdog().interrupt();
        let components = Rc::new(self.components(Arc::clone(&interrupt))?);
        let source_bytes = SourceBytes::new(self.limits.source_bytes);
        let exit_code = Rc::default();
        let exit = exit(isolate.handle(), &exit_code);
        let heap = isolate.heap_limit();
        if let Some(warning) = &warning {
            heap.warn(heap_warning(warning, self.limits.heap_bytes));
        }
        let parts = isolate.enter(|isolate| {
            isolate.set_slot(Rc::clone(&components));
            if self.creation.is_some() {
                prelude::expect_snapshot(isolate);
            }
            EventLoop::install(isolate, self.loop_limits());
            let rejections = Rejections::collect(isolate);
            let modules = Modules::new(isolate, source_bytes.clone(), Rc::clone(&components) as _);
            self.allow_imports(&modules)?;
            v8::scope!(let scope, isolate);
            let event_loop =
                EventLoop::of(scope).map_err(|failure| Error::Isolate(format!("{failure:?}")))?;
            let stdio = Rc::clone(&components.stdio);
            let remotes = self.remotes(scope, &interrupt)?;
            let context = self.context(scope, modules, files, exit, &stdio)?;
            Ok::<_, Error>(Parts {
                contexts: Contexts::new(
                    context,
                    self.realm_grants(),
                    self.snapshot.as_ref().map(Snapshot::needs),
                ),
                event_loop,
                rejections,
                stdio,
                heap,
                handles: innerbox_bridge_component::handles_meter(scope),
                handles_live: Cell::default(),
                exit_code,
                remotes,
                agent: OnceCell::new(),
                inspected: OnceCell::new(),
            })
        })?;
        Ok(Sandbox {
            isolate,
            parts,
            under_way: None,
            interrupt,
            engine: self.engine.clone(),
            limits: self.limits,
            overrun: self.overrun,
            warning,
            source_bytes,
            death: None,
            terminated: Arc::default(),
            times: Times::default(),
            not_send: PhantomData,
        })
    }

    fn context(
        &mut self,
        scope: &mut v8::PinScope<'_, '_, ()>,
        modules: Rc<Modules>,
        files: FileAccess,
        exit: impl Fn(i32) + 'static,
        stdio: &Stdio,
    ) -> Result<Context, Error> {
        let context = realm::make(scope, self.realm_grants())?;
        if let Some(creation) = &self.creation {
            creation.watch(scope, context);
        }
        let made = Context::new(scope, context, modules);
        let scope = &mut v8::ContextScope::new(scope, context);
        let node = innerbox_bridge_node::Options {
            files,
            arguments: std::mem::take(&mut self.arguments),
            environment: self.environment(),
            cwd: std::mem::take(&mut self.cwd),
            exit: Box::new(exit),
        };
        let web = self.web_options();
        let handles = self.limits.handles;
        install(scope, |scope| innerbox_bridge_web::attach(scope, web))?;
        install(scope, |scope| Console::of(scope).map(|console| stdio.connect(console)))?;
        install(scope, |scope| innerbox_bridge_node::attach(scope, node))?;
        if self.creation.is_some() {
            // The rest is reached by `import` alone, and keeps handles that no snapshot could hold.
            return Ok(made);
        }
        install(scope, |scope| innerbox_bridge_component::attach(scope, handles))?;
        install(scope, innerbox_bridge_remote::attach)?;
        std::mem::take(&mut self.functions).install(scope, self.limits.value_bytes);
        install(scope, functions::attach)?;
        Ok(made)
    }

    fn components(&self, interrupt: Arc<Interrupt>) -> Result<Components, Error> {
        let stdio = Rc::new(Stdio::new());
        Ok(Components {
            engine: self.engine.clone(),
            interrupt,
            given: self.extensions.clone(),
            finder: self.finder.clone(),
            lendings: self.lendings(&stdio)?,
            stdio,
            imports: self.imports.clone(),
            instantiated: Cell::new(0),
        })
    }

    /// What extensions are lent, by their names.
    fn lendings(&self, stdio: &Stdio) -> Result<HashMap<String, Arc<Lending>>, Error> {
        let output = stdio.output();
        let lend = |(name, grants): (&String, &Vec<ExtensionGrant>)| {
            let is_known = self.extensions.iter().any(|(extension, _)| extension.name() == name);
            if !is_known && self.finder.is_none() {
                return Err(Error::Config(format!("grants for `{name}`: no extension is called so")));
            }
            Ok((name.clone(), Arc::new(Lending::open(grants, &output)?)))
        };
        self.extension_grants.iter().map(lend).collect()
    }

    fn remotes(&self, isolate: &mut v8::Isolate, interrupt: &Arc<Interrupt>) -> Result<Rc<Remotes>, Error> {
        let limits = innerbox_bridge_remote::Limits {
            handles: self.limits.handles,
            requests: self.limits.pending_promises,
            clone_bytes: self.limits.value_bytes,
        };
        let interrupt = Arc::clone(interrupt);
        Remotes::install(isolate, limits, move || interrupt.fired())
            .map_err(|failure| Error::Isolate(format!("{failure:?}")))
    }

    fn loop_limits(&self) -> LoopLimits {
        LoopLimits {
            timers: self.limits.timers,
            pending: self.limits.pending_promises,
            patience: self.limits.wall,
            first: if self.creation.is_some() { FIRST_IN_SNAPSHOT } else { 1 },
        }
    }

    fn web_options(&mut self) -> innerbox_bridge_web::Options {
        let mut options = innerbox_bridge_web::Options::new(Nowhere);
        if let Some(console) = self.console.take() {
            options.console = console;
        }
        options.console_bytes_max = self.limits.console_bytes;
        options.console_colors = self.console_colors;
        options
    }

    fn realm_grants(&self) -> RealmGrants {
        let lent = |what: &Lent| self.grants.iter().any(|grant| grant.0 == *what);
        RealmGrants {
            code_from_strings: lent(&Lent::CodeFromStrings),
            web_assembly: lent(&Lent::WebAssembly),
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let variables = self.grants.iter().filter_map(|grant| match &grant.0 {
            Lent::Variable { name, value } => Some((name.clone(), value.clone())),
            _ => None,
        });
        variables.collect()
    }

    fn files(&self) -> Result<FileAccess, Error> {
        let mut files = FileAccess::none();
        for grant in &self.grants {
            let (right, path) = match &grant.0 {
                Lent::Read(path) => (Right::Read, path),
                Lent::Write(path) => (Right::Write, path),
                _ => continue,
            };
            files.allow(right, path).map_err(|source| Error::Io {
                what: "lend",
                path: path.clone(),
                source,
            })?;
        }
        Ok(files)
    }

    /// What may be read may be imported. A path that does not exist as yet has nothing to import.
    fn allow_imports(&self, modules: &Modules) -> Result<(), Error> {
        for grant in &self.grants {
            if let Lent::Read(path) = &grant.0
                && path.exists()
            {
                modules.allow(path)?;
            }
        }
        Ok(())
    }
}

/// The number of the first timer of a script whose context is to be in a snapshot: no timer of a sandbox has it, so what the
/// script has kept of one never means another.
const FIRST_IN_SNAPSHOT: u64 = 1 << 52;

/// From which share of a limit on somebody is told.
struct Warning {
    share: f64,
    tell: Arc<dyn Fn(LimitHit) + Send + Sync>,
}

impl Warning {
    fn time(self) -> Result<TimeWarning, Error> {
        let Self { share, tell } = self;
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::Config(format!(
                "share of a limit to warn at: {share} given, 0 to 1 expected"
            )));
        }
        Ok(TimeWarning { share, tell })
    }
}

fn heap_warning(warning: &TimeWarning, heap_bytes: usize) -> HeapWarning {
    let (tell, allowed) = (Arc::clone(&warning.tell), heap_bytes as u64);
    HeapWarning {
        bytes: (heap_bytes as f64 * warning.share) as u64,
        tell: Box::new(move |used| tell(LimitHit { which: Limit::HeapBytes, used, allowed })),
    }
}

/// The console of a sandbox that was given none.
struct Nowhere;

impl ConsoleSink for Nowhere {
    fn write(&mut self, _: Stream, _: &str) {}
}

/// What `process.exit` does: it notes the code, and nothing of the script runs after it.
fn exit(handle: v8::IsolateHandle, code: &Rc<Cell<Option<i32>>>) -> impl Fn(i32) + 'static {
    let noted = Rc::clone(code);
    move |code| {
        noted.set(Some(code));
        handle.terminate_execution();
    }
}

fn install<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    bridge: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Result<(), Failure>,
) -> Result<(), Error> {
    bridge(scope).map_err(|failure| Error::Isolate(describe(scope, failure)))
}
