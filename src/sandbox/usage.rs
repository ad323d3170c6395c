//! What a run used, limit by limit, and which limit an exception stands for.

use innerbox_binding::Meter;
use innerbox_realm::STACK_BYTES;

use super::Sandbox;
use crate::completion::{Outcome, Peak, Peaks, Usage};
use crate::deadline::Watch;
use crate::error::ScriptError;
use crate::limit_hit::{Limit, LimitHit};

/// What V8 says where the stack is used up.
const STACK_MESSAGE: &str = "Maximum call stack size exceeded";

/// What V8 says where its allocator, which is ours, refused an array buffer.
const BUFFER_MESSAGE: &str = "Array buffer allocation failed";

impl Sandbox {
    /// Notes that a run begins.
    pub(super) fn begin_usage(&self) {
        let parts = &self.parts;
        parts.heap.begin();
        self.source_bytes.meter().begin(self.source_bytes.used());
        self.isolate.quota().meter().begin(self.isolate.array_buffer_bytes());
        // A run begins without timers and promises: those that an earlier one left were dropped.
        parts.event_loop.timers_meter().begin(0);
        parts.event_loop.pending_meter().begin(0);
        parts.handles.begin(parts.handles_live.get());
        parts.remotes.meter().begin(0);
        if let Some(console) = parts.stdio.queue() {
            console.meter().begin(console.used());
        }
    }

    /// What the run has used.
    pub(super) fn usage(&self, watch: &Watch, heap_bytes: u64) -> Usage {
        let (wall, cpu) = watch.used();
        let array_buffer_bytes = self.isolate.array_buffer_bytes() as u64;
        let (limits, parts) = (&self.limits, &self.parts);
        let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let peak = |meter: &Meter, allowed: usize| Peak::new(meter.peak() as u64, allowed as u64);
        let peaks = Peaks {
            wall_ms: Peak { used: milliseconds(wall), allowed: limits.wall.map(milliseconds) },
            cpu_ms: Peak { used: milliseconds(cpu), allowed: limits.cpu.map(milliseconds) },
            heap_bytes: Peak::new(parts.heap.peak().max(heap_bytes), limits.heap_bytes as u64),
            array_buffer_bytes: peak(self.isolate.quota().meter(), limits.array_buffer_bytes),
            source_bytes: Peak::new(self.source_bytes.used() as u64, limits.source_bytes as u64),
            console_bytes: Peak::new(
                parts.stdio.queue().map_or(0, |console| console.used()) as u64,
                limits.console_bytes as u64,
            ),
            timers: peak(parts.event_loop.timers_meter(), limits.timers),
            pending_promises: peak(parts.event_loop.pending_meter(), limits.pending_promises),
            handles: peak(&parts.handles, limits.handles),
        };
        Usage { wall, cpu, heap_bytes, array_buffer_bytes, peaks }
    }

    /// Names the limit where an exception that nobody caught stands for one.
    pub(super) fn name_limit<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        match outcome {
            Outcome::Threw { error } => match self.limit_of(&error) {
                Some(limit) => Outcome::Limit { limit, error: Some(error) },
                None => Outcome::Threw { error },
            },
            outcome => outcome,
        }
    }

    /// The limit that an error stands for. A script can make an error that looks so; what was refused, the host knows.
    fn limit_of(&self, error: &ScriptError) -> Option<LimitHit> {
        if error.name != "RangeError" {
            return None;
        }
        if error.message == STACK_MESSAGE {
            let bytes = STACK_BYTES as u64;
            return Some(LimitHit { which: Limit::StackBytes, used: bytes, allowed: bytes });
        }
        let (limits, parts) = (&self.limits, &self.parts);
        let console = parts.stdio.queue();
        let meters = [
            (Limit::ArrayBufferBytes, Some(self.isolate.quota().meter()), limits.array_buffer_bytes),
            (Limit::ConsoleBytes, console.map(|console| console.meter()), limits.console_bytes),
            (Limit::Timers, Some(parts.event_loop.timers_meter()), limits.timers),
            (Limit::PendingPromises, Some(parts.event_loop.pending_meter()), limits.pending_promises),
            (Limit::Handles, Some(&*parts.handles), limits.handles),
            (Limit::Handles, Some(parts.remotes.meter()), limits.handles),
            (Limit::SourceBytes, Some(self.source_bytes.meter()), limits.source_bytes),
        ];
        let told = |which: Limit| match error.message.strip_prefix("limit reached: ") {
            Some(rest) => rest.starts_with(&format!("{which}:")),
            None => which == Limit::ArrayBufferBytes && error.message == BUFFER_MESSAGE,
        };
        let mut hits =
            meters.into_iter().filter(|(which, ..)| told(*which)).filter_map(|(which, meter, allowed)| {
                Some(LimitHit { which, used: meter?.refusal()? as u64, allowed: allowed as u64 })
            });
        hits.next()
    }
}
