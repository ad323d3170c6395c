//! The inspector of one isolate, on the isolate's thread.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use innerbox_binding::EventLoop;
use innerbox_extension::Interrupt;
use v8::inspector::{
    Channel, ChannelImpl, StringBuffer, StringView, V8Inspector, V8InspectorClient,
    V8InspectorClientTrustLevel, V8InspectorSession,
};

use super::client::Client;
use super::console::{mirror_console, without_console};
use super::handle::{Inspector, InspectorMessage, Start};
use super::inbox::{Inbox, Listener, Request};
use super::probe::Probe;
use super::protocol::{is_disabling, with_view, without_powers};
use crate::error::Error;
use crate::isolate::HeapLimit;

/// V8 keeps contexts in groups: all of a sandbox are in one.
const GROUP: i32 = 1;

/// What DevTools is told of the first context, and of each other one.
const ABOUT_FIRST: &str = r#"{"isDefault":true,"type":"default"}"#;
const ABOUT_FURTHER: &str = r#"{"isDefault":false,"type":"default"}"#;

/// While nothing is asked for at a breakpoint, how often it is looked whether the run has passed its limit.
const SLICE: Duration = Duration::from_millis(20);

/// V8's inspector, and its sessions.
pub(crate) struct Agent {
    inbox: Arc<Inbox>,
    /// Fired when the run has passed a limit: it does not stay at its breakpoint then.
    interrupt: Arc<Interrupt>,
    heap: Rc<HeapLimit>,
    sessions: RefCell<HashMap<u64, Rc<V8InspectorSession>>>,
    /// Sessions that are no more, until they can be ended.
    closed: RefCell<Vec<Rc<V8InspectorSession>>>,
    probe: RefCell<Option<Rc<Probe>>>,
    /// `None` before it is connected, and once the sandbox is being dropped.
    inspector: RefCell<Option<V8Inspector>>,
    /// V8 is at a breakpoint.
    breaking: Cell<bool>,
    /// And stays there.
    paused: Cell<bool>,
    /// The next run pauses at its first statement.
    breaks: Cell<bool>,
    /// Consoles tell V8's own what they are told.
    mirrors: Cell<bool>,
}

impl Agent {
    /// Connects V8's inspector to the current context.
    ///
    /// # Errors
    /// [`Error::Inspect`] where a script has made it impossible, or the isolate has no event loop.
    pub(crate) fn connect(
        scope: &mut v8::PinScope<'_, '_>,
        interrupt: Arc<Interrupt>,
        heap: &Rc<HeapLimit>,
    ) -> Result<Rc<Self>, Error> {
        let event_loop =
            EventLoop::of(scope).map_err(|_| Error::Inspect("it has no event loop".to_owned()))?;
        let agent = Rc::new(Self {
            inbox: Arc::new(Inbox::new(scope.thread_safe_handle(), event_loop.handle())),
            interrupt,
            heap: Rc::clone(heap),
            sessions: RefCell::default(),
            closed: RefCell::default(),
            probe: RefCell::default(),
            inspector: RefCell::default(),
            breaking: Cell::new(false),
            paused: Cell::new(false),
            breaks: Cell::new(false),
            mirrors: Cell::new(false),
        });
        let context = scope.get_current_context();
        let client = V8InspectorClient::new(Box::new(Client::new(scope, &agent, context)));
        let inspector = V8Inspector::create(scope, client);
        *agent.inspector.borrow_mut() = Some(inspector);
        agent.announce(scope, "innerbox", ABOUT_FIRST)?;
        scope.set_slot(Rc::clone(&agent));
        Ok(agent)
    }

