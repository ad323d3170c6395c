//! A future on its way between a script and a component: one value, which is there or is not yet.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use innerbox_binding::Completer;

use crate::fault::Fault;
use crate::plan::Type;

/// See the module.
pub struct Slot<T> {
    /// The type of the value; none where there is nothing to know but that it is there.
    pub payload: Option<Arc<Type>>,
    state: Mutex<State<T>>,
}

enum State<T> {
    Empty,
    Awaited(Waker),
    Wanted(Completer<Result<T, Box<Fault>>>),
    Full(Result<T, Box<Fault>>),
    Done,
}

impl<T: Send + 'static> Slot<T> {
    /// One without a value.
    pub fn new(payload: Option<Arc<Type>>) -> Arc<Self> {
        Arc::new(Self { payload, state: Mutex::new(State::Empty) })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the value, or says why there will be none. Only the first one counts.
    pub fn fill(&self, value: Result<T, Box<Fault>>) {
        let mut state = self.state();
        *state = match std::mem::replace(&mut *state, State::Done) {
            State::Empty => State::Full(value),
            State::Awaited(waker) => {
                waker.wake();
                State::Full(value)
            }
            State::Wanted(completer) => {
                completer.complete(value);
                State::Done
            }
            full @ (State::Full(_) | State::Done) => full,
        };
    }

    /// Takes the value, where it is there; else the task of `cx` is woken when it is.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Option<Result<T, Box<Fault>>> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Done) {
            State::Full(value) => Some(value),
            State::Empty | State::Awaited(_) => {
                *state = State::Awaited(cx.waker().clone());
                None
            }
            other => {
                *state = other;
                None
            }
        }
    }

    /// Gives the value to `completer`, now or when it is there.
    pub(crate) fn when_full(&self, completer: Completer<Result<T, Box<Fault>>>) {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Done) {
            State::Full(value) => completer.complete(value),
            _ => *state = State::Wanted(completer),
        }
    }
}
