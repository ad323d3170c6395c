//! What the main module imports besides WASI: intrinsics of resources, to make, read and drop handles, and what JavaScript
//! gives or the host answers.

use innerbox_bridge_component::Handles;
use innerbox_bridge_component::plan::{Plan, ResourceId};
use wasmtime::{Caller, Linker, Val};

use super::given;
use super::host::HostFunctions;
use super::shape::{ImportSource, Shape};
use super::state::State;
use super::trap::carried;

/// Gives the main module the intrinsics of its resources.
pub(super) fn link(
    linker: &mut Linker<State>,
    shape: &Shape,
    plan: &Plan,
    host: &HostFunctions,
) -> wasmtime::Result<()> {
    for import in &shape.imports {
        let (module, field) = (&import.module, &import.field);
        match import.source {
            ImportSource::Wasi => {}
            ImportSource::ResourceNew(resource) => {
                linker.func_wrap(module, field, move |mut caller: Caller<'_, State>, rep: u32| {
                    let handles = &mut caller.data_mut().handles;
                    handles
                        .open()
                        .and_then(|handles| handles.give(resource, rep))
                        .map_err(|fault| carried(&fault))
                })?;
            }
            ImportSource::ResourceRep(resource) => {
                linker.func_wrap(module, field, move |mut caller: Caller<'_, State>, handle: u32| {
                    caller.data_mut().handles.rep(resource, handle).map_err(|fault| carried(&fault))
                })?;
            }
            ImportSource::ResourceDrop(resource) => {
                let given = plan.resources[resource].given;
                linker.func_wrap(module, field, move |caller: Caller<'_, State>, handle: u32| {
                    drop_handle(caller, resource, given, handle)
                })?;
            }
            ImportSource::Given(id) => match &plan.imported[id] {
                function if function.by_host => host.link_core(linker, (module, field), function)?,
                function => given::define(linker, (module, field), id, &function.import_signature())?,
            },
        }
    }
    Ok(())
}

fn drop_handle(
    mut caller: Caller<'_, State>,
    resource: ResourceId,
    given: bool,
    handle: u32,
) -> wasmtime::Result<()> {
    let handles = &mut caller.data_mut().handles;
    let discarded = handles.open().and_then(|handles| handles.discard(resource, handle));
    let Some(rep) = discarded.map_err(|fault| carried(&fault))? else { return Ok(()) };
    if given {
        return given::dropped(caller, resource, rep);
    }
    let destructor = caller.data().handles.destructors.get(resource).copied().flatten();
    match destructor {
        Some(destructor) => destructor.call(&mut caller, &[Val::I32(rep.cast_signed())], &mut []),
        None => Ok(()),
    }
}
