//! The contexts of a sandbox: global objects and modules of their own, under one set of limits.

use std::cell::RefCell;
use std::rc::Rc;

use innerbox_binding::{Failure, Quota};

use super::components::Bound;
use super::{Sandbox, functions};
use crate::error::Error;
use crate::isolate::exception::describe;
use crate::isolate::realm::{self, RealmGrants};
use crate::modules::Modules;
use crate::snapshot::Needs;

/// A context of a [`Sandbox`]: a global object, and all that hangs on it. A clone is another handle to the same; with the last
/// one it goes, unless the sandbox's runs happen there.
#[derive(Clone)]
pub struct Context(Rc<Realm>);

struct Realm {
    /// `None` once the sandbox is gone.
    context: RefCell<Option<v8::Global<v8::Context>>>,
    modules: Rc<Modules>,
    bound: Rc<Bound>,
}

impl Drop for Realm {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Realm {
    fn clear(&self) {
        self.modules.clear();
        self.bound.clear();
        self.context.take();
    }
}

impl Context {
    /// Notes a context that was prepared, and gives it its modules.
    pub(super) fn new(
        scope: &v8::PinScope<'_, '_, ()>,
        context: v8::Local<v8::Context>,
        modules: Rc<Modules>,
    ) -> Self {
        let bound = Rc::new(Bound::default());
        modules.attach(context);
        bound.attach(context);
        let context = RefCell::new(Some(v8::Global::new(scope, context)));
        Self(Rc::new(Realm { context, modules, bound }))
    }

    /// `None` once the sandbox is gone.
    pub(super) fn local<'s>(&self, scope: &v8::PinScope<'s, '_, ()>) -> Option<v8::Local<'s, v8::Context>> {
        self.0.context.borrow().as_ref().map(|context| v8::Local::new(scope, context))
    }

    pub(super) fn modules(&self) -> &Rc<Modules> {
        &self.0.modules
    }
}

/// All contexts of a sandbox.
pub(super) struct Contexts {
    /// Where runs happen.
    pub(super) current: Context,
    known: Vec<std::rc::Weak<Realm>>,
    grants: RealmGrants,
    /// What each takes that comes out of the sandbox's snapshot.
    needs: Option<Needs>,
}

impl Contexts {
    pub(super) fn new(first: Context, grants: RealmGrants, needs: Option<Needs>) -> Self {
        let known = vec![Rc::downgrade(&first.0)];
        Self { current: first, known, grants, needs }
    }

    /// Does something in each, as the current one.
    ///
    /// # Errors
    /// The first of `body`.
    pub(super) fn each<E>(
        &self,
        isolate: &mut v8::Isolate,
        mut body: impl FnMut(&Context, &mut v8::PinScope<'_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.known.iter().filter_map(|realm| realm.upgrade()).map(Context).try_for_each(|context| {
            v8::scope!(let scope, isolate);
            let Some(local) = context.local(scope) else { return Ok(()) };
            body(&context, &mut v8::ContextScope::new(scope, local))
        })
    }

    /// Lets go of all: call before the isolate is disposed.
    pub(super) fn clear(&mut self) {
        self.known.drain(..).filter_map(|realm| realm.upgrade()).for_each(|realm| realm.clear());
    }
}

impl Sandbox {
    /// Makes a further context: a global object that nothing was done to (but what its [`Snapshot`](crate::Snapshot) has, if
    /// the sandbox began with one), and no modules as yet. Console, grants, limits and
    /// the handles of components are the sandbox's, and the same in all its contexts. It takes a part of the time that a sandbox
    /// takes.
    ///
    /// One tenant's contexts are kept apart as the windows of one web site are: by having no way to each other, and not by V8
    /// being unable to reach one from the other. Tenants that do not trust each other have sandboxes of their own.
    ///
    /// # Errors
    /// [`Error::Isolate`] where the heap has no room for it, or the array buffers for those of the snapshot, and
    /// [`Error::Died`] where the sandbox has died.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let first = sandbox.context();
    /// sandbox.eval("var name = 'first'");
    /// let second = sandbox.new_context()?;
    /// sandbox.switch_to(&second)?;
    /// assert_eq!(sandbox.eval("typeof name").into_value::<String>()?, "undefined");
    /// sandbox.switch_to(&first)?;
    /// assert_eq!(sandbox.eval("name").into_value::<String>()?, "first");
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn new_context(&mut self) -> Result<Context, Error> {
        if let Some(reason) = &self.death {
            return Err(Error::Died(reason.clone()));
        }
        self.require_buffers()?;
        let (contexts, agent) = (&mut self.parts.contexts, self.parts.agent.get());
        let made = self.isolate.enter(|isolate| {
            v8::scope!(let scope, isolate);
            let current = contexts.current.local(scope).ok_or_else(gone)?;
            let context = realm::make(scope, contexts.grants)?;
            let made = Context::new(scope, context, contexts.current.modules().another());
            let scope = &mut v8::ContextScope::new(scope, context);
            if let Err(failure) = attach_like(scope, current) {
                return Err(Error::Isolate(describe(scope, failure)));
            }
            agent.map_or(Ok(()), |agent| agent.enter(scope)).map(|()| made)
        });
        if self.parts.heap.reached().is_some() {
            self.death = Some("its heap had no room for another context".to_owned());
            self.cut_off();
            return Err(Error::Isolate("its heap has no room for another context".to_owned()));
        }
        let made = made?;
        let known = &mut self.parts.contexts.known;
        known.retain(|realm| realm.strong_count() > 0);
        known.push(Rc::downgrade(&made.0));
        Ok(made)
    }

    /// V8 aborts the process where it has no room for an array buffer that comes out of a snapshot.
    fn require_buffers(&mut self) -> Result<(), Error> {
        let wanted = self.parts.contexts.needs.map_or(0, |needs| needs.array_buffer_bytes);
        let quota = self.isolate.quota();
        let fits = |quota: &Quota| wanted <= quota.allowed().saturating_sub(quota.used());
        if fits(quota) {
            return Ok(());
        }
        // What scripts have let go of still counts until it is collected.
        self.isolate.enter(|isolate| isolate.low_memory_notification());
        match fits(self.isolate.quota()) {
            true => Ok(()),
            false => Err(Error::Isolate("its array buffers have no room for another context".to_owned())),
        }
    }

    /// The context in which runs happen.
    #[must_use]
    pub fn context(&self) -> Context {
        self.parts.contexts.current.clone()
    }

    /// Has all later runs happen in this context.
    ///
    /// # Errors
    /// [`Error::Config`] where it is of another sandbox.
    pub fn switch_to(&mut self, context: &Context) -> Result<(), Error> {
        let contexts = &mut self.parts.contexts;
        let realm = Rc::downgrade(&context.0);
        if !contexts.known.iter().any(|known| known.ptr_eq(&realm)) {
            return Err(Error::Config("`context`: it is of another sandbox".to_owned()));
        }
        contexts.current = context.clone();
        Ok(())
    }
}

/// Lends the current context what `other` is lent.
fn attach_like(scope: &mut v8::PinScope<'_, '_>, other: v8::Local<v8::Context>) -> Result<(), Failure> {
    innerbox_bridge_web::attach_like(scope, other)?;
    innerbox_bridge_node::attach_like(scope, other)?;
    innerbox_bridge_component::attach_context(scope)?;
    innerbox_bridge_remote::attach(scope)?;
    functions::attach(scope)
}

pub(super) fn gone() -> Error {
    Error::Isolate("host fault: the sandbox has no context".to_owned())
}
