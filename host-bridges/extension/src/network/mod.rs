//! What a component may reach over the network: nothing that was not lent.

mod block;
mod connections;
mod lookup;
mod origin;
mod remote;
mod request;
mod requests;
mod sockets;
mod tls;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use block::is_public;
pub(super) use connections::Connection;
use connections::Connections;
pub(super) use lookup::LookupError;
use lookup::Resolver;
use origin::Origin;
use remote::{Remote, Target};
use requests::Requests;
use sockets::Sockets;
use wasmtime_wasi_http::WasiHttpCtx;

use crate::error::ExtensionError;

/// What the instances of one extension in one sandbox may reach.
#[derive(Debug)]
pub(super) struct Network {
    origins: BTreeSet<Origin>,
    tcp: Vec<Remote>,
    udp: Vec<Remote>,
    names: Names,
    connections: Arc<Connections>,
    /// Who knows where names lead: the system.
    resolver: Resolver,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            origins: BTreeSet::new(),
            tcp: Vec::new(),
            udp: Vec::new(),
            names: Names::default(),
            connections: Arc::default(),
            resolver: lookup::by_system,
        }
    }
}

/// Where a name that was lent may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Names {
    /// To addresses of the public network; `localhost` to this machine.
    #[default]
    Public,
    /// Anywhere.
    Anywhere,
}

/// What a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

impl Network {
    /// Lends an origin.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] for what is none.
    pub(super) fn lend_http(&mut self, origin: &str) -> Result<(), ExtensionError> {
        self.origins.insert(Origin::lent(origin)?);
        Ok(())
    }

    /// Lends an address, a block of them or a name to sockets of a kind.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] for what is none.
    pub(super) fn lend_remote(&mut self, transport: Transport, remote: &str) -> Result<(), ExtensionError> {
        let remote = Remote::lent(remote)?;
        match transport {
            Transport::Tcp => self.tcp.push(remote),
            Transport::Udp => self.udp.push(remote),
        }
        Ok(())
    }

    /// Has names lead anywhere.
    pub(super) fn lend_private_addresses(&mut self) {
        self.names = Names::Anywhere;
    }

    /// What sockets of a kind may be connected to.
    fn remotes(&self, transport: Transport) -> &[Remote] {
        match transport {
            Transport::Tcp => &self.tcp,
            Transport::Udp => &self.udp,
        }
    }

    /// True where sockets of a kind may be made at all.
    pub(super) fn has(&self, transport: Transport) -> bool {
        !self.remotes(transport).is_empty()
    }

    /// True where a component may look up a name.
    fn has_name(&self, name: &str) -> bool {
        let mut remotes = self.tcp.iter().chain(&self.udp);
        remotes.any(|remote| matches!(&remote.target, Target::Name(lent) if lent == name))
    }

    /// True where a name may lead to an address.
    ///
    /// Whoever answers for a name chooses the address. So a name leads to no machine that only those inside should
    /// reach, unless that was lent.
    fn may_lead(&self, name: &str, address: IpAddr) -> bool {
        let is_local = name == "localhost" || name.ends_with(".localhost");
        match self.names {
            Names::Anywhere => true,
            Names::Public if is_local => address.is_loopback(),
            Names::Public => is_public(address),
        }
    }
}

/// Most bytes of the headers of a request: a component may have thousands of them that are never sent.
const FIELDS_BYTES_MAX: usize = 32 << 10;

/// What one instance has of the network.
pub(super) struct Outgoing {
    pub(super) sockets: Sockets,
    pub(super) requests: Requests,
    pub(super) http: WasiHttpCtx,
}

impl Outgoing {
    /// Nothing yet; `connections` is how many the extension may have at once.
    pub(super) fn new(network: &Arc<Network>, connections: usize) -> Self {
        let (sockets, requests) = (Sockets::new(network, connections), Requests::new(network, connections));
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(FIELDS_BYTES_MAX);
        Self { sockets, requests, http }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_name_leads_to_private_addresses_where_that_was_lent() {
        let mut network = Network::default();
        let leads = |network: &Network, name: &str, to: &str| network.may_lead(name, to.parse().unwrap());
        assert!(leads(&network, "example.com", "1.1.1.1") && leads(&network, "localhost", "127.0.0.1"));
        assert!(!leads(&network, "example.com", "127.0.0.1") && !leads(&network, "example.com", "10.0.0.1"));
        assert!(!leads(&network, "localhost", "1.1.1.1") && !leads(&network, "notlocalhost", "::1"));
        network.lend_private_addresses();
        assert!(leads(&network, "example.com", "127.0.0.1") && leads(&network, "example.com", "fe80::1"));
    }
}
