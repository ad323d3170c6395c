//! What the bridge keeps for one isolate: the components shown to it, their functions, and the handles JavaScript holds.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending};

use crate::callee::Callees;
use crate::door::{Door, Fault};
use crate::error::Errors;
use crate::handle::{HandleTable, Key};
use crate::plan::{NameId, Plan};

/// Why a call came to no value: the component's doing or the script's.
pub(crate) enum Problem {
    Component(Fault),
    Script(Failure),
}

/// The bridge of one isolate, in its slot.
pub(crate) struct Bridge {
    pub(crate) realm: Rc<Realm>,
    instances: Cell<u32>,
    pub(crate) callees: Callees,
}

/// What all components in the isolate share.
pub(crate) struct Realm {
    pub(crate) errors: Errors,
    pub(crate) dispose: v8::Global<v8::Symbol>,
    pub(crate) handles: RefCell<HandleTable>,
    /// Handles whose objects were collected; their resources are destroyed before the next call.
    pub(crate) collected: Rc<RefCell<Vec<Key>>>,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Component(fault)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Script(failure)
    }
}

/// A component as this isolate sees it.
pub(crate) struct Instance {
    pub(crate) number: u32,
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) door: RefCell<Box<dyn Door>>,
    pub(crate) names: Names,
    pub(crate) realm: Rc<Realm>,
    /// The classes of its resources, by `ResourceId`.
    pub(crate) classes: RefCell<Vec<v8::Global<v8::FunctionTemplate>>>,
}

/// The names of a plan as V8 strings, made once.
pub(crate) struct Names {
    strings: Vec<v8::Global<v8::String>>,
    tag: v8::Global<v8::String>,
    val: v8::Global<v8::String>,
}

impl Bridge {
    /// Gives the isolate of the scope a bridge, with at most `handles` handles at once.
    pub(crate) fn install(scope: &mut v8::PinScope<'_, '_>, handles: usize) -> Result<(), Failure> {
        let realm = Realm {
            errors: Errors::install(scope)?,
            dispose: dispose_symbol(scope)?,
            handles: RefCell::new(HandleTable::new(handles)),
            collected: Rc::default(),
        };
        let bridge = Self { realm: Rc::new(realm), instances: Cell::new(0), callees: Callees::default() };
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
        door: Box<dyn Door>,
    ) -> Rc<Instance> {
        let number = self.instances.replace(self.instances.get() + 1);
        Rc::new(Instance {
            number,
            name: name.to_owned(),
            names: Names::new(scope, &plan),
            plan,
            door: RefCell::new(door),
            realm: Rc::clone(&self.realm),
            classes: RefCell::default(),
        })
    }
}

impl Names {
    fn new(scope: &v8::PinScope<'_, '_>, plan: &Plan) -> Self {
        let global = |text: &str| v8::Global::new(scope, name(scope, text));
        Self {
            strings: plan.names.iter().map(|text| global(text)).collect(),
            tag: global("tag"),
            val: global("val"),
        }
    }

    pub(crate) fn get<'s>(&self, scope: &v8::PinScope<'s, '_>, id: NameId) -> v8::Local<'s, v8::String> {
        v8::Local::new(scope, &self.strings[id])
    }

    pub(crate) fn tag<'s>(&self, scope: &v8::PinScope<'s, '_>) -> v8::Local<'s, v8::String> {
        v8::Local::new(scope, &self.tag)
    }

    pub(crate) fn val<'s>(&self, scope: &v8::PinScope<'s, '_>) -> v8::Local<'s, v8::String> {
        v8::Local::new(scope, &self.val)
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
