//! The promises that were rejected while nobody handled them.

use std::cell::RefCell;
use std::rc::Rc;

/// Most rejections kept at once. A script makes them, and each keeps its promise and its reason alive.
const KEPT_MAX: usize = 1_000;

/// The rejections of one isolate that have no handler yet.
#[derive(Default)]
pub(crate) struct Rejections {
    unhandled: RefCell<Vec<Rejection>>,
}

struct Rejection {
    promise: v8::Global<v8::Promise>,
    reason: v8::Global<v8::Value>,
}

impl Rejections {
    /// Starts to collect the rejections of `isolate`.
    pub(crate) fn collect(isolate: &mut v8::Isolate) -> Rc<Self> {
        let rejections = Rc::new(Self::default());
        isolate.set_slot(Rc::clone(&rejections));
        isolate.set_promise_reject_callback(on_rejection);
        rejections
    }

    /// The reason of the first rejection that is still unhandled. Ask after the microtasks have run, not before.
    pub(crate) fn first(&self) -> Option<v8::Global<v8::Value>> {
        self.unhandled.borrow().first().map(|rejection| rejection.reason.clone())
    }

    /// The run itself waits for this promise, so its rejection is handled.
    pub(crate) fn handled(&self, promise: v8::Local<v8::Promise>) {
        promise.mark_as_handled();
        self.remove(promise);
    }

    /// Forgets all: the run is over.
    pub(crate) fn clear(&self) {
        self.unhandled.borrow_mut().clear();
    }

    fn add(
        &self,
        scope: &v8::PinScope<'_, '_>,
        promise: v8::Local<v8::Promise>,
        reason: v8::Local<v8::Value>,
    ) {
        let mut unhandled = self.unhandled.borrow_mut();
        if unhandled.len() < KEPT_MAX {
            let promise = v8::Global::new(scope, promise);
            unhandled.push(Rejection { promise, reason: v8::Global::new(scope, reason) });
        }
    }

    fn remove(&self, promise: v8::Local<v8::Promise>) {
        self.unhandled.borrow_mut().retain(|rejection| rejection.promise != promise);
    }
}

/// V8 calls this in the middle of a script, and no JavaScript may run in it.
extern "C" fn on_rejection(message: v8::PromiseRejectMessage) {
    v8::callback_scope!(unsafe scope, &message);
    let Some(rejections) = scope.get_slot::<Rc<Rejections>>().cloned() else { return };
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            let reason = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
            rejections.add(scope, message.get_promise(), reason);
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => rejections.remove(message.get_promise()),
        v8::PromiseRejectEvent::PromiseRejectAfterResolved
        | v8::PromiseRejectEvent::PromiseResolveAfterResolved => {}
    }
}