    /// Tells it of the current context, which is a further one.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub(crate) fn enter(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Error> {
        self.announce(scope, "innerbox, another context", ABOUT_FURTHER)?;
        if self.mirrors.get() {
            mirror_console(scope);
        }
        Ok(())
    }

    fn announce(&self, scope: &mut v8::PinScope<'_, '_>, name: &str, about: &str) -> Result<(), Error> {
        let context = scope.get_current_context();
        without_console(scope, |_| {
            if let Some(inspector) = &*self.inspector.borrow() {
                inspector.context_created(context, GROUP, name.as_bytes().into(), about.as_bytes().into());
            }
        })
    }

    /// True once sessions are told what consoles are.
    pub(crate) fn mirrors(&self) -> bool {
        self.mirrors.get()
    }

    /// Has the console of the current context tell sessions what it is told.
    pub(crate) fn mirror(&self, scope: &mut v8::PinScope<'_, '_>) {
        self.mirrors.set(true);
        mirror_console(scope);
    }

    /// The way to it from other threads.
    pub(crate) fn inspector(&self) -> Inspector {
        Inspector(Arc::clone(&self.inbox))
    }

    /// Waits until a session has asked for something; `false` where none has in time.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        self.inbox.wait(patience)
    }

    /// Does what sessions have asked for, while no script runs.
    pub(crate) fn attend(&self, isolate: &mut v8::Isolate) {
        while let Some(request) = self.inbox.take() {
            self.handle(request);
        }
        self.closed.take();
        self.heap.stay_last(isolate);
    }

    /// The same in the middle of a script.
    pub(super) fn attend_in_script(&self, isolate: &mut v8::Isolate) {
        self.dispatch_in_script();
        self.heap.stay_last(isolate);
    }

    /// V8 aborts the process when its debugger is switched off at a breakpoint, or in the interrupts that it handles before it
    /// has quite left one. So sessions that are closed in a script end when it has returned, and so long waits what would
    /// disable the debugger; a breakpoint goes on then.
    fn dispatch_in_script(&self) {
        while !self.breaking.get() || self.paused.get() {
            match self.inbox.take() {
                Some(Request::Message { session, text }) if is_disabling(&text) => {
                    self.inbox.put_back(Request::Message { session, text });
                    return self.paused.set(false);
                }
                Some(request) => self.handle(request),
                None => return,
            }
        }
    }

    fn handle(&self, request: Request) {
        match request {
            Request::Open { session, listener } => {
                let opened = self.session(Outlet { listener: RefCell::new(listener) });
                if let Some(opened) = opened {
                    self.sessions.borrow_mut().insert(session, Rc::new(opened));
                }
            }
            // Not kept borrowed: at a breakpoint, this is called again before it returns.
            Request::Message { session, text } => {
                let session = self.sessions.borrow().get(&session).cloned();
                if let Some(session) = session {
                    with_view(&without_powers(&text), |view| session.dispatch_protocol_message(view));
                }
            }
            Request::Close { session } => {
                let closed = self.sessions.borrow_mut().remove(&session);
                self.closed.borrow_mut().extend(closed);
            }
        }
    }

    /// Stays at a breakpoint until a session says to go on, none is left, or the run has passed a limit.
    pub(super) fn pause(&self) {
        if self.breaking.replace(true) {
            return;
        }
        self.paused.set(true);
        while self.paused.get() && !self.sessions.borrow().is_empty() && !self.interrupt.fired() {
            self.inbox.wait(SLICE);
            self.dispatch_in_script();
        }
        self.paused.set(false);
        self.breaking.set(false);
        // For what has come since.
        self.inbox.interrupt();
    }

    pub(super) fn resume(&self) {
        self.paused.set(false);
    }

    /// A debugger says that what waits for it may begin.
    pub(super) fn release(&self) {
        if self.inbox.release() == Some(Start::Paused) {
            self.breaks.set(true);
        }
    }

    /// Pauses at the next statement, where a debugger was waited for to do that.
    pub(crate) fn break_at_start(&self) {
        if self.breaks.replace(false) {
            let sessions: Vec<_> = self.sessions.borrow().values().cloned().collect();
            for session in sessions {
                session.schedule_pause_on_next_statement(b"Break on start"[..].into(), StringView::empty());
            }
        }
    }

    /// The host's own session.
    ///
    /// # Errors
    /// [`Error::Inspect`] where the sandbox is being dropped.
    pub(crate) fn probe(&self) -> Result<Rc<Probe>, Error> {
        if let Some(probe) = &*self.probe.borrow() {
            return Ok(Rc::clone(probe));
        }
        let answers = Rc::default();
        let session = self.session(Probe::outlet(&answers));
        let session = session.ok_or_else(|| Error::Inspect("it is being dropped".to_owned()))?;
        let probe = Rc::new(Probe::new(session, answers));
        *self.probe.borrow_mut() = Some(Rc::clone(&probe));
        Ok(probe)
    }

    fn session(&self, channel: impl ChannelImpl + 'static) -> Option<V8InspectorSession> {
        let channel = Channel::new(Box::new(channel));
        let trust = V8InspectorClientTrustLevel::FullyTrusted;
        let inspector = self.inspector.borrow();
        inspector.as_ref().map(|inspector| inspector.connect(GROUP, channel, StringView::empty(), trust))
    }

    /// Ends all sessions: the first of three steps before the isolate is disposed.
    pub(crate) fn end_sessions(&self) {
        self.inbox.close();
        self.probe.take();
        self.sessions.take();
        self.closed.take();
    }

    /// Tells it that the current context goes: the second, for each context.
    pub(crate) fn leave(&self, scope: &v8::PinScope<'_, '_>) {
        if let Some(inspector) = &*self.inspector.borrow() {
            inspector.context_destroyed(scope.get_current_context());
        }
    }

    /// Ends it: the third.
    pub(crate) fn end(&self) {
        self.inspector.take();
    }
}

/// What V8 says to a session of the embedder's.
struct Outlet {
    listener: RefCell<Listener>,
}

impl Outlet {
    fn tell(&self, text: &v8::UniquePtr<StringBuffer>, message: impl Fn(&str) -> InspectorMessage<'_>) {
        let Some(text) = text.as_ref().map(|text| text.string().to_string()) else { return };
        // V8 must not see a panic of the embedder's. The panic hook has told it.
        let told = catch_unwind(AssertUnwindSafe(|| {
            if let Ok(mut listener) = self.listener.try_borrow_mut() {
                listener(message(&text));
            }
        }));
        drop(told);
    }
}

impl ChannelImpl for Outlet {
    fn send_response(&self, call: i32, text: v8::UniquePtr<StringBuffer>) {
        self.tell(&text, |json| InspectorMessage::Response { call, json });
    }

    fn send_notification(&self, text: v8::UniquePtr<StringBuffer>) {
        self.tell(&text, |json| InspectorMessage::Notification { json });
    }

    fn flush_protocol_notifications(&self) {}
}
