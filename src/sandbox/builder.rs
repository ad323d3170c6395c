//! Describes a sandbox, and makes it.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{EventLoop, LoopLimits};

use super::Sandbox;
use super::components::{Components, Finder};
use crate::deadline::Interrupt;
use crate::engine::Engine;
use crate::error::Error;
use crate::extension::Extension;
use crate::grant::{Grant, Lent};
use crate::isolate::realm::{self, RealmGrants};
use crate::isolate::rejections::Rejections;
use crate::isolate::{IsolateOptions, ParkedIsolate};
use crate::limits::{ExtensionLimits, Limits};

/// What a [`Sandbox`] will be: which limits it has, and what it is lent.
#[must_use = "nothing is made before `build`"]
pub struct SandboxBuilder<'e> {
    engine: &'e Engine,
    limits: Limits,
    grants: Vec<Grant>,
    extensions: Vec<(Extension, ExtensionLimits)>,
    finder: Option<Finder>,
}

impl<'e> SandboxBuilder<'e> {
    pub(super) fn new(engine: &'e Engine) -> Self {
        Self { engine, limits: Limits::default(), grants: Vec::new(), extensions: Vec::new(), finder: None }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lends one thing more.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Lends several things more.
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

    /// Makes the sandbox, which belongs to this thread.
    ///
    /// # Errors
    /// [`Error::Config`] for limits that cannot be, [`Error::Io`] for grants of paths that are not there, and
    /// [`Error::Isolate`] where the heap limit is too small for what the sandbox itself needs.
    pub fn build(self) -> Result<Sandbox, Error> {
        self.limits.check()?;
        let mut isolate = ParkedIsolate::new(IsolateOptions {
            heap_bytes: self.limits.heap_bytes,
            array_buffer_bytes: self.limits.array_buffer_bytes,
        });
        let interrupt = self.engine.watchdog().interrupt();
        let (context, event_loop, rejections) = isolate.enter(|isolate| {
            isolate.set_slot(Rc::new(self.components(Arc::clone(&interrupt))));
            EventLoop::install(isolate, self.loop_limits());
            let rejections = Rejections::collect(isolate);
            v8::scope!(let scope, isolate);
            let context = self.context(scope)?;
            let event_loop =
                EventLoop::of(scope).map_err(|failure| Error::Isolate(format!("{failure:?}")))?;
            Ok::<_, Error>((context, event_loop, rejections))
        })?;
        Ok(Sandbox {
            isolate,
            context: Some(context),
            event_loop,
            rejections,
            interrupt,
            engine: self.engine.clone(),
            limits: self.limits,
            source_bytes: 0,
            death: None,
            not_send: PhantomData,
        })
    }

    fn context(&self, scope: &mut v8::PinScope<'_, '_, ()>) -> Result<v8::Global<v8::Context>, Error> {
        let context = realm::make(scope, self.realm_grants())?;
        let scope = &mut v8::ContextScope::new(scope, context);
        innerbox_bridge_component::install(scope, self.limits.handles)
            .map_err(|failure| Error::Isolate(format!("{failure:?}")))?;
        Ok(v8::Global::new(scope, context))
    }

    fn components(&self, interrupt: Arc<Interrupt>) -> Components {
        Components {
            engine: self.engine.clone(),
            interrupt,
            given: self.extensions.clone(),
            finder: self.finder.clone(),
            bound: RefCell::default(),
        }
    }

    fn loop_limits(&self) -> LoopLimits {
        LoopLimits { timers: self.limits.timers, pending: self.limits.pending_promises }
    }

    fn realm_grants(&self) -> RealmGrants {
        let lent = |what: &Lent| self.grants.iter().any(|grant| grant.0 == *what);
        RealmGrants {
            code_from_strings: lent(&Lent::CodeFromStrings),
            web_assembly: lent(&Lent::WebAssembly),
        }
    }
}
