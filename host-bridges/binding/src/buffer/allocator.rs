//! V8's allocator of array buffers: every byte counts towards the quota of the isolate that asked for it.
#![expect(unsafe_code, reason = "V8 takes an allocator as a table of C functions over raw memory")]

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Quota;
use super::memory::Block;

/// The array buffers of one isolate. V8 frees them on its background threads too, hence the atomics.
pub struct Buffers {
    pub(super) quota: Arc<Quota>,
    refused: AtomicBool,
    last_try: AtomicBool,
}

thread_local! {
    /// The block that the next buffer made on this thread consists of: it is filled, and charged to the quota.
    static HANDED: Cell<Option<Block>> = const { Cell::new(None) };
}

impl Buffers {
    /// The buffers of an isolate with this quota.
    pub fn new(quota: &Arc<Quota>) -> Arc<Self> {
        let quota = Arc::clone(quota);
        Arc::new(Self { quota, refused: AtomicBool::new(false), last_try: AtomicBool::new(false) })
    }

    /// An allocator for the isolate, which answers null past the quota: V8 makes a `RangeError` of that.
    pub fn allocator(self: &Arc<Self>) -> v8::UniqueRef<v8::Allocator> {
        let handle = Arc::into_raw(Arc::clone(self));
        // SAFETY: `handle` is live `Buffers`, kept so by the count that `into_raw` leaves with V8, and the functions of
        // `VTABLE` take exactly that. `drop_buffers` gives the count back, and V8 calls it once, after the last `free`.
        unsafe { v8::new_rust_allocator(handle, &VTABLE) }
    }

    /// Tells the isolate, which has [`allocator`](Self::allocator), that it is its own.
    pub fn install(self: &Arc<Self>, isolate: &mut v8::Isolate) {
        self.quota.install(isolate);
        isolate.set_slot(Arc::clone(self));
    }

    /// True where V8 is collecting garbage because the quota refused a buffer. Asked once in each such collection.
    ///
    /// V8 answers a refusal with two collections and two retries, then asks the near-heap-limit callback (which asks
    /// here), collects once more and retries for the last time. So the refusal after this call is the last of its
    /// allocation and says nothing about the next; any success ends an allocation too.
    pub fn take_refusal(&self) -> bool {
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

    fn allocate(&self, len: usize, allocate: impl FnOnce(usize) -> Option<Block>) -> *mut c_void {
        if let Some(block) = HANDED.take() {
            return block.into_raw().cast();
        }
        if !self.charge(len) {
            return null_mut();
        }
        match allocate(len) {
            Some(block) => block.into_raw().cast(),
            None => {
                self.quota.release(len);
                null_mut()
            }
        }
    }
}

/// Makes an ArrayBuffer of a block that is filled and charged already, in an isolate whose allocator is ours.
///
/// V8 counts it as one of its own, so that it collects young buffers by the cheap kind of collection.
pub(super) fn hand<'s>(
    scope: &v8::PinScope<'s, '_>,
    block: Block,
    len: usize,
) -> v8::Local<'s, v8::ArrayBuffer> {
    // V8 allocates nothing for a buffer of nothing.
    match len {
        0 => block.release(),
        _ => HANDED.set(Some(block)),
    }
    v8::ArrayBuffer::new(scope, len)
}

static VTABLE: v8::RustAllocatorVtable<Buffers> =
    v8::RustAllocatorVtable { allocate: allocate_zeroed, allocate_uninitialized, free, drop: drop_buffers };

unsafe extern "C" fn allocate_zeroed(buffers: &Buffers, len: usize) -> *mut c_void {
    buffers.allocate(len, Block::zeroed)
}

unsafe extern "C" fn allocate_uninitialized(buffers: &Buffers, len: usize) -> *mut c_void {
    // V8 asks for this form only where it writes every byte itself.
    buffers.allocate(len, Block::unwritten)
}

unsafe extern "C" fn free(buffers: &Buffers, data: *mut c_void, len: usize) {
    // SAFETY: V8 gives back what one of the two functions above gave it, with the length it asked for, and once.
    let Some(block) = (unsafe { Block::from_raw(data.cast(), len) }) else { return };
    block.release();
    buffers.quota.release(len);
}

unsafe extern "C" fn drop_buffers(buffers: *const Buffers) {
    // SAFETY: the pointer comes from `Arc::into_raw` in `allocator`, whose count is given back here and nowhere else.
    drop(unsafe { Arc::from_raw(buffers) });
}
