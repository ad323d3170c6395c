//! The store of an instance: its limits, its deadline, and what an error that comes out of it means.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use innerbox_bridge_component::{Canceller, Fault};
use innerbox_bridge_web::ConsoleFull;
use wasmtime::component::ResourceTableError;
use wasmtime::{Store, UpdateDeadline};

use super::handles::HANDLES_MAX;
use super::limiter::{Limiter, Refused};
use super::state::{State, WASI_RESOURCES_MAX};
use super::trap::{Cause, fault};
use super::wasi::Lending;
use crate::engines::WasmEngines;
use crate::interrupt::Interrupt;
use crate::limits::ExtensionLimits;

/// What ends the call that is being made, from any thread.
pub(super) fn canceller(engine: &WasmEngines, interrupt: &Arc<Interrupt>) -> Canceller {
    let (engine, interrupt) = (engine.clone(), Arc::clone(interrupt));
    Arc::new(move || {
        interrupt.cancel_call();
        engine.increment_epoch();
    })
}

/// A store for one instance, with what it is lent.
pub(super) fn store(
    engine: &wasmtime::Engine,
    lending: &Arc<Lending>,
    limits: ExtensionLimits,
    interrupt: &Arc<Interrupt>,
) -> Store<State> {
    let (lending, interrupt) = (Arc::clone(lending), Arc::clone(interrupt));
    let state = State::new(lending, limits.connections, Limiter::new(limits), interrupt);
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| match store.data().interrupted() {
        true => Err(wasmtime::Trap::Interrupt.into()),
        false => Ok(UpdateDeadline::Continue(1)),
    });
    store
}

/// A number that no instance in this process has had.
pub(super) fn fresh_generation() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    // 0 is none. After four billion of them no handle of the first is left.
    LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1)
}

/// The fault behind an error of a call; apart, so that the calls that come back are short.
#[cold]
pub(super) fn explain(
    store: &mut Store<State>,
    interrupt: &Interrupt,
    limits: ExtensionLimits,
    error: &wasmtime::Error,
) -> Box<Fault> {
    if let Some(fault) = store.data_mut().imports.take_fault() {
        return fault;
    }
    let cause = if interrupt.fired() {
        Cause::Terminated
    } else if interrupt.call_expired() {
        Cause::CallWall { ms: limits.call_wall.map_or(0, |wall| wall.as_millis() as u64) }
    } else if let Some(refused) = refused(store.data_mut(), error) {
        Cause::Refused(refused)
    } else {
        Cause::Trap { last_words: store.data().wasi.last_words.take() }
    };
    fault(error, cause)
}

/// What the instance was refused because a table or a memory was full.
fn refused(state: &mut State, error: &wasmtime::Error) -> Option<Refused> {
    let full = |which, allowed: usize| {
        Some(Refused { which, wanted: allowed as u64 + 1, allowed: allowed as u64, unit: "" })
    };
    if let Some(refused) = state.limiter.take_refused() {
        return Some(refused);
    }
    // wasmtime's own handle tables have no error of a type.
    if state.handles.refused || error.root_cause().to_string().contains("store handle limit exceeded") {
        return full("handles", HANDLES_MAX);
    }
    if let Some(full) = error.root_cause().downcast_ref::<ConsoleFull>() {
        let (wanted, allowed) = (full.used as u64, full.allowed as u64);
        return Some(Refused { which: "console bytes", wanted, allowed, unit: "" });
    }
    match error.root_cause().downcast_ref() {
        Some(ResourceTableError::Full) => full("open things of WASI", WASI_RESOURCES_MAX),
        _ => None,
    }
}
