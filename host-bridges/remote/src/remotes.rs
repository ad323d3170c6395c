//! What one isolate has lent to others and holds of others.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use innerbox_binding::{EventLoop, Failure, Meter};

use crate::Limits;
use crate::answer::{Problem, Reply};
use crate::home::{Home, Reference};
use crate::table::{Key, Table};

/// What an object of the class `Reference` stands for.
pub(crate) struct Held {
    pub(crate) reference: Reference,
    /// Kept so that V8 tells when the object is collected.
    pub(crate) _watch: Option<v8::Weak<v8::Object>>,
}

/// Who waits for a promise of this isolate.
pub(crate) struct Open {
    pub(crate) reply: Reply,
    /// When that was asked for.
    pub(crate) asked: Instant,
}

/// The remotes of one isolate, in its slot.
pub struct Remotes {
    home: Home,
    pub(crate) limits: Limits,
    lent: RefCell<Table<v8::Global<v8::Value>>>,
    pub(crate) held: RefCell<Table<Held>>,
    /// What was collected of it since the table was last looked at.
    pub(crate) collected: Rc<RefCell<Vec<Key>>>,
    /// Who waits for a promise of this isolate.
    pub(crate) open: RefCell<HashMap<u32, Open>>,
    pub(crate) next_reply: Cell<u32>,
    is_over: Box<dyn Fn() -> bool>,
    meter: Meter,
}

impl Remotes {
    /// Gives the isolate its remotes. It needs an [`EventLoop`]. `is_over` tells whether its run must end: it is asked while
    /// the isolate waits for another one.
    ///
    /// # Errors
    /// A host fault where it has no event loop.
    pub fn install(
        isolate: &mut v8::Isolate,
        limits: Limits,
        is_over: impl Fn() -> bool + 'static,
    ) -> Result<Rc<Self>, Failure> {
        let home = Home::new(EventLoop::of(isolate)?.handle(), limits);
        let remotes = Rc::new(Self {
            home,
            limits,
            lent: RefCell::new(Table::new(limits.handles)),
            held: RefCell::new(Table::new(limits.handles)),
            collected: Rc::default(),
            open: RefCell::default(),
            next_reply: Cell::new(1),
            is_over: Box::new(is_over),
            meter: Meter::default(),
        });
        isolate.set_slot(Rc::clone(&remotes));
        Ok(remotes)
    }

    /// The remotes of the isolate.
    ///
    /// # Errors
    /// A host fault where it has none.
    pub fn of(isolate: &v8::Isolate) -> Result<Rc<Self>, Failure> {
        isolate
            .get_slot::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| Failure::error("host fault: the isolate has no remotes").code("ERR_HOST_FAULT"))
    }

    /// The isolate, as others know it.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Whether a reference was refused, and how many there would have been.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn limit(&self, allowed: usize) -> Failure {
        self.meter.refused(allowed + 1);
        Failure::range_error(format!("limit reached: handles: {allowed} references allowed"))
            .code("ERR_LIMIT")
    }

    pub(crate) fn is_over(&self) -> bool {
        (self.is_over)()
    }

    /// Lends a value to others, who refer to it from any thread.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` at the limit of handles.
    pub fn lend(
        &self,
        scope: &v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
    ) -> Result<Reference, Failure> {
        self.sweep();
        let mut lent = self.lent.borrow_mut();
        let key = lent.insert(v8::Global::new(scope, value)).ok_or_else(|| self.limit(lent.limit()))?;
        Ok(Reference::new(self.home.clone(), key, type_of(value)))
    }

    /// The value that a reference points to, where it is of this isolate.
    ///
    /// # Errors
    /// A `TypeError` where it is of another.
    pub fn value<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        reference: &Reference,
    ) -> Result<v8::Local<'s, v8::Value>, Failure> {
        if *reference.home() != self.home {
            let message = "`reference`: it is of another isolate";
            return Err(Failure::type_error(message).code("ERR_REFERENCE_FOREIGN"));
        }
        self.lent(scope, reference.key())
    }

    pub(crate) fn lent<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        key: Key,
    ) -> Result<v8::Local<'s, v8::Value>, Failure> {
        let lent = self.lent.borrow();
        lent.get(key).map(|value| v8::Local::new(scope, value)).ok_or_else(crate::home::gone)
    }

    /// Lets go of what nobody refers to any more.
    pub fn sweep(&self) {
        let mut lent = self.lent.borrow_mut();
        for key in self.home.take_released() {
            lent.remove(key);
        }
    }

    /// Tells those who have waited for a promise of this isolate as long as they may.
    pub fn refuse_late(&self, event_loop: &EventLoop) {
        let now = Instant::now();
        let is_late = |open: &mut Open| event_loop.due(open.asked).is_some_and(|due| due <= now);
        let late: Vec<_> = self.open.borrow_mut().extract_if(|_, open| is_late(open)).collect();
        for (_, Open { reply, .. }) in late {
            reply.tell(Err(Problem::late()));
        }
    }

    /// When [`refuse_late`](Self::refuse_late) has to be called next.
    pub fn next_late(&self, event_loop: &EventLoop) -> Option<Instant> {
        self.open.borrow().values().filter_map(|open| event_loop.due(open.asked)).min()
    }

    /// Lets go of everything; who waits is told that the isolate is gone. Call before it is disposed, or when nothing may
    /// run in it any more.
    pub fn clear(&self) {
        // Not kept borrowed: a reference that goes may be the last one to a value of this very isolate.
        let (lent, held) = (self.lent.borrow_mut().clear(), self.held.borrow_mut().clear());
        let open = self.open.take();
        drop((lent, held, open));
    }
}

fn type_of(value: v8::Local<v8::Value>) -> &'static str {
    match innerbox_binding::value::kind(value) {
        kind
        @ ("undefined" | "null" | "boolean" | "number" | "bigint" | "string" | "symbol" | "function") => kind,
        _ => "object",
    }
}
