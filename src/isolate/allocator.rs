//! The memory of array buffers: every byte counts towards the quota of the isolate that asked for it.
#![expect(unsafe_code, reason = "V8 takes an allocator as a table of C functions over raw memory")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use innerbox_binding::Quota;

/// Typed arrays of any element may start at the first byte, SIMD loads of 16 bytes included.
const ALIGNMENT: usize = 16;

/// The array buffers of one isolate. V8 frees them on its background threads too, hence the atomics.
pub(crate) struct Buffers {
    quota: Arc<Quota>,
    refused: AtomicBool,
    last_try: AtomicBool,
}

impl Buffers {
    pub(super) fn new(quota: &Arc<Quota>) -> Arc<Self> {
        let quota = Arc::clone(quota);
        Arc::new(Self { quota, refused: AtomicBool::new(false), last_try: AtomicBool::new(false) })
    }

    /// True where V8 is collecting garbage because the quota refused a buffer. Asked once in each such collection.
    ///
    /// V8 answers a refusal with two collections and two retries, then asks the near-heap-limit callback (which asks
    /// here), collects once more and retries for the last time. So the refusal after this call is the last of its
    /// allocation and says nothing about the next; any success ends an allocation too.
    pub(super) fn take_refusal(&self) -> bool {
        let refused = self.refused.swap(false, Ordering::Relaxed);
        self.last_try.store(refused, Ordering::Relaxed);
        refused
    }

    fn charge(&self, bytes: usize) -> bool {
        let charged = self.quota.charge(bytes);
        let last_try = self.last_try.swap(false, Ordering::Relaxed);
        self.refused.store(!charged && !last_try, Ordering::Relaxed);
        charged
    }

    fn allocate(&self, len: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> *mut c_void {
        let Some(layout) = layout(len) else { return null_mut() };
        if !self.charge(len) {
            return null_mut();
        }
        let memory = allocate(layout);
        if memory.is_null() {
            self.quota.release(len);
        }
        memory.cast()
    }
}

/// The layout of a buffer, whose bytes are at least one: Rust has no allocation of nothing.
fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len.max(1), ALIGNMENT).ok()
}

/// An allocator for one isolate, which answers null past the quota: V8 makes a `RangeError` of that.
pub(crate) fn allocator(buffers: &Arc<Buffers>) -> v8::UniqueRef<v8::Allocator> {
    let handle = Arc::into_raw(Arc::clone(buffers));
    // SAFETY: `handle` is live `Buffers`, kept so by the count that `into_raw` leaves with V8, and the functions of
    // `VTABLE` take exactly that. `drop_buffers` gives the count back, and V8 calls it once, after the last `free`.
    unsafe { v8::new_rust_allocator(handle, &VTABLE) }
}

static VTABLE: v8::RustAllocatorVtable<Buffers> =
    v8::RustAllocatorVtable { allocate: allocate_zeroed, allocate_uninitialized, free, drop: drop_buffers };

unsafe extern "C" fn allocate_zeroed(buffers: &Buffers, len: usize) -> *mut c_void {
    // SAFETY: the layout's size is not zero (see `layout`).
    buffers.allocate(len, |layout| unsafe { alloc_zeroed(layout) })
}

unsafe extern "C" fn allocate_uninitialized(buffers: &Buffers, len: usize) -> *mut c_void {
    // SAFETY: the layout's size is not zero (see `layout`). V8 asks for this form only where it writes every byte itself.
    buffers.allocate(len, |layout| unsafe { alloc(layout) })
}

unsafe extern "C" fn free(buffers: &Buffers, data: *mut c_void, len: usize) {
    let Some(layout) = layout(len) else { return };
    if data.is_null() {
        return;
    }
    // SAFETY: V8 gives back what one of the two functions above gave it, with the length it asked for, and once; so it
    // was allocated by the global allocator with this very layout.
    unsafe { dealloc(data.cast(), layout) };
    buffers.quota.release(len);
}

unsafe extern "C" fn drop_buffers(buffers: *const Buffers) {
    // SAFETY: the pointer comes from `Arc::into_raw` in `allocator`, whose count is given back here and nowhere else.
    drop(unsafe { Arc::from_raw(buffers) });
}
