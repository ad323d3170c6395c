//! What an asynchronous component imports and JavaScript gives, in the linker: each call becomes an errand.

use innerbox_bridge_component::plan::{Function, ImportId, Plan};
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime::{AsContextMut, Result, StoreContextMut};

use super::dynamic::current;
use super::ends::join;
use super::lifting::{Answered, Passed};
use super::live::Asking;
use crate::general::given::{core_counts, link_given};
use crate::state::State;

/// Gives a linker all that JavaScript gives.
pub(super) fn link(linker: &mut Linker<State>, plan: &Plan) -> Result<()> {
    let dropped = |_, rep| {
        current()?.dropped(rep);
        Ok(())
    };
    link_given(linker, plan, dropped, |instance, id| define(instance, plan, id))
}

/// Defines an import by the numbers of its core parameters and results, which wasmtime wants to know at compile time.
fn define(instance: &mut LinkerInstance<'_, State>, plan: &Plan, id: ImportId) -> Result<()> {
    let function = &plan.imported[id];
    macro_rules! dispatch {
        ($($count:literal)*) => {
            match core_counts(function) {
                $(($count, 0) => wrap::<$count, 0>(instance, function, id),
                ($count, 1) => wrap::<$count, 1>(instance, function, id),)*
                _ => Err(wasmtime::Error::msg("host fault: an import has more core values than there can be")),
            }
        };
    }
    dispatch!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

fn wrap<const PARAMS: usize, const RESULTS: usize>(
    instance: &mut LinkerInstance<'_, State>,
    function: &Function,
    id: ImportId,
) -> Result<()> {
    match function.asynchronous {
        true => instance.func_wrap_concurrent(&function.name, move |accessor, passed: Passed<PARAMS>| {
            Box::pin(async move {
                let asking = accessor.with(|mut access| begin(access.as_context_mut(), id, passed))?;
                answered::<RESULTS>(asking, id).await
            })
        }),
        // The whole instance stands still meanwhile, as its caller expects.
        false => instance.func_wrap_async(&function.name, move |mut store, passed: Passed<PARAMS>| {
            let asking = begin(store.as_context_mut(), id, passed);
            Box::new(async move { answered::<RESULTS>(asking?, id).await })
        }),
    }
}

/// Hands a call over to the isolate's thread.
fn begin<const PARAMS: usize>(
    mut store: StoreContextMut<'_, State>,
    import: ImportId,
    passed: Passed<PARAMS>,
) -> Result<Asking> {
    let shared = current()?;
    let Passed { arguments, received, charge } = passed;
    received.into_iter().try_for_each(|received| join(&mut store, &shared, received))?;
    // The last of them is the export that was called from outside.
    let task = store.async_call_stack()?.last();
    shared.ask(import, task, arguments, charge)
}

async fn answered<const RESULTS: usize>(asking: Asking, import: ImportId) -> Result<Answered<RESULTS>> {
    let arguments = asking.answered().await?;
    Ok(Answered::new(import, arguments))
}
