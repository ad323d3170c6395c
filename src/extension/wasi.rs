//! What a component gets of WASI: nothing that was not granted.
//!
//! Without a grant there are no arguments, no environment, no files, no network and no input; output is discarded, but
//! for the last line written to the standard error stream, which says why a Rust guest panicked. Clocks are coarse.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::{Caller, Extern, Linker};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use super::direct::State;

/// Clocks tick this often: finer ones tell a guest what its neighbours do.
const CLOCK_TICK: Duration = Duration::from_millis(1);

/// A sleeping component looks this often whether its run has ended.
const SLEEP_SLICE: Duration = Duration::from_millis(5);

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

/// Gives a linker all of WASI preview 1.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p1::add_to_linker_sync(linker, |state: &mut State| &mut state.wasi)?;
    linker.allow_shadowing(true);
    linker.func_wrap("wasi_snapshot_preview1", "poll_oneoff", poll_oneoff)?;
    linker.allow_shadowing(false);
    Ok(())
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

/// `poll_oneoff` for clocks alone, so that a sleeping component ends with its run. wasmtime's own sleeps in one go.
///
/// The layout of subscriptions (48 bytes) and events (32 bytes) is that of WASI preview 1:
/// <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#poll_oneoff>.
fn poll_oneoff(
    mut caller: Caller<'_, State>,
    subscriptions: u32,
    events: u32,
    count: u32,
    count_written: u32,
) -> wasmtime::Result<u32> {
    const INVALID: u32 = 28;
    const NOT_SUPPORTED: u32 = 58;
    let Some(subscription) = read_subscription(&mut caller, subscriptions) else { return Ok(INVALID) };
    if count != 1 || subscription.tag != 0 {
        return Ok(NOT_SUPPORTED);
    }
    let sleep = match subscription.absolute {
        false => Duration::from_nanos(subscription.timeout_ns),
        true => {
            let now = caller.data().clock_ns(subscription.clock);
            Duration::from_nanos(subscription.timeout_ns.saturating_sub(now))
        }
    };
    let end = Instant::now().checked_add(sleep);
    loop {
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            break;
        }
        if caller.data().interrupted() {
            return Err(wasmtime::Trap::Interrupt.into());
        }
        std::thread::sleep(left.min(SLEEP_SLICE));
    }
    let mut event = [0_u8; 32];
    event[..8].copy_from_slice(&subscription.user_data.to_le_bytes());
    let written = write(&mut caller, events, &event)
        .and_then(|()| write(&mut caller, count_written, &1_u32.to_le_bytes()));
    Ok(if written.is_some() { 0 } else { INVALID })
}

struct Subscription {
    user_data: u64,
    tag: u8,
    clock: u32,
    timeout_ns: u64,
    absolute: bool,
}

fn read_subscription(caller: &mut Caller<'_, State>, at: u32) -> Option<Subscription> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory)?;
    let bytes = memory.data(&caller).get(at as usize..at as usize + 48)?;
    let word = |offset: usize| bytes[offset..offset + 8].try_into().map(u64::from_le_bytes).unwrap_or(0);
    Some(Subscription {
        user_data: word(0),
        tag: bytes[8],
        clock: word(16) as u32,
        timeout_ns: word(24),
        absolute: word(40) & 1 == 1,
    })
}

fn write(caller: &mut Caller<'_, State>, at: u32, bytes: &[u8]) -> Option<()> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory)?;
    memory.data_mut(caller).get_mut(at as usize..at as usize + bytes.len())?.copy_from_slice(bytes);
    Some(())
}

/// The time of a WASI clock in nanoseconds: 0 is the wall clock, anything else the monotonic one.
pub(super) fn clock_ns(clock: u32, start: Instant) -> u64 {
    let time = match clock {
        0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        _ => start.elapsed(),
    };
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
