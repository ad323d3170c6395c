//! An isolate between its turns.
#![expect(
    unsafe_code,
    reason = "entering and leaving an isolate are unsafe: V8 keeps a stack of them for each thread; and what it starts with must outlive it"
)]

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Buffers, Quota};

use super::blob::Blob;
use super::creation::{Creation, Owned};
use super::heap_limit::HeapLimit;
use super::{platform, realm};

/// What an isolate may take of its process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsolateOptions {
    pub(crate) heap_bytes: usize,
    pub(crate) array_buffer_bytes: usize,
}

/// An isolate that is entered only for the length of a turn, so that a thread can have many.
///
/// It belongs to the thread that made it (it is not `Send`).
pub(crate) struct ParkedIsolate {
    // Before `heap`, which V8 may call until the isolate is gone, and `_snapshot`, which it reads until then: fields are dropped
    // in this order.
    isolate: Owned,
    heap: Rc<HeapLimit>,
    quota: Arc<Quota>,
    _snapshot: Option<Blob>,
}

impl ParkedIsolate {
    /// Makes an isolate and leaves it; of this snapshot, or of that of the realm. Starts V8 where it does not run yet.
    pub(crate) fn new(options: IsolateOptions, snapshot: Option<&Blob>) -> Self {
        Self::of(options, snapshot, |params| {
            let data = match snapshot {
                // SAFETY: the isolate and a clone of the blob are in the same struct, the isolate first.
                Some(snapshot) => unsafe { snapshot.startup_data() },
                None => realm::snapshot(),
            };
            Owned::plain(v8::Isolate::new(realm::start_with(params, data)))
        })
    }

    /// Makes an isolate that ends in a snapshot, and leaves it.
    pub(crate) fn creator(options: IsolateOptions) -> (Self, Creation) {
        let creation = Creation::default();
        let isolate = Self::of(options, None, |params| {
            let references = Some(innerbox_realm::snapshot::references().into());
            let isolate = v8::Isolate::snapshot_creator_from_existing_snapshot(
                realm::snapshot(),
                references,
                Some(params),
            );
            Owned::creator(isolate, &creation)
        });
        (isolate, creation)
    }

    fn of(
        options: IsolateOptions,
        snapshot: Option<&Blob>,
        make: impl FnOnce(v8::CreateParams) -> Owned,
    ) -> Self {
        platform::start();
        let quota = Quota::new(options.array_buffer_bytes);
        let buffers = Buffers::new(&quota);
        let params = v8::CreateParams::default()
            .heap_limits(0, options.heap_bytes)
            .array_buffer_allocator(buffers.allocator().make_shared())
            .allow_atomics_wait(false);
        let mut isolate = make(params);
        isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
        buffers.install(&mut isolate);
        let heap = HeapLimit::watch(&mut isolate, &buffers, options.heap_bytes);
        // SAFETY: making an isolate enters it, on this thread, and nothing was entered since.
        unsafe { isolate.exit() };
        Self { isolate, heap, quota, _snapshot: snapshot.cloned() }
    }

    /// Runs `turn` inside the isolate. Turns of other isolates may be nested in it.
    pub(crate) fn enter<R>(&mut self, turn: impl FnOnce(&mut v8::Isolate) -> R) -> R {
        let entered = Entered::new(&mut self.isolate);
        turn(&mut *entered.0)
    }

    /// What another thread needs to end the isolate's turn.
    pub(crate) fn handle(&self) -> v8::IsolateHandle {
        self.isolate.thread_safe_handle()
    }

    /// The limit on its heap.
    pub(crate) fn heap_limit(&self) -> Rc<HeapLimit> {
        Rc::clone(&self.heap)
    }

    /// The quota of array-buffer bytes.
    pub(crate) fn quota(&self) -> &Quota {
        &self.quota
    }

    /// The bytes of array buffers in use.
    pub(crate) fn array_buffer_bytes(&self) -> usize {
        self.quota.used()
    }
}

impl Drop for ParkedIsolate {
    fn drop(&mut self) {
        // SAFETY: an isolate is entered on the thread that made it, which is this one, for it is not `Send`. The drop of the
        // field `isolate`, which follows at once, leaves it again.
        unsafe { self.isolate.enter() };
    }
}

/// Keeps the isolate entered until it is dropped: at the end of the turn, or when the turn unwinds.
struct Entered<'a>(&'a mut v8::OwnedIsolate);

impl<'a> Entered<'a> {
    fn new(isolate: &'a mut v8::OwnedIsolate) -> Self {
        // SAFETY: an isolate is entered on the thread that made it, which is this one, for it is not `Send`.
        unsafe { isolate.enter() };
        Self(isolate)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // SAFETY: it was entered in `new`, and what was entered after it has been left: `ParkedIsolate::enter` is the only
        // way in, and its turns are nested.
        unsafe { self.0.exit() };
    }
}

/// Leaves an isolate that was just made and never drops it.
pub(super) fn leave_for_good(isolate: v8::OwnedIsolate) {
    // SAFETY: making an isolate enters it, on this thread, and nothing was entered since.
    unsafe { isolate.exit() };
    std::mem::forget(isolate);
}
