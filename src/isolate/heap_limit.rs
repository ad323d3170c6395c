//! The limit on an isolate's heap: it ends the run, where V8 by itself would end the process.
#![expect(unsafe_code, reason = "V8 calls back in the middle of a collection, with a raw pointer")]

use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use innerbox_binding::Buffers;

/// Raise of a limit that was reached, for what is still being allocated while the script is brought to its end.
///
/// The largest single object (an array's or a map's table) takes about 1 GiB, and V8 aborts the process when it does not
/// fit. The isolate is condemned at the same moment, so a tenant uses this once, for the length of one operation.
const HEAD_ROOM_BYTES: usize = 1 << 30;

/// Watches one isolate's heap.
pub(crate) struct HeapLimit {
    isolate: v8::UnsafeRawIsolatePtr,
    handle: v8::IsolateHandle,
    buffers: Arc<Buffers>,
    /// Bytes used when the limit was reached; 0 before.
    reached: AtomicU64,
    /// The most bytes that were in use when V8 looked, since the run began.
    peak: Cell<u64>,
    warning: OnceCell<HeapWarning>,
    warned: Cell<bool>,
    allowed: u64,
    /// The bytes in use after the last run.
    left: Cell<u64>,
    /// With more than this in use between two runs, V8 drops what it keeps for itself.
    relief_at: Cell<u64>,
}

/// Whom to tell that a heap fills.
pub(crate) struct HeapWarning {
    /// From how many bytes on, once garbage has been collected.
    pub(crate) bytes: u64,
    /// Is told the bytes in use, once in each run. V8 is collecting: nothing of it may be touched.
    pub(crate) tell: Box<dyn Fn(u64)>,
}

impl HeapLimit {
    /// Starts to watch `isolate`, which the answer must outlive.
    pub(super) fn watch(isolate: &mut v8::Isolate, buffers: &Arc<Buffers>, heap_bytes: usize) -> Rc<Self> {
        let allowed = u64::try_from(heap_bytes).unwrap_or(u64::MAX);
        let limit = Rc::new(Self {
            // SAFETY: the pointer is used in `statistics` alone, for callbacks that V8 makes while the isolate is alive.
            isolate: unsafe { isolate.as_raw_isolate_ptr() },
            handle: isolate.thread_safe_handle(),
            buffers: Arc::clone(buffers),
            reached: AtomicU64::new(0),
            peak: Cell::new(0),
            warning: OnceCell::new(),
            warned: Cell::new(false),
            allowed,
            left: Cell::new(0),
            relief_at: Cell::new(allowed / 8),
        });
        let data = Rc::as_ptr(&limit).cast_mut().cast();
        isolate.add_near_heap_limit_callback(near_limit, data);
        isolate.add_gc_prologue_callback(before_collection, data, v8::GCType::kGCTypeAll);
        isolate.add_gc_epilogue_callback(after_collection, data, v8::GCType::kGCTypeAll);
        limit
    }

    /// Makes V8 ask this one again. It asks only whom it was told of last, and its debugger has itself told of when it is
    /// enabled: to pause near the limit, and to let the heap grow fourfold.
    pub(crate) fn stay_last(self: &Rc<Self>, isolate: &mut v8::Isolate) {
        isolate.remove_near_heap_limit_callback(near_limit, 0);
        isolate.add_near_heap_limit_callback(near_limit, Rc::as_ptr(self).cast_mut().cast());
    }

    /// Tells of a heap that fills, from now on. The first one that is given here stays.
    pub(crate) fn warn(&self, warning: HeapWarning) {
        let _ = self.warning.set(warning);
    }

    /// Notes that a run begins.
    pub(crate) fn begin(&self) {
        self.peak.set(0);
        self.warned.set(false);
    }

    /// Notes what is in use when a run is over.
    pub(crate) fn rest(&self, used: u64) {
        self.left.set(used);
    }

    /// Whether so much is in use between two runs that [`relieve`](Self::relieve) is worth its time.
    pub(crate) fn is_full(&self) -> bool {
        self.left.get() > self.relief_at.get()
    }

    /// Has V8 drop the code and the sources of scripts that are over. V8 keeps some hundred bytes of every script, in case it
    /// is evaluated again, and by itself lets go of them only after it has called [`near_limit`], which ends the run. Done
    /// again when what is left then has doubled, it takes no more time than V8's own collections do.
    pub(crate) fn relieve(&self, isolate: &mut v8::Isolate) {
        isolate.low_memory_notification();
        let left = in_use(&isolate.get_heap_statistics());
        self.left.set(left);
        let room = self.allowed.saturating_sub(left);
        self.relief_at.set(left + left.max(self.allowed / 16).min(room / 2));
    }

    /// The bytes in use when the limit was reached, if it was.
    pub(crate) fn reached(&self) -> Option<u64> {
        Some(self.reached.load(Ordering::Acquire)).filter(|bytes| *bytes != 0)
    }

    /// The most bytes that were in use at a collection since the run began.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.get()
    }

    /// Decides what V8's limit shall be from now on; V8 aborts the process where it stays at `current` and no room is found.
    fn near(&self, current: usize) -> usize {
        let statistics = self.statistics();
        // V8 asks also when the quota refused an array buffer, with room left in the heap. Then a `RangeError` follows,
        // and nothing is wrong with the heap.
        if self.buffers.take_refusal() && statistics.total_heap_size() < current {
            return current;
        }
        let used = in_use(&statistics).max(1);
        self.tell(used);
        let first = self.reached.compare_exchange(0, used, Ordering::AcqRel, Ordering::Acquire).is_ok();
        self.handle.terminate_execution();
        if first { current.saturating_add(HEAD_ROOM_BYTES) } else { current }
    }

    fn before_collection(&self) {
        self.peak.set(self.peak.get().max(in_use(&self.statistics())));
    }

    fn after_collection(&self) {
        if self.warning.get().is_some() && !self.warned.get() {
            let used = in_use(&self.statistics());
            if self.warning.get().is_some_and(|warning| used >= warning.bytes) {
                self.tell(used);
            }
        }
    }

    fn tell(&self, used: u64) {
        if let Some(warning) = self.warning.get()
            && !self.warned.replace(true)
        {
            (warning.tell)(used);
        }
    }

    fn statistics(&self) -> v8::HeapStatistics {
        let mut pointer = self.isolate;
        // SAFETY: V8 is calling one of the functions below on the isolate's own thread, so it is alive, and nobody else looks
        // at it: the collection that calls is deep inside whatever runs.
        let isolate = unsafe { v8::Isolate::ref_from_raw_isolate_ptr_mut(&mut pointer) };
        isolate.get_heap_statistics()
    }
}

fn in_use(statistics: &v8::HeapStatistics) -> u64 {
    u64::try_from(statistics.used_heap_size()).unwrap_or(u64::MAX)
}

unsafe extern "C" fn near_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `data` is what `watch` made, whose owner keeps it for longer than the isolate, and of which only shared
    // references are made.
    let limit = unsafe { &*data.cast_const().cast::<HeapLimit>() };
    limit.near(current)
}

unsafe extern "C" fn before_collection(
    _: v8::UnsafeRawIsolatePtr,
    _: v8::GCType,
    _: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as in `near_limit`.
    let limit = unsafe { &*data.cast_const().cast::<HeapLimit>() };
    limit.before_collection();
}

unsafe extern "C" fn after_collection(
    _: v8::UnsafeRawIsolatePtr,
    _: v8::GCType,
    _: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as in `near_limit`.
    let limit = unsafe { &*data.cast_const().cast::<HeapLimit>() };
    limit.after_collection();
}
