//! A component as one isolate sees it.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use innerbox_binding::value::name;
use innerbox_binding::{EventLoop, Failure, Meter};

use crate::door::{Door, Maker, SideBySide};
use crate::errand::Desk;
use crate::error::Errors;
use crate::fault::Fault;
use crate::given::Given;
use crate::handle::{HandleTable, Key};
use crate::plan::{NameId, Plan};
use crate::queue::Queue;

/// A component as this isolate sees it.
pub(crate) struct Instance {
    me: Weak<Self>,
    pub(crate) number: u32,
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) plan: Arc<Plan>,
    /// Most bytes of lists and strings that one call may carry in, and as many out.
    pub(crate) allowed: usize,
    /// None while a call goes through it on another thread.
    pub(crate) door: RefCell<Option<Box<dyn Door>>>,
    /// Calls that wait for the door to come back.
    pub(crate) queue: Rc<RefCell<Queue>>,
    pub(crate) maker: Maker,
    /// Where calls are made that may go on side by side.
    pub(crate) side_by_side: Option<Arc<dyn SideBySide>>,
    /// What they ask of JavaScript, where they may.
    pub(crate) desk: Option<Desk>,
    pub(crate) names: Names,
    pub(crate) given: Given,
    /// The generation of the instance that has the objects in `given`.
    pub(crate) generation: Cell<u32>,
    pub(crate) realm: Rc<Realm>,
    /// The classes of its resources, by `ResourceId`.
    pub(crate) classes: RefCell<Vec<v8::Global<v8::FunctionTemplate>>>,
}

impl Instance {
    /// An instance behind a door.
    pub(crate) fn new(
        scope: &v8::PinScope<'_, '_>,
        number: u32,
        name: &str,
        plan: Arc<Plan>,
        given: Given,
        door: Box<dyn Door>,
        realm: &Rc<Realm>,
    ) -> Rc<Self> {
        let side_by_side = door.side_by_side();
        let event_loop = EventLoop::of(scope).ok().filter(|_| plan.calls_scripts());
        let desk = side_by_side.as_ref().zip(event_loop).map(|(calls, event_loop)| {
            let desk = Desk::new(number, event_loop.handle());
            calls.report_to(Arc::clone(&desk.errands));
            desk
        });
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            number,
            name: name.to_owned(),
            names: Names::new(scope, &plan),
            plan,
            allowed: door.crossing_bytes(),
            given,
            generation: Cell::new(0),
            queue: Rc::default(),
            maker: door.maker(),
            side_by_side,
            desk,
            door: RefCell::new(Some(door)),
            realm: Rc::clone(realm),
            classes: RefCell::default(),
        })
    }

    /// The same, for as long as somebody needs it.
    pub(crate) fn shared(&self) -> Result<Rc<Self>, Failure> {
        self.me.upgrade().ok_or_else(|| Failure::error("host fault: the component has gone"))
    }

    /// The end of a run: what goes on beside it ends. A door that is away will not come back, so there is another one.
    pub(crate) fn end_run(&self) {
        if let Some(calls) = &self.side_by_side {
            calls.rest();
        }
        if let Some(desk) = &self.desk {
            desk.clear();
        }
        self.queue.borrow_mut().clear();
        if let Ok(mut door) = self.door.try_borrow_mut() {
            door.get_or_insert_with(|| (self.maker)());
        }
    }

    /// The door, unless a call is going through it: further down the stack, or on another thread.
    #[inline]
    pub(crate) fn door(&self) -> Result<RefMut<'_, Box<dyn Door>>, Box<Fault>> {
        let door = self.door.try_borrow_mut().map_err(|_| Fault::Busy)?;
        RefMut::filter_map(door, Option::as_mut).map_err(|_| Fault::Busy.into())
    }

    /// The generation of the instance behind the door, wherever that is; 0 where none is live.
    pub(crate) fn live_generation(&self) -> u32 {
        match self.door.try_borrow() {
            Ok(door) => door.as_ref().map_or(self.generation.get(), |door| door.generation()),
            Err(_) => self.generation.get(),
        }
    }

    /// Notes which instance stands behind the door: what a dead one held is let go.
    pub(crate) fn stands(&self, generation: u32) {
        if self.generation.replace(generation) != generation {
            self.given.clear();
        }
    }
}

/// The names of a plan as V8 strings, made once.
pub(crate) struct Names {
    strings: Vec<v8::Global<v8::String>>,
    tag: v8::Global<v8::String>,
    val: v8::Global<v8::String>,
    payload: v8::Global<v8::String>,
}

/// What all components in the isolate share.
pub(crate) struct Realm {
    pub(crate) errors: Errors,
    pub(crate) dispose: v8::Global<v8::Symbol>,
    pub(crate) handles: RefCell<HandleTable>,
    /// How many there were at most, and whether one was refused.
    pub(crate) meter: Rc<Meter>,
    /// Handles whose objects were collected; their resources are destroyed before the next call.
    pub(crate) collected: Rc<RefCell<Vec<Key>>>,
}

impl Names {
    pub(crate) fn new(scope: &v8::PinScope<'_, '_>, plan: &Plan) -> Self {
        let global = |text: &str| v8::Global::new(scope, name(scope, text));
        Self {
            strings: plan.names.iter().map(|text| global(text)).collect(),
            tag: global("tag"),
            val: global("val"),
            payload: global("payload"),
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

    pub(crate) fn payload<'s>(&self, scope: &v8::PinScope<'s, '_>) -> v8::Local<'s, v8::String> {
        v8::Local::new(scope, &self.payload)
    }
}
