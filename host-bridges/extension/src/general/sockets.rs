//! `wasi:sockets` in the linker: wasmtime's, but that sockets are counted, and waiting ends with the call.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use wasmtime_wasi::p2::bindings::sockets::tcp::HostTcpSocket;
use wasmtime_wasi::p2::bindings::sockets::udp::{
    HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::{WasiSocketsCtxView, WasiSocketsView};

use super::names;
use super::wait::{begin, wait};
use crate::state::State;

/// What the functions below are given, and what they give: a result, as the component sees it.
type Store<'a> = StoreContextMut<'a, State>;
type Answered<R> = wasmtime::Result<(Result<R, ErrorCode>,)>;

/// Gives a linker, in which one name may be given twice, what differs from wasmtime's.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    count(linker)?;
    let mut tcp = linker.instance("wasi:sockets/tcp@0.2.12")?;
    tcp.func_wrap("[method]tcp-socket.start-bind", bind_tcp)?;
    tcp.func_wrap("[method]tcp-socket.finish-connect", finish_connect)?;
    tcp.func_wrap("[method]tcp-socket.start-listen", listen)?;
    let mut udp = linker.instance("wasi:sockets/udp@0.2.12")?;
    udp.resource("outgoing-datagram-stream", ResourceType::host::<OutgoingDatagramStream>(), drop_outgoing)?;
    udp.func_wrap("[method]udp-socket.start-bind", bind_udp)?;
    udp.func_wrap("[method]udp-socket.stream", stream)?;
    udp.func_wrap("[method]incoming-datagram-stream.receive", receive)?;
    udp.func_wrap("[method]outgoing-datagram-stream.send", send)
}

/// Gives a linker what counts sockets, and looks up no name that was not lent.
pub(crate) fn count(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // The versions are those that wasmtime gives them.
    let (tcp, udp) = (ResourceType::host::<TcpSocket>(), ResourceType::host::<UdpSocket>());
    linker.instance("wasi:sockets/tcp@0.2.12")?.resource("tcp-socket", tcp, drop_tcp)?;
    linker.instance("wasi:sockets/udp@0.2.12")?.resource("udp-socket", udp, drop_udp)?;
    linker.instance("wasi:sockets/tcp-create-socket@0.2.12")?.func_wrap("create-tcp-socket", create_tcp)?;
    linker.instance("wasi:sockets/udp-create-socket@0.2.12")?.func_wrap("create-udp-socket", create_udp)?;
    names::link(&mut linker.instance("wasi:sockets/ip-name-lookup@0.2.12")?)
}

/// A socket more, where there may be one.
fn create<S>(
    state: &mut State,
    make: impl FnOnce(WasiSocketsCtxView<'_>) -> wasmtime::Result<SocketResult<Resource<S>>>,
) -> Answered<Resource<S>> {
    let Some(open) = state.wasi.get().outgoing.sockets.open() else {
        return Ok((Err(ErrorCode::NewSocketLimit),));
    };
    let made = make(state.sockets())?;
    if let Ok(socket) = &made {
        state.wasi.get().outgoing.sockets.keep(socket.rep(), open);
    }
    answer(made)
}

fn create_tcp(mut store: Store, (family,): (IpAddressFamily,)) -> Answered<Resource<TcpSocket>> {
    let make = |mut sockets: WasiSocketsCtxView<'_>| {
        begin(|| tcp_create_socket::Host::create_tcp_socket(&mut sockets, family))
    };
    create(store.data_mut(), make)
}

fn create_udp(mut store: Store, (family,): (IpAddressFamily,)) -> Answered<Resource<UdpSocket>> {
    let interrupt = store.data().interrupt.clone();
    let make = |mut sockets: WasiSocketsCtxView<'_>| {
        wait(&interrupt, udp_create_socket::Host::create_udp_socket(&mut sockets, family))
    };
    create(store.data_mut(), make)
}

fn drop_tcp(mut store: Store, socket: u32) -> wasmtime::Result<()> {
    HostTcpSocket::drop(&mut store.data_mut().sockets(), Resource::new_own(socket))?;
    store.data_mut().wasi.get().outgoing.sockets.close(socket);
    Ok(())
}

fn drop_udp(mut store: Store, socket: u32) -> wasmtime::Result<()> {
    HostUdpSocket::drop(&mut store.data_mut().sockets(), Resource::new_own(socket))?;
    store.data_mut().wasi.get().outgoing.sockets.close(socket);
    Ok(())
}

fn drop_outgoing(mut store: Store, stream: u32) -> wasmtime::Result<()> {
    let interrupt = store.data().interrupt.clone();
    let mut sockets = store.data_mut().sockets();
    wait(&interrupt, HostOutgoingDatagramStream::drop(&mut sockets, Resource::new_own(stream)))?
}

type Bound<S> = (Resource<S>, Resource<Network>, IpSocketAddress);

fn bind_tcp(mut store: Store, (socket, network, address): Bound<TcpSocket>) -> Answered<()> {
    let interrupt = store.data().interrupt.clone();
    let mut sockets = store.data_mut().sockets();
    answer(wait(&interrupt, HostTcpSocket::start_bind(&mut sockets, socket, network, address))?)
}

fn bind_udp(mut store: Store, (socket, network, address): Bound<UdpSocket>) -> Answered<()> {
    let interrupt = store.data().interrupt.clone();
    let mut sockets = store.data_mut().sockets();
    answer(wait(&interrupt, HostUdpSocket::start_bind(&mut sockets, socket, network, address))?)
}

fn listen(mut store: Store, (socket,): (Resource<TcpSocket>,)) -> Answered<()> {
    let interrupt = store.data().interrupt.clone();
    let mut sockets = store.data_mut().sockets();
    answer(wait(&interrupt, HostTcpSocket::start_listen(&mut sockets, socket))?)
}

type Streams = (Resource<DynInputStream>, Resource<DynOutputStream>);

fn finish_connect(mut store: Store, (socket,): (Resource<TcpSocket>,)) -> Answered<Streams> {
    let mut sockets = store.data_mut().sockets();
    answer(begin(|| HostTcpSocket::finish_connect(&mut sockets, socket))?)
}

type Peer = (Resource<UdpSocket>, Option<IpSocketAddress>);
type DatagramStreams = (Resource<IncomingDatagramStream>, Resource<OutgoingDatagramStream>);

fn stream(mut store: Store, (socket, peer): Peer) -> Answered<DatagramStreams> {
    let interrupt = store.data().interrupt.clone();
    let mut sockets = store.data_mut().sockets();
    answer(wait(&interrupt, HostUdpSocket::stream(&mut sockets, socket, peer))?)
}

type Receive = (Resource<IncomingDatagramStream>, u64);

fn receive(mut store: Store, (stream, most): Receive) -> Answered<Vec<IncomingDatagram>> {
    let mut sockets = store.data_mut().sockets();
    answer(begin(|| HostIncomingDatagramStream::receive(&mut sockets, stream, most))?)
}

type Send = (Resource<OutgoingDatagramStream>, Vec<OutgoingDatagram>);

fn send(mut store: Store, (stream, datagrams): Send) -> Answered<u64> {
    let mut sockets = store.data_mut().sockets();
    answer(begin(|| HostOutgoingDatagramStream::send(&mut sockets, stream, datagrams))?)
}

/// What the component sees, or the trap.
pub(super) fn answer<R>(result: SocketResult<R>) -> Answered<R> {
    match result {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(SocketError::downcast(error)?),)),
    }
}
