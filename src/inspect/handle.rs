//! The inspector of a sandbox, as other threads hold it.

use std::sync::Arc;

use super::inbox::Inbox;

/// How a run begins for which a debugger was waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It runs.
    Running,
    /// It pauses at its first statement.
    Paused,
}

/// What V8 says to a session of its inspector: JSON of the Chrome DevTools Protocol.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum InspectorMessage<'a> {
    /// The answer to a message that was sent.
    Response {
        /// The number that the message had.
        call: i32,
        /// The whole answer.
        json: &'a str,
    },
    /// Something has happened.
    Notification {
        /// The whole message.
        json: &'a str,
    },
}

impl<'a> InspectorMessage<'a> {
    /// The message, whatever it is.
    #[must_use]
    pub fn json(&self) -> &'a str {
        match self {
            Self::Response { json, .. } | Self::Notification { json } => json,
        }
    }
}

/// V8's inspector of one sandbox, from any thread: see [`Sandbox::inspector`](crate::Sandbox::inspector).
#[derive(Clone)]
pub struct Inspector(pub(super) Arc<Inbox>);

impl Inspector {
    /// Opens a session. `listener` is called on the sandbox's thread, with what V8 says; it should be quick, and a panic in it
    /// is swallowed.
    pub fn session(&self, listener: impl FnMut(InspectorMessage<'_>) + Send + 'static) -> InspectorSession {
        let number = self.0.open(Box::new(listener));
        InspectorSession { inbox: Arc::clone(&self.0), number }
    }

    /// How many sessions are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.0.sessions()
    }

    /// Notes that a debugger is waited for, until one sends `Runtime.runIfWaitingForDebugger`. Waiting is up to whoever owns
    /// the sandbox: it calls [`Sandbox::attend_inspector`](crate::Sandbox::attend_inspector) as long as
    /// [`is_held`](Self::is_held), and runs something then.
    pub fn hold(&self, start: Start) {
        self.0.hold(start);
    }

    /// Whether a debugger is still waited for.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }
}

/// One client of a sandbox's inspector, until this is dropped.
pub struct InspectorSession {
    inbox: Arc<Inbox>,
    number: u64,
}

impl InspectorSession {
    /// Sends a message of the Chrome DevTools Protocol.
    ///
    /// It is dispatched on the sandbox's thread: during a run at once, even in an endless loop and at a breakpoint; between
    /// runs by [`Sandbox::attend_inspector`](crate::Sandbox::attend_inspector). What is evaluated has no command-line
    /// API, and makes no code from strings unless scripts may.
    pub fn send(&self, message: impl Into<String>) {
        self.inbox.send(self.number, message.into());
    }
}

impl Drop for InspectorSession {
    fn drop(&mut self) {
        self.inbox.close_session(self.number);
    }
}
