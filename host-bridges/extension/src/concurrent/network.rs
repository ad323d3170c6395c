//! The network of asynchronous components: of WASI 0.2 and 0.3, under the rules of the general door.

use std::net::IpAddr;

use wasmtime::StoreContextMut;
use wasmtime::component::{Accessor, Linker, Resource, ResourceType};
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup::ErrorCode as LookupErrorCode;
use wasmtime_wasi::p3::bindings::sockets::types::{
    ErrorCode, HostTcpSocket, HostUdpSocket, IpAddress, IpAddressFamily,
};
use wasmtime_wasi::p3::sockets::{SocketError, SocketResult};
use wasmtime_wasi::sockets::{TcpSocket, UdpSocket, WasiSocketsView};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p3::Request;
use wasmtime_wasi_http::p3::bindings::http::types::{HostRequest, Method};

use crate::general::http::{ADDRESS_BYTES_MAX, METHOD_BYTES_MAX, limit};
use crate::general::names::{Refusal, looked_up};
use crate::general::sockets::count;
use crate::general::wait::{begin, wait};
use crate::network::LookupError;
use crate::state::State;

/// Gives a linker `wasi:http`, and what differs of `wasi:sockets` from wasmtime's, which it has.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    linker.allow_shadowing(true);
    count(linker)?;
    limit(linker)?;
    // The versions are those that wasmtime gives them.
    let mut sockets = linker.instance("wasi:sockets/types@0.3.0")?;
    sockets.resource("tcp-socket", ResourceType::host::<TcpSocket>(), drop_tcp)?;
    sockets.resource("udp-socket", ResourceType::host::<UdpSocket>(), drop_udp)?;
    sockets.func_wrap("[static]tcp-socket.create", create_tcp)?;
    sockets.func_wrap("[static]udp-socket.create", create_udp)?;
    let mut names = linker.instance("wasi:sockets/ip-name-lookup@0.3.0")?;
    names.func_wrap_concurrent("resolve-addresses", |accessor, (name,)| Box::pin(look_up(accessor, name)))?;
    let mut http = linker.instance("wasi:http/types@0.3.0")?;
    http.func_wrap("[method]request.set-method", set_method)?;
    http.func_wrap("[method]request.set-path-with-query", set_path)?;
    http.func_wrap("[method]request.set-authority", set_authority)?;
    linker.allow_shadowing(false);
    Ok(())
}

type Store<'a> = StoreContextMut<'a, State>;
type Created<S> = wasmtime::Result<(Result<Resource<S>, ErrorCode>,)>;

/// A socket more, where there may be one.
fn create<S>(
    state: &mut State,
    make: impl FnOnce(&mut State) -> wasmtime::Result<SocketResult<Resource<S>>>,
) -> Created<S> {
    let Some(open) = state.wasi.get().outgoing.sockets.open() else {
        return Ok((Err(ErrorCode::Other(Some("too many connections".to_owned()))),));
    };
    match make(state)? {
        Ok(socket) => {
            state.wasi.get().outgoing.sockets.keep(socket.rep(), open);
            Ok((Ok(socket),))
        }
        Err(error) => Ok((Err(SocketError::downcast(error)?),)),
    }
}

fn create_tcp(mut store: Store, (family,): (IpAddressFamily,)) -> Created<TcpSocket> {
    create(store.data_mut(), |state| begin(|| HostTcpSocket::create(&mut state.sockets(), family)))
}

fn create_udp(mut store: Store, (family,): (IpAddressFamily,)) -> Created<UdpSocket> {
    let interrupt = store.data().interrupt.clone();
    // It waits for the system to know a new socket, which is a matter of microseconds.
    create(store.data_mut(), |state| wait(&interrupt, HostUdpSocket::create(&mut state.sockets(), family)))
}

/// A socket that was connected counts on: its streams may outlive it, and nothing tells when they end.
fn drop_tcp(mut store: Store, socket: u32) -> wasmtime::Result<()> {
    let mut sockets = store.data_mut().sockets();
    let was_connected = HostTcpSocket::get_remote_address(&mut sockets, Resource::new_borrow(socket)).is_ok();
    HostTcpSocket::drop(&mut sockets, Resource::new_own(socket))?;
    let sockets = &mut store.data_mut().wasi.get().outgoing.sockets;
    if was_connected {
        sockets.outlive(socket)
    } else {
        sockets.close(socket)
    }
    Ok(())
}

fn drop_udp(mut store: Store, socket: u32) -> wasmtime::Result<()> {
    HostUdpSocket::drop(&mut store.data_mut().sockets(), Resource::new_own(socket))?;
    store.data_mut().wasi.get().outgoing.sockets.close(socket);
    Ok(())
}

type Found = wasmtime::Result<(Result<Vec<IpAddress>, LookupErrorCode>,)>;

async fn look_up(accessor: &Accessor<State>, name: String) -> Found {
    let found = match accessor.with(|mut access| looked_up(access.data_mut(), &name))? {
        Ok(addresses) => addresses.all().await.map_err(|error| match error {
            LookupError::Unknown => LookupErrorCode::NameUnresolvable,
            LookupError::Prohibited => LookupErrorCode::AccessDenied,
        }),
        Err(Refusal::Denied) => Err(LookupErrorCode::AccessDenied),
        Err(Refusal::Senseless) => Err(LookupErrorCode::InvalidArgument),
        Err(Refusal::TooMany) => Err(LookupErrorCode::TemporaryResolverFailure),
    };
    Ok((found.map(|addresses| addresses.into_iter().map(of_wasi).collect()),))
}

fn of_wasi(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(address.octets().into()),
        IpAddr::V6(address) => IpAddress::Ipv6(address.segments().into()),
    }
}

/// What a request is told to be, and whether that makes sense.
type Set<V> = (Resource<Request>, V);
type Sensible = wasmtime::Result<(Result<(), ()>,)>;

fn set_method(mut store: Store, (request, method): Set<Method>) -> Sensible {
    match &method {
        Method::Other(name) if name.len() > METHOD_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_method(request, method)?,)),
    }
}

fn set_path(mut store: Store, (request, path): Set<Option<String>>) -> Sensible {
    match &path {
        Some(path) if path.len() > ADDRESS_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_path_with_query(request, path)?,)),
    }
}

fn set_authority(mut store: Store, (request, authority): Set<Option<String>>) -> Sensible {
    match &authority {
        Some(authority) if authority.len() > ADDRESS_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_authority(request, authority)?,)),
    }
}
