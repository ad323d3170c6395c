//! WASI preview 1 in the linker: wasmtime's, but for sleeping.

use std::time::{Duration, Instant};

use wasmtime::{Caller, Extern, Linker};

use super::state::State;

/// A sleeping component looks this often whether its run has ended.
const SLEEP_SLICE: Duration = Duration::from_millis(5);

/// Gives a linker all of WASI preview 1.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p1::add_to_linker_sync(linker, |state: &mut State| &mut state.wasi.get().context)?;
    linker.allow_shadowing(true);
    linker.func_wrap("wasi_snapshot_preview1", "poll_oneoff", poll_oneoff)?;
    linker.allow_shadowing(false);
    Ok(())
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
