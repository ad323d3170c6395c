//! Where values live: an isolate, as others know it, and what of it was lent to them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::Instant;

use innerbox_binding::{Failure, LoopHandle};

use crate::Limits;
use crate::table::Key;

/// Isolates that were given a home so far.
static HOMES: AtomicU64 = AtomicU64::new(1);

/// An isolate, from any thread: what others ask of it goes here.
#[derive(Clone)]
pub struct Home(Arc<State>);

struct State {
    id: u64,
    thread: ThreadId,
    event_loop: LoopHandle,
    limits: Limits,
    /// Requests that wait, and their bytes.
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
    /// What nobody refers to any more.
    released: Mutex<Vec<Key>>,
}

impl Home {
    /// A home on this thread.
    pub(crate) fn new(event_loop: LoopHandle, limits: Limits) -> Self {
        Self(Arc::new(State {
            id: HOMES.fetch_add(1, Ordering::Relaxed),
            thread: std::thread::current().id(),
            event_loop,
            limits,
            waiting: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            released: Mutex::default(),
        }))
    }

    /// The number of the isolate in the process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn thread(&self) -> ThreadId {
        self.0.thread
    }

    /// Has the isolate's event loop do `job`, for which `bytes` wait there, and which belongs to what was asked for then.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` where too much waits already, an `Error` with code `ERR_REFERENCE_GONE` where
    /// the isolate is gone.
    pub(crate) fn post(
        &self,
        bytes: usize,
        asked: Instant,
        job: impl for<'s, 'i> FnOnce(&mut v8::PinScope<'s, 'i>) -> Result<(), Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        let place = self.queue(bytes)?;
        let job = move |scope: &mut v8::PinScope<'_, '_>| {
            drop(place);
            job(scope)
        };
        if self.0.event_loop.post(Box::new(job), asked) { Ok(()) } else { Err(gone()) }
    }

    fn queue(&self, bytes: usize) -> Result<Waiting, Failure> {
        let waiting = Waiting { home: self.clone(), bytes };
        let count = self.0.waiting.fetch_add(1, Ordering::AcqRel);
        let sum = self.0.waiting_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        let Limits { requests, clone_bytes, .. } = self.0.limits;
        // One alone may take as many bytes as a clone may have.
        if count >= requests || (count > 0 && sum > clone_bytes) {
            let message = format!(
                "limit reached: requests that wait for the other isolate: {count} with {sum} bytes, {requests} with \
                 {clone_bytes} allowed"
            );
            return Err(Failure::range_error(message).code("ERR_LIMIT"));
        }
        Ok(waiting)
    }

    /// What has been released since this was last asked.
    pub(crate) fn take_released(&self) -> Vec<Key> {
        std::mem::take(&mut *self.0.released.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PartialEq for Home {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Home {}

/// A request's place in the queue, until it is served or dropped.
struct Waiting {
    home: Home,
    bytes: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.home.0.waiting_bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        self.home.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A value that stays in its isolate, from any thread. The value lives at least as long as its references; a clone is another
/// handle to the same one.
#[derive(Clone)]
pub struct Reference(Arc<Lease>);

struct Lease {
    home: Home,
    key: Key,
    type_of: &'static str,
}

impl Reference {
    pub(crate) fn new(home: Home, key: Key, type_of: &'static str) -> Self {
        Self(Arc::new(Lease { home, key, type_of }))
    }

    /// The isolate that has the value.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.0.home
    }

    /// What `typeof` says of the value; `null` for null.
    #[must_use]
    pub fn type_of(&self) -> &'static str {
        self.0.type_of
    }

    pub(crate) fn key(&self) -> Key {
        self.0.key
    }
}

/// Equal where they were lent together: what is lent twice has two references.
impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.home() == other.home() && self.key() == other.key()
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference").field("type_of", &self.0.type_of).finish_non_exhaustive()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.home.0.released.lock().unwrap_or_else(PoisonError::into_inner).push(self.key);
    }
}

/// The error for whom asks an isolate that is there no more.
pub(crate) fn gone() -> Failure {
    Failure::error("the isolate that the reference points into is gone").code("ERR_REFERENCE_GONE")
}
