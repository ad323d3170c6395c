//! Describes a sandbox, and makes it.

use std::marker::PhantomData;

use innerbox_binding::{EventLoop, LoopLimits};

use super::Sandbox;
use crate::engine::Engine;
use crate::error::Error;
use crate::grant::{Grant, Lent};
use crate::isolate::realm::{self, RealmGrants};
use crate::isolate::rejections::Rejections;
use crate::isolate::{IsolateOptions, ParkedIsolate};
use crate::limits::Limits;

/// What a [`Sandbox`] will be: which limits it has, and what it is lent.
#[must_use = "nothing is made before `build`"]
pub struct SandboxBuilder<'e> {
    engine: &'e Engine,
    limits: Limits,
    grants: Vec<Grant>,
}

impl<'e> SandboxBuilder<'e> {
    pub(super) fn new(engine: &'e Engine) -> Self {
        Self { engine, limits: Limits::default(), grants: Vec::new() }
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
        let (context, event_loop, rejections) = isolate.enter(|isolate| {
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
            interrupt: self.engine.watchdog().interrupt(),
            engine: self.engine.clone(),
            limits: self.limits,
            source_bytes: 0,
            death: None,
            not_send: PhantomData,
        })
    }

    fn context(&self, scope: &mut v8::PinScope<'_, '_, ()>) -> Result<v8::Global<v8::Context>, Error> {
        let context = realm::make(scope, self.realm_grants())?;
        Ok(v8::Global::new(scope, context))
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
