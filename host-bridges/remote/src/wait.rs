//! Waiting for another isolate while the own one stands still, without two that wait for each other.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use innerbox_binding::{Failure, Neighbours, Served, neighbours, wait_on_thread};

use crate::answer::{Answer, Problem};
use crate::home::Home;
use crate::remotes::Remotes;

/// Time between two looks whether the own run is over. Deadlines are a hundredth of a second late at most, too.
const LOOK: Duration = Duration::from_millis(10);

/// Threads that stand still, and the thread that each waits for.
static WAITS: Mutex<Option<HashMap<ThreadId, ThreadId>>> = Mutex::new(None);

/// A way to wait for an isolate that cannot end in two waiting for each other.
pub(crate) enum Wait {
    /// It is of this thread, and free: it is run here.
    Here(Rc<dyn Neighbours>),
    /// It is of another thread, which does not wait for this one.
    There(Standstill),
}

impl Wait {
    /// # Errors
    /// An `Error` with code `ERR_DEADLOCK` where waiting would never end.
    pub(crate) fn prepare(home: &Home) -> Result<Self, Failure> {
        let here = std::thread::current().id();
        if home.thread() != here {
            return Standstill::begin(here, home.thread()).map(Self::There);
        }
        neighbours()
            .filter(|neighbours| neighbours.is_free(home.id()))
            .map(Self::Here)
            .ok_or_else(|| deadlock("it is of this thread, and is waiting itself or not in a pool"))
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// [`Failure::Pending`] where the own run is over.
    pub(crate) fn answer(
        self,
        scope: &v8::PinScope<'_, '_>,
        answer: &Receiver<Answer>,
    ) -> Result<Answer, Failure> {
        match self {
            Self::Here(neighbours) => loop {
                let Served { ran, next } = neighbours.serve();
                match answer.try_recv() {
                    Ok(answer) => return Ok(answer),
                    Err(TryRecvError::Disconnected) => return Ok(Err(Problem::gone())),
                    Err(TryRecvError::Empty) if Remotes::of(scope)?.is_over() => {
                        return Err(Failure::Pending);
                    }
                    Err(TryRecvError::Empty) if ran => {}
                    Err(TryRecvError::Empty) => {
                        let look = Instant::now() + LOOK;
                        wait_on_thread(Some(next.map_or(look, |next| next.min(look))));
                    }
                }
            },
            Self::There(_standstill) => {
                let remotes = Remotes::of(scope)?;
                loop {
                    match answer.recv_timeout(LOOK) {
                        Ok(answer) => return Ok(answer),
                        Err(RecvTimeoutError::Disconnected) => return Ok(Err(Problem::gone())),
                        Err(RecvTimeoutError::Timeout) if remotes.is_over() => return Err(Failure::Pending),
                        Err(RecvTimeoutError::Timeout) => {}
                    }
                }
            }
        }
    }
}

/// This thread stands still, until this is dropped.
pub(crate) struct Standstill {
    thread: ThreadId,
    /// What the thread waited for before, if it serves somebody meanwhile.
    before: Option<ThreadId>,
}

impl Standstill {
    fn begin(here: ThreadId, there: ThreadId) -> Result<Self, Failure> {
        let mut waits = WAITS.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = waits.get_or_insert_default();
        let mut next = Some(there);
        while let Some(thread) = next {
            if thread == here {
                return Err(deadlock("its thread waits for this one"));
            }
            next = waits.get(&thread).copied();
        }
        Ok(Self { thread: here, before: waits.insert(here, there) })
    }
}

impl Drop for Standstill {
    fn drop(&mut self) {
        let mut waits = WAITS.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = waits.get_or_insert_default();
        match self.before {
            Some(before) => waits.insert(self.thread, before),
            None => waits.remove(&self.thread),
        };
    }
}

fn deadlock(why: &str) -> Failure {
    Failure::error(format!("waiting for the other isolate would never end: {why}")).code("ERR_DEADLOCK")
}
