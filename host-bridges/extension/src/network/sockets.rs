//! The sockets of one instance.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

use super::lookup::{Answers, LookupError};
use super::remote::{Remote, Target};
use super::{Connection, Network, Transport};

/// The sockets of one instance, and what it may do with them.
#[derive(Debug)]
pub(crate) struct Sockets {
    network: Arc<Network>,
    most: usize,
    answers: Answers,
    /// By their places in the table of WASI's things.
    open: HashMap<u32, Connection>,
    /// Of sockets that are gone while their streams may go on.
    streams: Vec<Connection>,
}

impl Sockets {
    /// None yet; `most` is how many connections the extension may have at once.
    pub(crate) fn new(network: &Arc<Network>, most: usize) -> Self {
        Self {
            network: Arc::clone(network),
            most,
            answers: Answers::default(),
            open: HashMap::new(),
            streams: Vec::new(),
        }
    }

    /// Has the context of the instance ask here what a socket may do.
    pub(crate) fn allow(&self, builder: &mut WasiCtxBuilder) {
        let (tcp, udp) = (self.network.has(Transport::Tcp), self.network.has(Transport::Udp));
        if !tcp && !udp {
            return;
        }
        let (network, answers) = (Arc::clone(&self.network), self.answers.clone());
        builder.allow_tcp(tcp).allow_udp(udp).socket_addr_check(move |address, purpose| {
            let is_allowed = may(&network, &answers, address, purpose);
            Box::pin(async move { is_allowed })
        });
    }

    /// Counts one connection more, where there may be one.
    pub(crate) fn open(&self) -> Option<Connection> {
        self.network.connections.open(self.most)
    }

    /// Keeps the count of a socket until it is [closed](Self::close).
    pub(crate) fn keep(&mut self, socket: u32, connection: Connection) {
        self.open.insert(socket, connection);
    }

    /// Counts a socket no longer.
    pub(crate) fn close(&mut self, socket: u32) {
        self.open.remove(&socket);
    }

    /// Counts a socket until the instance ends.
    pub(crate) fn outlive(&mut self, socket: u32) {
        self.streams.extend(self.open.remove(&socket));
    }

    /// True where the instance may look up a name, which is in lower case.
    pub(crate) fn may_look_up(&self, name: &str) -> bool {
        self.network.has_name(name)
    }

    /// Looks up a name. To what it leads the instance may connect from then on, at the ports that were lent.
    pub(crate) fn look_up(
        &self,
        name: String,
        open: Connection,
    ) -> impl Future<Output = Result<Vec<std::net::IpAddr>, LookupError>> + Send + use<> {
        let (network, answers) = (Arc::clone(&self.network), self.answers.clone());
        async move {
            let addresses = network.lookup(name.clone(), Arc::new(open)).await?;
            answers.add(&name, &addresses);
            Ok(addresses)
        }
    }
}

/// True where a socket may be used so with an address.
///
/// No socket listens, and none has an address of the component's choice: the system gives it any port.
fn may(network: &Network, answers: &Answers, address: SocketAddr, purpose: SocketAddrUse) -> bool {
    let reaches = |transport| {
        let is_it = |remote: &Remote| match &remote.target {
            Target::Addresses(_) => remote.has(address),
            Target::Name(name) => remote.port == address.port() && answers.has(name, address.ip()),
        };
        network.remotes(transport).iter().any(is_it)
    };
    match purpose {
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
            address.ip().is_unspecified() && address.port() == 0
        }
        SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => false,
        SocketAddrUse::TcpConnect => reaches(Transport::Tcp),
        SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => reaches(Transport::Udp),
    }
}

#[cfg(test)]
mod tests {
    use wasmtime_wasi::sockets::SocketAddrUse::{
        self, TcpAccept, TcpBind, TcpConnect, TcpListen, UdpBind, UdpReceive, UdpSend,
    };

    use super::{Answers, Network, Transport, may};

    #[test]
    fn a_socket_does_what_was_lent_and_nothing_else() {
        let mut network = Network::default();
        network.lend_remote(Transport::Tcp, "10.0.0.0/8:80").unwrap();
        network.lend_remote(Transport::Tcp, "db.example:90").unwrap();
        network.lend_remote(Transport::Udp, "10.0.0.1:53").unwrap();
        let answers = Answers::default();
        let may = |address: &str, purpose: SocketAddrUse| {
            may(&network, &answers, address.parse().unwrap(), purpose)
        };
        assert!(may("10.1.2.3:80", TcpConnect));
        assert!(!may("10.1.2.3:81", TcpConnect) && !may("11.1.2.3:80", TcpConnect));
        assert!(!may("10.1.2.3:80", UdpSend) && !may("10.0.0.1:53", TcpConnect));
        assert!(may("10.0.0.1:53", UdpSend) && may("10.0.0.1:53", UdpReceive));
        assert!(!may("10.0.0.2:53", UdpSend) && !may("10.0.0.2:53", UdpReceive));
        for purpose in [TcpBind, UdpBind] {
            assert!(may("0.0.0.0:0", purpose) && may("[::]:0", purpose));
            assert!(
                !may("0.0.0.0:80", purpose) && !may("10.0.0.1:0", purpose) && !may("127.0.0.1:0", purpose)
            );
        }
        assert!(
            !may("0.0.0.0:0", TcpListen) && !may("10.0.0.1:80", TcpListen) && !may("10.0.0.1:80", TcpAccept)
        );
        assert!(!may("1.2.3.4:90", TcpConnect));
        answers.add("db.example", &["1.2.3.4".parse().unwrap()]);
        assert!(may("1.2.3.4:90", TcpConnect));
        assert!(
            !may("1.2.3.4:80", TcpConnect) && !may("1.2.3.5:90", TcpConnect) && !may("1.2.3.4:90", UdpSend)
        );
    }
}
