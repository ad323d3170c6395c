//! What a sandbox has used.

use std::time::Duration;

use serde::Serialize;

/// What V8 says of a sandbox's heap, in bytes where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeapStatistics {
    /// What the heap occupies.
    pub total: u64,
    /// Of that, for machine code.
    pub total_executable: u64,
    /// Of that, what the system has given pages for.
    pub total_physical: u64,
    /// What objects use of it, garbage that was not collected yet among them.
    pub used: u64,
    /// The limit. While a run is being ended that has reached it, it is higher.
    pub limit: u64,
    /// What is left of the limit.
    pub available: u64,
    /// What V8 allocates outside of the heap for itself.
    pub malloced: u64,
    /// The most that this has been.
    pub malloced_peak: u64,
    /// What objects of the heap keep alive outside of it, array buffers for the most part.
    pub external: u64,
    /// Array buffers, which have a limit of their own.
    pub array_buffers: u64,
    /// All that was ever allocated in the heap.
    pub allocated: u64,
    /// How many contexts are alive. A sandbox has one.
    pub contexts: u64,
    /// How many contexts should be gone and are still referred to.
    pub detached_contexts: u64,
}

impl HeapStatistics {
    pub(crate) fn of(isolate: &mut v8::Isolate, array_buffers: usize) -> Self {
        let heap = isolate.get_heap_statistics();
        Self {
            total: heap.total_heap_size() as u64,
            total_executable: heap.total_heap_size_executable() as u64,
            total_physical: heap.total_physical_size() as u64,
            used: heap.used_heap_size() as u64,
            limit: heap.heap_size_limit() as u64,
            available: heap.total_available_size() as u64,
            malloced: heap.malloced_memory() as u64,
            malloced_peak: heap.peak_malloced_memory() as u64,
            external: heap.external_memory() as u64,
            array_buffers: array_buffers as u64,
            allocated: heap.total_allocated_bytes(),
            contexts: heap.number_of_native_contexts() as u64,
            detached_contexts: heap.number_of_detached_contexts() as u64,
        }
    }
}

/// What all runs of a sandbox have taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Times {
    /// Time from the beginnings of runs to their ends, waiting included.
    pub wall: Duration,
    /// Processor time of the sandbox's thread.
    pub cpu: Duration,
}
