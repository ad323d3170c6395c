//! Core values as WebAssembly's engine takes them.

/// A core value where an engine reads and writes it: 16 bytes, the value at their start in little-endian order. A call of
/// scalars is read and written in place, for each copy of a value would have to wait for the one before.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub struct CoreValue([u32; 4]);

impl CoreValue {
    /// Sets a value of 64 bits, or of 32, zero-extended.
    #[inline]
    pub fn set(&mut self, bits: u64) {
        self.0[0] = bits as u32;
        self.0[1] = (bits >> 32) as u32;
    }

    /// A value of 32 bits.
    #[inline]
    pub fn narrow(&self) -> u32 {
        self.0[0]
    }

    /// A value of 64 bits; of a narrower one the upper half may be anything.
    #[inline]
    pub fn wide(&self) -> u64 {
        u64::from(self.0[0]) | u64::from(self.0[1]) << 32
    }
}
