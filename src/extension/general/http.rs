//! `wasi:http` in the linker: wasmtime's, whose requests go the way of [`Requests`].
//!
//! [`Requests`]: crate::extension::network

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{RequestOptions, WasiHttpView};

use super::wait::begin;
use crate::extension::state::State;

/// The interface that sends, with the version that wasmtime gives it.
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

type Asked = (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>);
type Answered = (Result<Resource<HostFutureIncomingResponse>, ErrorCode>,);

/// Gives a linker, in which one name may be given twice, `wasi:http`.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_sync(linker)?;
    linker.instance(OUTGOING_HANDLER)?.func_wrap("handle", handle)
}

/// As wasmtime's own, with the runtime that all waiting uses.
fn handle(mut store: StoreContextMut<State>, (request, options): Asked) -> wasmtime::Result<Answered> {
    let answered: HttpResult<_> = begin(|| Host::handle(&mut store.data_mut().http(), request, options))?;
    match answered {
        Ok(response) => Ok((Ok(response),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}
