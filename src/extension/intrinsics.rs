//! What the main module imports for its own resources: to make, read and drop handles.

use innerbox_bridge_component::{Fault, Handles};
use wasmtime::{Caller, Linker, Val};

use super::shape::{ImportSource, Shape};
use super::state::State;

/// Gives the main module the intrinsics of its resources.
pub(super) fn link(linker: &mut Linker<State>, shape: &Shape) -> wasmtime::Result<()> {
    for import in &shape.imports {
        let (module, field) = (&import.module, &import.field);
        match import.source {
            ImportSource::Wasi => {}
            ImportSource::ResourceNew(resource) => {
                linker.func_wrap(module, field, move |mut caller: Caller<'_, State>, rep: u32| {
                    caller.data_mut().handles.give(resource, rep).map_err(into_error)
                })?;
            }
            ImportSource::ResourceRep(resource) => {
                linker.func_wrap(module, field, move |caller: Caller<'_, State>, handle: u32| {
                    caller.data().handles.rep(resource, handle).map_err(into_error)
                })?;
            }
            ImportSource::ResourceDrop(resource) => {
                linker.func_wrap(module, field, move |mut caller: Caller<'_, State>, handle: u32| {
                    let rep = caller.data_mut().handles.take(resource, handle).map_err(into_error)?;
                    let destructor = caller.data().handles.destructors.get(resource).copied().flatten();
                    match destructor {
                        Some(destructor) => {
                            destructor.call(&mut caller, &[Val::I32(rep.cast_signed())], &mut [])
                        }
                        None => Ok(()),
                    }
                })?;
            }
        }
    }
    Ok(())
}

fn into_error(fault: Fault) -> wasmtime::Error {
    match fault {
        Fault::Trap { message, .. } => wasmtime::Error::msg(message),
        other => wasmtime::Error::msg(format!("{other:?}")),
    }
}
