//! What a component gets of WASI: nothing that was not granted.
//!
//! Without a grant there are no arguments, no environment, no files, no network and no input; output is discarded, but
//! for the last line written to the standard error stream, which says why a Rust guest panicked. Clocks are coarse.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// Clocks tick this often: finer ones tell a guest what its neighbours do.
const CLOCK_TICK: Duration = Duration::from_millis(1);

/// Bytes kept of what a component writes to its standard error stream.
const LAST_WORDS_BYTES: usize = 2048;

/// Most random bytes that one call may ask for: the host makes them before the guest gets them.
const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// The context of an instance to which nothing was granted.
pub(super) fn context(last_words: &LastWords) -> WasiP1Ctx {
    WasiCtxBuilder::new()
        .stderr(last_words.clone())
        .wall_clock(CoarseClock::new())
        .monotonic_clock(CoarseClock::new())
        .max_random_size(RANDOM_BYTES_MAX)
        .build_p1()
}

#[derive(Clone, Copy)]
struct CoarseClock {
    start: Instant,
}

impl CoarseClock {
    fn new() -> Self {
        Self { start: Instant::now() }
    }
}

fn coarse(time: Duration) -> Duration {
    let tick = CLOCK_TICK.as_nanos();
    Duration::from_nanos(u64::try_from(time.as_nanos() / tick * tick).unwrap_or(u64::MAX))
}

impl HostMonotonicClock for CoarseClock {
    fn resolution(&self) -> u64 {
        CLOCK_TICK.as_nanos() as u64
    }

    fn now(&self) -> u64 {
        coarse(self.start.elapsed()).as_nanos() as u64
    }
}

impl HostWallClock for CoarseClock {
    fn resolution(&self) -> Duration {
        CLOCK_TICK
    }

    fn now(&self) -> Duration {
        coarse(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

/// The end of what a component wrote to its standard error stream.
#[derive(Clone, Default)]
pub(super) struct LastWords {
    bytes: Arc<Mutex<VecDeque<u8>>>,
}

impl LastWords {
    /// The lines, as one, and forgets them.
    pub(super) fn take(&self) -> Option<String> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text: Vec<u8> = bytes.drain(..).collect();
        let text = String::from_utf8_lossy(&text);
        let lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
        let words = lines.collect::<Vec<_>>().join(" ");
        (!words.is_empty()).then_some(words)
    }
}

impl IsTerminal for LastWords {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LastWords {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this form, and the direct door has none of it.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LastWords {
    async fn ready(&mut self) {}
}

impl OutputStream for LastWords {
    fn write(&mut self, written: bytes::Bytes) -> StreamResult<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend(written.iter().skip(written.len().saturating_sub(LAST_WORDS_BYTES)));
        let excess = bytes.len().saturating_sub(LAST_WORDS_BYTES);
        bytes.drain(..excess);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LAST_WORDS_BYTES)
    }
}
