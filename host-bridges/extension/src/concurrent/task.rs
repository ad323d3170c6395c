//! The event loop of one instance: a task of its own, which makes the calls that it is told of.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use innerbox_bridge_component::plan::FunctionId;
use innerbox_bridge_component::{Arguments, CallId, Fault};
use tokio::sync::mpsc::UnboundedReceiver;
use tracing::{Instrument, Span};
use wasmtime::Store;
use wasmtime::component::{Accessor, AccessorTask, ResourceAny};

use super::dynamic::{Came, Crossed, Enter, during, entry};
use super::ends::join;
use super::live::Shared;
use crate::interrupt::{CallAllowance, Interrupt};
use crate::state::State;
use crate::store::explain;

/// What an event loop is told.
pub(super) enum Command {
    /// To make a call that was entered.
    Call { number: CallId, function: FunctionId, arguments: Arguments, span: Span },
    /// To drop a resource that JavaScript held.
    Drop(ResourceAny),
}

/// Runs the event loop until the instance traps or nobody can tell it anything more.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut store: Store<State>,
    mut commands: UnboundedReceiver<Command>,
    interrupt: Arc<Interrupt>,
    allowance: CallAllowance,
) {
    // Whatever ends this task, a panic of the host's among it: nobody waits for it afterwards. It goes before the store.
    let _undertaker = Undertaker(Arc::clone(&shared));
    let mut expired = false;
    let served = {
        let mut serving = pin!(serve(&shared, &mut store, &mut commands));
        poll_fn(|cx| {
            let _mark = interrupt.enter_call(allowance);
            let polled = during(&shared, || serving.as_mut().poll(cx));
            expired = interrupt.call_expired();
            polled
        })
        .await
    };
    let Err(error) = served else { return };
    let fault = match shared.take_fault() {
        Some(fault) => fault,
        None if expired && !interrupt.fired() => {
            let ms = shared.limits.call_wall.map_or(0, |wall| wall.as_millis() as u64);
            Box::new(Fault::Limit { which: "wall time of one call", used: ms, allowed: ms, unit: "ms" })
        }
        None => explain(&mut store, &interrupt, shared.limits, &error),
    };
    shared.die(&fault);
}

/// Tells those who wait that nothing will come.
struct Undertaker(Arc<Shared>);

impl Drop for Undertaker {
    fn drop(&mut self) {
        self.0.die(&Fault::abi("the component's instance has ended"));
    }
}

async fn serve(
    shared: &Arc<Shared>,
    store: &mut Store<State>,
    commands: &mut UnboundedReceiver<Command>,
) -> wasmtime::Result<()> {
    let entries = instantiate(shared, store).await?;
    loop {
        let next = store
            .run_concurrent(async |accessor| {
                loop {
                    match commands.recv().await {
                        Some(Command::Call { number, function, arguments, span }) => {
                            let entry = Arc::clone(&entries[function]);
                            let (shared, arguments) = (Arc::clone(shared), Mutex::new(Some(arguments)));
                            let crossed = Crossed { shared, function, arguments };
                            accessor.spawn(Call { number, entry, crossed, span })?;
                        }
                        other => return Ok::<_, wasmtime::Error>(other),
                    }
                }
            })
            .await??;
        match next {
            Some(Command::Drop(resource)) => resource.resource_drop_async(&mut *store).await?,
            _ => return Ok(()),
        }
    }
}

async fn instantiate(shared: &Shared, store: &mut Store<State>) -> wasmtime::Result<Vec<Arc<dyn Enter>>> {
    let compiled = &shared.compiled;
    let instance = compiled.template.instantiate_async(&mut *store).await?;
    let mut entries = Vec::with_capacity(compiled.exports.len());
    for export in &compiled.exports {
        let function = instance.get_func(&mut *store, export.index);
        let function = function.ok_or_else(|| wasmtime::Error::msg("an export has no function"))?;
        entries.push(entry(function, store, export.results)?);
    }
    Ok(entries)
}

/// One call, as a task of the event loop.
struct Call {
    number: CallId,
    entry: Arc<dyn Enter>,
    crossed: Crossed,
    /// The span in which it was asked for.
    span: Span,
}

impl AccessorTask<State> for Call {
    async fn run(self, accessor: &Accessor<State>) -> wasmtime::Result<()> {
        let shared = Arc::clone(&self.crossed.shared);
        let Came { answer, received } =
            self.entry.enter(accessor, self.number, self.crossed).instrument(self.span).await?;
        accessor.with(|mut access| {
            received.into_iter().try_for_each(|received| join(&mut access, &shared, received))
        })?;
        if let Some(done) = shared.leave(self.number) {
            done(Ok(answer));
        }
        Ok(())
    }
}
