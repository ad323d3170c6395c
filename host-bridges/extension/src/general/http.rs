//! `wasi:http` in the linker: wasmtime's, whose requests go the way of [`Requests`].
//!
//! [`Requests`]: crate::network

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, HostOutgoingRequest as _, Method};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{RequestOptions, WasiHttpView};

use super::wait::begin;
use crate::state::State;

/// Most bytes of a method.
///
/// The host keeps it until the request is sent or dropped, and nothing else limits it.
pub(crate) const METHOD_BYTES_MAX: usize = 64;

/// Most bytes of a path with its query, and of a host. Most servers take 8 KiB.
pub(crate) const ADDRESS_BYTES_MAX: usize = 16 << 10;

type Asked = (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>);
type Answered = (Result<Resource<HostFutureIncomingResponse>, ErrorCode>,);

/// Gives a linker, in which one name may be given twice, `wasi:http`.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_sync(linker)?;
    limit(linker)
}

/// Gives a linker, which has wasmtime's, what differs from it.
pub(crate) fn limit(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // The versions are those that wasmtime gives them.
    linker.instance("wasi:http/outgoing-handler@0.2.12")?.func_wrap("handle", handle)?;
    let mut types = linker.instance("wasi:http/types@0.2.12")?;
    types.func_wrap("[method]outgoing-request.set-method", set_method)?;
    types.func_wrap("[method]outgoing-request.set-path-with-query", set_path)?;
    types.func_wrap("[method]outgoing-request.set-authority", set_authority)
}

/// What a request is told to be, and whether that makes sense.
type Set<V> = (Resource<HostOutgoingRequest>, V);
type Sensible = wasmtime::Result<(Result<(), ()>,)>;

fn set_method(mut store: StoreContextMut<State>, (request, method): Set<Method>) -> Sensible {
    match &method {
        Method::Other(name) if name.len() > METHOD_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_method(request, method)?,)),
    }
}

fn set_path(mut store: StoreContextMut<State>, (request, path): Set<Option<String>>) -> Sensible {
    match &path {
        Some(path) if path.len() > ADDRESS_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_path_with_query(request, path)?,)),
    }
}

fn set_authority(mut store: StoreContextMut<State>, (request, authority): Set<Option<String>>) -> Sensible {
    match &authority {
        Some(authority) if authority.len() > ADDRESS_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_authority(request, authority)?,)),
    }
}

/// As wasmtime's own, with the runtime that all waiting uses.
fn handle(mut store: StoreContextMut<State>, (request, options): Asked) -> wasmtime::Result<Answered> {
    let answered: HttpResult<_> = begin(|| Host::handle(&mut store.data_mut().http(), request, options))?;
    match answered {
        Ok(response) => Ok((Ok(response),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}
