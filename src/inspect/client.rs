//! What V8's inspector asks of its host.
#![expect(
    unsafe_code,
    reason = "V8 calls back with a raw pointer to the isolate, and wants a context in a scope of its own"
)]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

use v8::inspector::V8InspectorClientImpl;

use super::agent::Agent;

/// The host of one isolate's inspector.
pub(super) struct Client {
    agent: Weak<Agent>,
    isolate: v8::UnsafeRawIsolatePtr,
    context: v8::Global<v8::Context>,
}

impl Client {
    pub(super) fn new(
        scope: &mut v8::PinScope<'_, '_>,
        agent: &Rc<Agent>,
        context: v8::Local<v8::Context>,
    ) -> Self {
        let context = v8::Global::new(scope, context);
        let isolate: &mut v8::Isolate = scope;
        // SAFETY: the pointer is used in `ensure_default_context_in_group` alone, which the inspector of this isolate calls.
        let isolate = unsafe { isolate.as_raw_isolate_ptr() };
        Self { agent: Rc::downgrade(agent), isolate, context }
    }

    /// V8 must not see a panic. Of ours there is none: what sessions are told is caught where that is done.
    fn with_agent(&self, body: impl FnOnce(&Agent)) {
        let called = catch_unwind(AssertUnwindSafe(|| self.agent.upgrade().map(|agent| body(&agent))));
        // The panic hook has told it.
        drop(called);
    }
}

impl V8InspectorClientImpl for Client {
    fn run_message_loop_on_pause(&self, _: i32) {
        self.with_agent(Agent::pause);
    }

    fn quit_message_loop_on_pause(&self) {
        self.with_agent(Agent::resume);
    }

    fn run_if_waiting_for_debugger(&self, _: i32) {
        self.with_agent(Agent::release);
    }

    fn ensure_default_context_in_group(&self, _: i32) -> Option<v8::Local<'_, v8::Context>> {
        let mut pointer = self.isolate;
        // SAFETY: the inspector is calling, which is gone before its isolate is; and while V8 calls, nobody else looks at it.
        let isolate = unsafe { v8::Isolate::ref_from_raw_isolate_ptr_mut(&mut pointer) };
        v8::callback_scope!(unsafe scope, isolate);
        let context = v8::Local::new(scope, &self.context);
        // SAFETY: the handle is in the scope that V8 has opened around this call, where it keeps what is answered.
        Some(unsafe { context.extend_lifetime_unchecked() })
    }
}

/// V8 calls this on the isolate's thread, in the middle of its JavaScript, when a session has asked for something.
pub(super) unsafe extern "C" fn on_interrupt(isolate: v8::UnsafeRawIsolatePtr, _: *mut c_void) {
    let mut pointer = isolate;
    // SAFETY: V8 gives the isolate that it is interrupting, which is alive; whoever holds a reference waits for V8 to return.
    let isolate = unsafe { v8::Isolate::ref_from_raw_isolate_ptr_mut(&mut pointer) };
    let called = catch_unwind(AssertUnwindSafe(|| {
        if let Some(agent) = isolate.get_slot::<Rc<Agent>>().cloned() {
            agent.attend_in_script(isolate);
        }
    }));
    drop(called);
}
