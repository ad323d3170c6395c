//! The timers of an isolate, by when they are due.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::flow::Flow;

/// Whether a run goes on until a timer has run, or a promise is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// As every timer at first, and almost every promise.
    Yes,
    /// It runs only if something else keeps the run going.
    No,
}

/// One timer.
pub(crate) struct Timer {
    pub(crate) callback: v8::Global<v8::Function>,
    pub(crate) arguments: Vec<v8::Global<v8::Value>>,
    pub(crate) flow: Rc<Flow>,
    pub(crate) every: Option<Duration>,
    /// When the request came that it was started for; `None` where the run started it for itself.
    pub(crate) asked: Option<Instant>,
}

/// The timers of one isolate.
#[derive(Default)]
pub(crate) struct Timers {
    by_time: BTreeMap<(Instant, u64), Timer>,
    time_of: HashMap<u64, Instant>,
    /// Timers that the run does not wait for.
    unwaited: HashSet<u64>,
}

impl Timers {
    pub(crate) fn insert(&mut self, id: u64, time: Instant, timer: Timer) {
        self.by_time.insert((time, id), timer);
        self.time_of.insert(id, time);
    }

    pub(crate) fn remove(&mut self, id: u64) {
        self.unwaited.remove(&id);
        if let Some(time) = self.time_of.remove(&id) {
            self.by_time.remove(&(time, id));
        }
    }

    pub(crate) fn restart(&mut self, id: u64, time: Instant) -> bool {
        let Some(before) = self.time_of.get_mut(&id) else { return false };
        let before = std::mem::replace(before, time);
        let timer = self.by_time.remove(&(before, id));
        timer.map(|timer| self.by_time.insert((time, id), timer)).is_some()
    }

    pub(crate) fn set_waited(&mut self, id: u64, waited: Waited) {
        let _ = match waited {
            Waited::No if self.time_of.contains_key(&id) => self.unwaited.insert(id),
            _ => self.unwaited.remove(&id),
        };
    }

    /// Drops all but those for which `stays` is true of when they were asked for.
    pub(crate) fn retain(&mut self, stays: impl Fn(Option<Instant>) -> bool) {
        self.by_time.retain(|_, timer| stays(timer.asked));
        let (by_time, unwaited) = (&self.by_time, &mut self.unwaited);
        self.time_of.retain(|id, time| by_time.contains_key(&(*time, *id)));
        unwaited.retain(|id| self.time_of.contains_key(id));
    }

    /// True where none is left to wait for, of those of the run or, with `all`, of any.
    pub(crate) fn is_idle(&self, all: bool) -> bool {
        self.by_time.iter().all(|((_, id), timer)| {
            let is_waited_for = all || timer.asked.is_none();
            !is_waited_for || self.unwaited.contains(id)
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.time_of.len()
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.by_time.keys().next().map(|(time, _)| *time)
    }

    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(u64, Timer)> {
        let first = self.by_time.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((_, id), timer) = first.remove_entry();
        self.time_of.remove(&id);
        Some((id, timer))
    }
}
