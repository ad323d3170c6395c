//! The host's own session of the inspector: profiles and coverage.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use v8::inspector::{ChannelImpl, StringBuffer, V8InspectorSession};

use super::protocol::with_view;
use crate::error::Error;

/// The scripts of the host's own have names that begin so, or none.
const HOST_SCRIPTS: &str = "innerbox:";

/// A session whose answers come while it asks.
pub(crate) struct Probe {
    session: V8InspectorSession,
    answers: Rc<Answers>,
    next: Cell<i32>,
}

/// The answer to the last call.
#[derive(Default)]
pub(super) struct Answers(RefCell<Option<(i32, String)>>);

/// Where V8 puts it.
struct Outlet(Rc<Answers>);

impl ChannelImpl for Outlet {
    fn send_response(&self, call: i32, text: v8::UniquePtr<StringBuffer>) {
        if let Some(text) = text.as_ref() {
            *self.0.0.borrow_mut() = Some((call, text.string().to_string()));
        }
    }

    fn send_notification(&self, _: v8::UniquePtr<StringBuffer>) {}

    fn flush_protocol_notifications(&self) {}
}

impl Probe {
    pub(super) fn outlet(answers: &Rc<Answers>) -> impl ChannelImpl + 'static {
        Outlet(Rc::clone(answers))
    }

    pub(super) fn new(session: V8InspectorSession, answers: Rc<Answers>) -> Self {
        Self { session, answers, next: Cell::new(1) }
    }

    /// Starts a CPU profile that takes a sample so often.
    pub(crate) fn start_profile(&self, every: Duration) -> Result<(), Error> {
        let interval = i32::try_from(every.as_micros()).unwrap_or(i32::MAX).max(1);
        self.call("Profiler.enable", &json!({}))?;
        self.call("Profiler.setSamplingInterval", &json!({ "interval": interval }))?;
        self.call("Profiler.start", &json!({})).map(drop)
    }

    /// The profile since then, as JSON.
    pub(crate) fn stop_profile(&self) -> Result<String, Error> {
        Ok(self.call("Profiler.stop", &json!({}))?["profile"].to_string())
    }

    /// Counts from now on how often each block of code runs.
    pub(crate) fn start_coverage(&self) -> Result<(), Error> {
        self.call("Profiler.enable", &json!({}))?;
        let params = json!({ "callCount": true, "detailed": true });
        self.call("Profiler.startPreciseCoverage", &params).map(drop)
    }

    /// What was counted since the last time, of the tenant's scripts, as JSON.
    pub(crate) fn take_coverage(&self) -> Result<String, Error> {
        let mut taken = self.call("Profiler.takePreciseCoverage", &json!({}))?;
        if let Some(scripts) = taken["result"].as_array_mut() {
            scripts.retain(|script| {
                let url = script["url"].as_str().unwrap_or_default();
                !url.is_empty() && !url.starts_with(HOST_SCRIPTS)
            });
        }
        Ok(json!({ "result": taken["result"], "timestamp": taken["timestamp"] }).to_string())
    }

    /// Stops counting.
    pub(crate) fn stop_coverage(&self) -> Result<(), Error> {
        self.call("Profiler.stopPreciseCoverage", &json!({})).map(drop)
    }

    fn call(&self, method: &str, params: &Value) -> Result<Value, Error> {
        let id = self.next.replace(self.next.get().wrapping_add(1));
        let message = json!({ "id": id, "method": method, "params": params }).to_string();
        with_view(&message, |view| self.session.dispatch_protocol_message(view));
        let refused = |why: &str| Error::Inspect(format!("{method}: {why}"));
        let answer = self.answers.0.take().filter(|(call, _)| *call == id);
        let (_, answer) = answer.ok_or_else(|| refused("V8 gave no answer"))?;
        let mut answer: Value = serde_json::from_str(&answer).map_err(|error| refused(&error.to_string()))?;
        match answer["error"]["message"].as_str() {
            Some(error) => Err(refused(error)),
            None => Ok(answer["result"].take()),
        }
    }
}
