//! What an instance may allocate.

use wasmtime::ResourceLimiter;

use crate::limits::ExtensionLimits;

/// Counts the memory and tables of one instance, and remembers what it refused: a guest whose allocator fails traps
/// with no word of why.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: ExtensionLimits,
    memory_bytes: usize,
    table_elements: usize,
    refused: Option<Refused>,
}

/// A growth that was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) which: &'static str,
    pub(super) wanted: u64,
    pub(super) allowed: u64,
    pub(super) unit: &'static str,
}

impl Limiter {
    pub(super) fn new(limits: ExtensionLimits) -> Self {
        Self { limits, memory_bytes: 0, table_elements: 0, refused: None }
    }

    /// The growth refused since this was last asked.
    pub(super) fn take_refused(&mut self) -> Option<Refused> {
        self.refused.take()
    }

    fn refuse(&mut self, which: &'static str, wanted: usize, allowed: usize, unit: &'static str) -> bool {
        self.refused = Some(Refused { which, wanted: wanted as u64, allowed: allowed as u64, unit });
        false
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory_bytes + desired.saturating_sub(current);
        if total > self.limits.memory_bytes {
            return Ok(self.refuse("linear memory", total, self.limits.memory_bytes, "bytes"));
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.table_elements + desired.saturating_sub(current);
        if total > self.limits.table_elements {
            return Ok(self.refuse("table elements", total, self.limits.table_elements, ""));
        }
        self.table_elements = total;
        Ok(true)
    }
}
