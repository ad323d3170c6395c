//! The memory behind array buffers.
//!
//! A large block that is given back is kept for the next one of its size: the kernel hands out fresh memory page by page,
//! and for 4 MiB that takes longer than to fill it. A very large copy goes past the processor's cache: V8 lets young buffers
//! go 64 MiB at a time, so the block that is reused has long left the cache, and reading it in only to overwrite it would
//! double the copy's time.
#![expect(unsafe_code, reason = "V8 holds memory as a bare pointer")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::collections::BTreeMap;
use std::mem::take;
use std::ptr::{NonNull, copy_nonoverlapping, write_bytes};
use std::sync::{Mutex, PoisonError};

/// Typed arrays of any element may start at the first byte, SIMD loads of 16 bytes included.
const ALIGNMENT: usize = 16;

/// From here on blocks are kept, their size rounded up so that sizes recur.
const LARGE: usize = 16 << 10;

/// From here on a copy goes past the cache.
const VERY_LARGE: usize = 1 << 20;

/// Most bytes that the process keeps in blocks that nobody uses: what V8 lets go at once, and what is allocated before it
/// has done so.
const KEPT_BYTES_MAX: usize = 80 << 20;

static KEPT: Mutex<Kept> = Mutex::new(Kept { blocks: BTreeMap::new(), bytes: 0 });

/// Blocks that nobody uses, by size; in each list the one used last at the end.
struct Kept {
    blocks: BTreeMap<usize, Vec<Block>>,
    bytes: usize,
}

impl Kept {
    fn take(&mut self, size: usize) -> Option<Block> {
        let block = self.blocks.get_mut(&size)?.pop()?;
        self.bytes -= size;
        Some(block)
    }

    /// Keeps a block. Where there is no room for it, it and all blocks of other sizes are given back: sizes change with
    /// what a process does, and those of yesterday must not stay for ever.
    fn keep(&mut self, block: Block) -> Vec<Block> {
        let size = block.layout.size();
        if self.bytes + size <= KEPT_BYTES_MAX {
            self.bytes += size;
            self.blocks.entry(size).or_default().push(block);
            return Vec::new();
        }
        let mine = self.blocks.remove(&size).unwrap_or_default();
        let mut over: Vec<Block> = take(&mut self.blocks).into_values().flatten().collect();
        over.push(block);
        self.bytes = mine.len() * size;
        self.blocks.insert(size, mine);
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
        let streamed = if bytes.len() < VERY_LARGE { 0 } else { stream(bytes, &block) };
        let rest = &bytes[streamed..];
        // SAFETY: the block has at least `bytes.len()` bytes, of which `streamed` are written.
        let end = unsafe { block.start.as_ptr().add(streamed) };
        // SAFETY: as above, and nobody else knows them.
        unsafe { copy_nonoverlapping(rest.as_ptr(), end, rest.len()) };
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

/// Copies `bytes` to the start of a block without reading the block into the cache, but for a rest of less than 64 bytes;
/// tells how many were copied.
#[cfg(target_arch = "x86_64")]
fn stream(bytes: &[u8], block: &Block) -> usize {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};
    const STEP: usize = size_of::<__m128i>();
    assert!(bytes.len() <= block.layout.size());
    let lines = bytes.chunks_exact(4 * STEP);
    let copied = bytes.len() - lines.remainder().len();
    for (index, line) in lines.enumerate() {
        for part in 0..4 {
            let from = line[part * STEP..].as_ptr().cast::<__m128i>();
            // SAFETY: `from` has 16 bytes of `line` behind it; the load needs no alignment.
            let value = unsafe { _mm_loadu_si128(from) };
            // SAFETY: the offset is below `bytes.len()`, which the block has room for (asserted above).
            let to = unsafe { block.start.as_ptr().add((4 * index + part) * STEP) };
            // SAFETY: 16 bytes of the block lie at `to`, which is aligned to 16: the block is, and the offset is a multiple.
            unsafe { _mm_stream_si128(to.cast(), value) };
        }
    }
    // SAFETY: SSE is part of x86-64. Streamed stores are seen in order by other threads only after it.
    unsafe { _mm_sfence() };
    copied
}

/// Other processors have no such stores in stable Rust.
#[cfg(not(target_arch = "x86_64"))]
fn stream(_: &[u8], _: &Block) -> usize {
    0
}

/// The layout for `len` bytes, of at least one: Rust has no allocation of nothing. The same for the same `len`; of large
/// ones there are eight sizes from each power of two to the next.
fn layout(len: usize) -> Option<Layout> {
    let size = match len < LARGE {
        true => len.max(1),
        false => len.checked_next_multiple_of(1 << (len.ilog2() - 3))?,
    };
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
    use std::collections::BTreeMap;

    use super::{Block, KEPT_BYTES_MAX, Kept, LARGE, VERY_LARGE, layout};

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
    fn a_copy_is_a_copy_at_every_size() {
        let near = |size: usize| [size - 1, size, size + 1, size + 63];
        for len in [0, 1, 64].into_iter().chain(near(LARGE)).chain(near(VERY_LARGE)) {
            let source: Vec<u8> = (0..len).map(|index| (index % 251) as u8).collect();
            let block = Block::copy_of(&source).unwrap();
            assert_eq!(bytes(&block, len), source, "{len}");
            block.release();
        }
    }

    #[test]
    fn no_more_is_kept_than_allowed_and_other_sizes_go_first() {
        let mut kept = Kept { blocks: BTreeMap::new(), bytes: 0 };
        let room = KEPT_BYTES_MAX / VERY_LARGE;
        assert!(kept.keep(Block::unwritten(LARGE).unwrap()).is_empty());
        for _ in 1..room {
            assert!(kept.keep(Block::unwritten(VERY_LARGE).unwrap()).is_empty());
        }
        let over = kept.keep(Block::unwritten(VERY_LARGE).unwrap());
        assert_eq!(over.iter().map(|block| block.layout.size()).collect::<Vec<_>>(), [LARGE, VERY_LARGE]);
        assert_eq!(kept.bytes, (room - 1) * VERY_LARGE);
        assert!(kept.take(LARGE).is_none() && kept.take(VERY_LARGE).is_some());
        assert_eq!(kept.bytes, (room - 2) * VERY_LARGE);
    }

    #[test]
    fn sizes_recur_and_waste_little() {
        for len in [LARGE, LARGE + 1, 100_000, 1 << 20, (4 << 20) + 1, 1 << 40] {
            let size = layout(len).unwrap().size();
            assert!(size >= len && size - len <= len / 8, "{len}: {size}");
            assert_eq!(layout(size).unwrap().size(), size);
        }
    }

    #[test]
    fn a_block_of_nothing_and_of_too_much() {
        Block::zeroed(0).unwrap().release();
        assert!(layout(usize::MAX).is_none() && layout(isize::MAX as usize).is_none());
    }
}
