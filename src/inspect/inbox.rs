//! What sessions have asked for, until the isolate's thread comes to it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use innerbox_binding::LoopHandle;

use super::client::on_interrupt;
use super::handle::{InspectorMessage, Start};

/// Takes what V8 says to a session, on the isolate's thread.
pub(super) type Listener = Box<dyn FnMut(InspectorMessage<'_>) + Send>;

/// What is asked of the isolate's thread.
pub(super) enum Request {
    Open { session: u64, listener: Listener },
    Message { session: u64, text: String },
    Close { session: u64 },
}

/// The way from any thread to the inspector of one isolate.
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
    isolate: v8::IsolateHandle,
    event_loop: LoopHandle,
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    next: u64,
    /// Sessions that were opened and not closed.
    open: usize,
    held: Option<Start>,
    /// The sandbox is gone.
    closed: bool,
}

impl Inbox {
    pub(super) fn new(isolate: v8::IsolateHandle, event_loop: LoopHandle) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), isolate, event_loop }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session, and gives its number.
    pub(super) fn open(&self, listener: Listener) -> u64 {
        let mut state = self.lock();
        state.next += 1;
        let session = state.next;
        state.open += 1;
        self.push(state, Request::Open { session, listener });
        session
    }

    pub(super) fn send(&self, session: u64, text: String) {
        self.push(self.lock(), Request::Message { session, text });
    }

    pub(super) fn close_session(&self, session: u64) {
        let mut state = self.lock();
        state.open -= 1;
        self.push(state, Request::Close { session });
    }

    /// Adds a request, and fetches the isolate's thread from whatever it does: JavaScript, waiting, or a breakpoint.
    fn push(&self, mut state: MutexGuard<'_, State>, request: Request) {
        if state.closed {
            return;
        }
        state.requests.push_back(request);
        drop(state);
        self.arrived.notify_all();
        self.interrupt();
        self.event_loop.wake();
    }

    /// Has the isolate's thread look here as soon as it runs JavaScript.
    pub(super) fn interrupt(&self) {
        self.isolate.request_interrupt(on_interrupt, std::ptr::null_mut());
    }

    pub(super) fn take(&self) -> Option<Request> {
        self.lock().requests.pop_front()
    }

    /// Makes a request the next one again.
    pub(super) fn put_back(&self, request: Request) {
        self.lock().requests.push_front(request);
    }

    /// Waits until there is a request; `false` where none came in time.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let until = Instant::now().checked_add(patience);
        let mut state = self.lock();
        while state.requests.is_empty() && !state.closed {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let left = left.unwrap_or(Duration::MAX);
            if left.is_zero() {
                return false;
            }
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        !state.requests.is_empty()
    }

    pub(super) fn sessions(&self) -> usize {
        self.lock().open
    }

    pub(super) fn hold(&self, start: Start) {
        self.lock().held = Some(start);
    }

    pub(super) fn is_held(&self) -> bool {
        self.lock().held.is_some()
    }

    /// Ends the waiting for a debugger: how it was to go on, where it waited.
    pub(super) fn release(&self) -> Option<Start> {
        self.lock().held.take()
    }

    /// Drops what waits, and whatever comes from now on.
    pub(super) fn close(&self) {
        let requests = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.requests)
        };
        // Without the lock: a listener may own a session, which says so here.
        drop(requests);
        self.arrived.notify_all();
    }
}
