//! The memory behind array buffers.
//!
//! A large block that is given back is kept for the next one of its size: the kernel hands out fresh memory page by page,
//! and for 4 MiB that takes longer than to fill it.
#![expect(unsafe_code, reason = "V8 holds memory as a bare pointer")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ptr::{NonNull, copy_nonoverlapping, write_bytes};
use std::sync::{Mutex, PoisonError};

/// Typed arrays of any element may start at the first byte, SIMD loads of 16 bytes included.
const ALIGNMENT: usize = 16;

/// From here on blocks are kept, and their size is rounded up to a multiple of this, so that sizes recur.
const LARGE: usize = 256 << 10;

/// Most bytes that the process keeps in blocks that nobody uses. V8 lets 64 MiB of young buffers go at once.
const KEPT_BYTES_MAX: usize = 64 << 20;

static KEPT: Mutex<Kept> = Mutex::new(Kept { blocks: Vec::new(), bytes: 0 });

/// Blocks that nobody uses, the one used last at the end.
struct Kept {
    blocks: Vec<Block>,
    bytes: usize,
}

impl Kept {
    fn take(&mut self, size: usize) -> Option<Block> {
        let index = self.blocks.iter().rposition(|block| block.layout.size() == size)?;
        self.bytes -= size;
        Some(self.blocks.remove(index))
    }

    /// Keeps a block; gives back those that there is no room for, the longest unused ones first.
    fn keep(&mut self, block: Block) -> Vec<Block> {
        self.bytes += block.layout.size();
        self.blocks.push(block);
        let mut over = Vec::new();
        while self.bytes > KEPT_BYTES_MAX {
            let oldest = self.blocks.remove(0);
            self.bytes -= oldest.layout.size();
            over.push(oldest);
        }
        over
    }
}

/// Memory for one buffer. It is freed by [`release`](Self::release), not by a drop: V8 holds it as a bare pointer.
pub(super) struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a block is the only one that knows its memory, which the global allocator lets any thread use and free.
unsafe impl Send for Block {}

impl Block {
    /// Memory for `len` bytes, all zero; `None` where there is none.
    pub(super) fn zeroed(len: usize) -> Option<Self> {
        let layout = layout(len)?;
        match reuse(layout) {
            Some(block) => {
                // SAFETY: the block is ours alone and has `layout.size()` bytes.
                unsafe { write_bytes(block.start.as_ptr(), 0, len) };
                Some(block)
            }
            // SAFETY: the layout's size is not zero (see `layout`).
            None => Self::new(unsafe { alloc_zeroed(layout) }, layout),
        }
    }

    /// Memory for `len` bytes, with whatever was there before: every byte must be written before a script can see it.
    pub(super) fn unwritten(len: usize) -> Option<Self> {
        let layout = layout(len)?;
        // SAFETY: the layout's size is not zero (see `layout`).
        reuse(layout).or_else(|| Self::new(unsafe { alloc(layout) }, layout))
    }

    /// Memory that holds a copy of `bytes`.
    pub(super) fn copy_of(bytes: &[u8]) -> Option<Self> {
        let block = Self::unwritten(bytes.len())?;
        // SAFETY: the block has at least so many bytes, and nobody else knows them.
        unsafe { copy_nonoverlapping(bytes.as_ptr(), block.start.as_ptr(), bytes.len()) };
        Some(block)
    }

    fn new(start: *mut u8, layout: Layout) -> Option<Self> {
        NonNull::new(start).map(|start| Self { start, layout })
    }

    /// The address of the memory, and from here on the caller's care.
    pub(super) fn into_raw(self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The block behind an address.
    ///
    /// # Safety
    /// `start` comes from `into_raw` of a block for `len` bytes, and is given back once.
    pub(super) unsafe fn from_raw(start: *mut u8, len: usize) -> Option<Self> {
        Self::new(start, layout(len)?)
    }

    /// Gives the memory back.
    pub(super) fn release(self) {
        if self.layout.size() < LARGE {
            return self.free();
        }
        let over = KEPT.lock().unwrap_or_else(PoisonError::into_inner).keep(self);
        over.into_iter().for_each(Self::free);
    }

    fn free(self) {
        // SAFETY: the memory was allocated with this layout by `zeroed` or `unwritten`, and is freed once: `self` is gone.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// The layout for `len` bytes, of at least one: Rust has no allocation of nothing. The same for the same `len`.
fn layout(len: usize) -> Option<Layout> {
    let size = if len < LARGE { len.max(1) } else { len.checked_next_multiple_of(LARGE)? };
    Layout::from_size_align(size, ALIGNMENT).ok()
}

fn reuse(layout: Layout) -> Option<Block> {
    if layout.size() < LARGE {
        return None;
    }
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).take(layout.size())
}

#[cfg(test)]
mod tests {
    use super::{Block, KEPT_BYTES_MAX, Kept, LARGE, layout};

    fn bytes(block: &Block, len: usize) -> &[u8] {
        // SAFETY: the block has at least `len` bytes, written by the test.
        unsafe { std::slice::from_raw_parts(block.start.as_ptr(), len) }
    }

    #[test]
    fn what_was_kept_is_handed_out_clean() {
        let len = 3 * LARGE - 5;
        Block::copy_of(&vec![7; len]).unwrap().release();
        let block = Block::zeroed(len).unwrap();
        assert!(bytes(&block, len).iter().all(|byte| *byte == 0));
        block.release();
    }

    #[test]
    fn no_more_is_kept_than_allowed_and_the_oldest_goes_first() {
        let mut kept = Kept { blocks: Vec::new(), bytes: 0 };
        for _ in 0..KEPT_BYTES_MAX / LARGE {
            assert!(kept.keep(Block::unwritten(LARGE).unwrap()).is_empty());
        }
        let newest = Block::unwritten(LARGE).unwrap();
        let (oldest, address) = (kept.blocks[0].start, newest.start);
        let over = kept.keep(newest);
        assert!(over.len() == 1 && over[0].start == oldest);
        assert_eq!(kept.bytes, KEPT_BYTES_MAX);
        assert_eq!(kept.take(LARGE).unwrap().start, address);
        assert!(kept.take(2 * LARGE).is_none());
    }

    #[test]
    fn a_block_of_nothing_and_of_too_much() {
        Block::zeroed(0).unwrap().release();
        assert!(layout(usize::MAX).is_none() && layout(isize::MAX as usize).is_none());
    }
}
