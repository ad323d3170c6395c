//! What the bridge keeps for one isolate: the components shown to it, their functions, and the handles JavaScript holds.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending};

use crate::callee::{Callees, Functions};
use crate::cancellation::Calls;
use crate::crew::Crew;
use crate::door::Door;
use crate::errand::Outstanding;
use crate::error::Errors;
use crate::given::Given;
use crate::handle::HandleTable;
use crate::instance::{Instance, Realm};
use crate::plan::Plan;
use crate::promise::Reserve;
use crate::transfer::Transfers;

/// The bridge of one isolate, in its slot.
pub(crate) struct Bridge {
    pub(crate) realm: Rc<Realm>,
    instances: Cell<u32>,
    pub(crate) callees: Callees,
    pub(crate) functions: Functions,
    pub(crate) calls: Calls,
    pub(crate) transfers: Transfers,
    pub(crate) outstanding: Outstanding,
    /// Every component in the isolate.
    all: RefCell<Vec<Weak<Instance>>>,
    /// Those that `promising` made, by number: they stay as long as the isolate.
    pub(crate) crews: RefCell<Vec<Crew>>,
    /// Counts the instances of crews.
    pub(crate) reserve: Cell<Option<Reserve>>,
}

impl Bridge {
    /// Gives the isolate of the scope a bridge, with at most `handles` handles at once.
    pub(crate) fn attach(scope: &mut v8::PinScope<'_, '_>, handles: usize) -> Result<(), Failure> {
        Errors::attach(scope)?;
        let realm = Realm {
            errors: Errors,
            dispose: dispose_symbol(scope)?,
            handles: RefCell::new(HandleTable::new(handles)),
            meter: Rc::default(),
            collected: Rc::default(),
        };
        let bridge = Self {
            realm: Rc::new(realm),
            instances: Cell::new(0),
            callees: Callees::default(),
            functions: Functions::new(scope),
            calls: Calls::default(),
            transfers: Transfers::default(),
            outstanding: Outstanding::default(),
            all: RefCell::default(),
            crews: RefCell::default(),
            reserve: Cell::default(),
        };
        scope.set_slot(Rc::new(bridge));
        Ok(())
    }

    /// The bridge of the isolate.
    pub(crate) fn of(isolate: &v8::Isolate) -> Result<Rc<Self>, Failure> {
        isolate.get_slot::<Rc<Self>>().cloned().ok_or_else(|| {
            Failure::error("host fault: the isolate has no component bridge").code("ERR_HOST_FAULT")
        })
    }

    /// Enters a component.
    pub(crate) fn instance(
        &self,
        scope: &v8::PinScope<'_, '_>,
        name: &str,
        plan: Arc<Plan>,
        given: Given,
        door: Box<dyn Door>,
    ) -> Rc<Instance> {
        let number = self.instances.replace(self.instances.get() + 1);
        let instance = Instance::new(scope, number, name, plan, given, door, &self.realm);
        self.all.borrow_mut().push(Rc::downgrade(&instance));
        instance
    }

    /// The component of a number, if it is there still.
    pub(crate) fn known(&self, number: u32) -> Option<Rc<Instance>> {
        self.all.borrow().iter().filter_map(Weak::upgrade).find(|instance| instance.number == number)
    }

    /// The end of a run: what goes on beside it ends, and nobody reads or writes the streams that are open.
    pub(crate) fn end_run(&self) {
        self.transfers.clear();
        self.calls.cancel_all();
        self.crews.borrow().iter().for_each(Crew::forget);
        let mut all = self.all.borrow_mut();
        all.retain(|instance| instance.strong_count() > 0);
        all.iter().filter_map(Weak::upgrade).for_each(|instance| instance.end_run());
        // Only now: whoever is told that nobody will answer has ended already.
        self.outstanding.clear();
    }

    /// Another instance of the same component, which nothing is given to and whose classes nobody sees.
    pub(crate) fn another(&self, scope: &v8::PinScope<'_, '_>, like: &Instance) -> Rc<Instance> {
        self.instance(scope, &like.name, Arc::clone(&like.plan), Given::default(), (like.maker)())
    }
}

/// `Symbol.dispose`, which the crate does not bind.
fn dispose_symbol(scope: &mut v8::PinScope<'_, '_>) -> Result<v8::Global<v8::Symbol>, Failure> {
    let global = scope.get_current_context().global(scope);
    let symbol = global.get(scope, name(scope, "Symbol").into()).or_pending()?;
    let symbol = v8::Local::<v8::Object>::try_from(symbol).ok();
    let dispose = symbol.and_then(|symbol| symbol.get(scope, name(scope, "dispose").into()));
    let dispose = dispose.and_then(|dispose| v8::Local::<v8::Symbol>::try_from(dispose).ok());
    let dispose = dispose.ok_or_else(|| Failure::error("host fault: this V8 has no Symbol.dispose"))?;
    Ok(v8::Global::new(scope, dispose))
}
