//! The bytes of a start-up snapshot, where V8 can read them.
#![expect(
    unsafe_code,
    reason = "V8's binding takes bytes that live for ever, or copies them for each isolate"
)]

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// V8 reads words of a snapshot.
const ALIGNMENT: usize = 16;

/// Bytes that never move, of which a part is a snapshot. A clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Blob(Arc<Memory>);

struct Memory {
    memory: Box<[u8]>,
    /// Where the bytes begin.
    start: usize,
    snapshot: Range<usize>,
}

impl Blob {
    /// Copies `bytes`, of which `snapshot` is the snapshot: it begins at a multiple of 16.
    pub(crate) fn new(bytes: &[u8], snapshot: Range<usize>) -> Self {
        let mut memory = vec![0; bytes.len() + ALIGNMENT].into_boxed_slice();
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        memory[start..][..bytes.len()].copy_from_slice(bytes);
        let snapshot = start + snapshot.start..start + snapshot.end;
        Self(Arc::new(Memory { memory, start, snapshot }))
    }

    /// All of the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.memory[self.0.start..self.0.snapshot.end]
    }

    /// The snapshot, for V8.
    ///
    /// # Safety
    /// A clone of the blob outlives every isolate that is made of the answer.
    pub(super) unsafe fn startup_data(&self) -> v8::StartupData {
        let snapshot = &raw const self.0.memory[self.0.snapshot.clone()];
        // SAFETY: the bytes are in a box that nobody changes or moves as long as a clone of `self` lives, and the caller sees
        // to it that one does for as long as V8 reads them.
        let snapshot: &'static [u8] = unsafe { &*snapshot };
        v8::StartupData::from(Cow::Borrowed(snapshot))
    }
}

#[cfg(test)]
mod tests {
    use super::{ALIGNMENT, Blob};

    #[test]
    fn the_snapshot_is_aligned_wherever_the_bytes_were() {
        let bytes: Vec<u8> = (0..255).collect();
        for skip in 0..ALIGNMENT {
            let blob = Blob::new(&bytes[skip..], 32..bytes.len() - skip);
            assert_eq!(blob.bytes(), &bytes[skip..]);
            // SAFETY: no isolate is made of it.
            let data = unsafe { blob.startup_data() };
            assert_eq!(&data[..], &bytes[skip + 32..]);
            assert_eq!(data.as_ptr().align_offset(ALIGNMENT), 0);
        }
    }
}
