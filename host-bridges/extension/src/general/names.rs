//! `wasi:sockets/ip-name-lookup` in the linker: of names that were lent, and of no others.

use std::net::{IpAddr, Ipv6Addr};
use std::vec;

use url::Host;
use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};

use super::wait::begin;
use crate::network::LookupError;
use crate::state::State;

/// The addresses that a name leads to.
pub(crate) enum Addresses {
    /// They are looked up.
    Pending(AbortOnDropJoinHandle<Result<Vec<IpAddr>, LookupError>>),
    Known(Result<vec::IntoIter<IpAddr>, LookupError>),
}

#[wasmtime_wasi::async_trait]
impl Pollable for Addresses {
    async fn ready(&mut self) {
        if let Self::Pending(found) = self {
            *self = Self::Known(found.await.map(Vec::into_iter));
        }
    }
}

impl Addresses {
    /// Waits for all of them.
    pub(crate) async fn all(self) -> Result<Vec<IpAddr>, LookupError> {
        match self {
            Self::Pending(found) => found.await,
            Self::Known(found) => found.map(Iterator::collect),
        }
    }
}

/// Gives the functions of the interface.
pub(super) fn link(interface: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    let addresses = ResourceType::host::<Addresses>();
    interface.resource("resolve-address-stream", addresses, |mut store, rep| {
        store.data_mut().ctx().table.delete(Resource::<Addresses>::new_own(rep))?;
        Ok(())
    })?;
    interface.func_wrap("resolve-addresses", look_up)?;
    interface.func_wrap("[method]resolve-address-stream.resolve-next-address", next)?;
    interface.func_wrap("[method]resolve-address-stream.subscribe", |mut store, (this,)| {
        Ok((subscribe::<Addresses>(store.data_mut().ctx().table, this)?,) as (Resource<DynPollable>,))
    })
}

type Answered<R> = wasmtime::Result<(Result<R, ErrorCode>,)>;

fn look_up(
    mut store: StoreContextMut<State>,
    (network, name): (Resource<Network>, String),
) -> Answered<Resource<Addresses>> {
    let state = store.data_mut();
    state.ctx().table.get(&network)?;
    let addresses = match looked_up(state, &name)? {
        Ok(addresses) => addresses,
        Err(Refusal::Denied) => return Ok((Err(ErrorCode::AccessDenied),)),
        Err(Refusal::Senseless) => return Ok((Err(ErrorCode::InvalidArgument),)),
        Err(Refusal::TooMany) => return Ok((Err(ErrorCode::TemporaryResolverFailure),)),
    };
    Ok((Ok(state.ctx().table.push(addresses)?),))
}

/// Why a name is not looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// It was not lent.
    Denied,
    /// It is no name.
    Senseless,
    /// The extension has all the connections that it may have.
    TooMany,
}

/// Begins to look up a name. An address is its own.
///
/// # Errors
/// Where the system refuses a thread.
pub(crate) fn looked_up(state: &mut State, name: &str) -> wasmtime::Result<Result<Addresses, Refusal>> {
    let sockets = &state.wasi.get().outgoing.sockets;
    let address = match (Host::parse(name), name.parse::<Ipv6Addr>()) {
        (Ok(Host::Domain(name)), _) if sockets.may_look_up(&name) => {
            let Some(open) = sockets.open() else { return Ok(Err(Refusal::TooMany)) };
            return begin(|| Ok(Addresses::Pending(spawn(sockets.look_up(name, open)))));
        }
        (Ok(Host::Domain(_)), _) => return Ok(Err(Refusal::Denied)),
        (Ok(Host::Ipv4(address)), _) => address.into(),
        (Ok(Host::Ipv6(address)), _) | (Err(_), Ok(address)) => address.into(),
        (Err(_), Err(_)) => return Ok(Err(Refusal::Senseless)),
    };
    Ok(Ok(Addresses::Known(Ok(vec![address].into_iter()))))
}

fn next(mut store: StoreContextMut<State>, (this,): (Resource<Addresses>,)) -> Answered<Option<IpAddress>> {
    let addresses = store.data_mut().ctx().table.get_mut(&this)?;
    let next = match addresses {
        Addresses::Pending(_) => Err(ErrorCode::WouldBlock),
        Addresses::Known(Ok(addresses)) => Ok(addresses.next().map(IpAddress::from)),
        Addresses::Known(Err(LookupError::Unknown)) => Err(ErrorCode::NameUnresolvable),
        Addresses::Known(Err(LookupError::Prohibited)) => Err(ErrorCode::AccessDenied),
    };
    Ok((next,))
}
