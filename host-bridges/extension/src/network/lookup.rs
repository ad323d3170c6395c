//! Names, and the addresses that they lead to.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Connection, Network};

/// Why a name leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// The system knows no address.
    Unknown,
    /// It has addresses, and may lead to none of them.
    Prohibited,
}

/// Finds the addresses of a name.
pub(super) type Resolver = fn(&str) -> io::Result<Vec<IpAddr>>;

/// As all programs here do.
pub(super) fn by_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

impl Network {
    /// Looks up a name, and gives the addresses that it may lead to.
    ///
    /// The system's own look-up cannot be interrupted. Whoever waits for it may stop; `open` counts until it has ended.
    ///
    /// # Errors
    /// Where there is no such address.
    pub(super) async fn lookup(
        self: &Arc<Self>,
        name: String,
        open: Arc<Connection>,
    ) -> Result<Vec<IpAddr>, LookupError> {
        let network = Arc::clone(self);
        let look_up = move || {
            let _open = open;
            let found = (network.resolver)(&name).map_err(|_| LookupError::Unknown)?;
            let found: Vec<_> = found.iter().map(IpAddr::to_canonical).collect();
            let allowed: Vec<_> =
                found.iter().copied().filter(|address| network.may_lead(&name, *address)).collect();
            match (allowed.is_empty(), found.is_empty()) {
                (false, _) => Ok(allowed),
                (true, true) => Err(LookupError::Unknown),
                (true, false) => Err(LookupError::Prohibited),
            }
        };
        tokio::task::spawn_blocking(look_up).await.unwrap_or(Err(LookupError::Unknown))
    }
}

/// What an instance was told of the names that it may look up: to these addresses it may connect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Arc<Mutex<BTreeSet<(String, IpAddr)>>>);

impl Answers {
    /// Most answers that an instance is told: each is the host's memory.
    const MOST: usize = 10_000;

    /// Remembers what a name led to.
    pub(super) fn add(&self, name: &str, addresses: &[IpAddr]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for address in addresses {
            if known.len() < Self::MOST {
                known.insert((name.to_owned(), *address));
            }
        }
    }

    /// True where the name led to the address.
    pub(super) fn has(&self, name: &str, address: IpAddr) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(&(name.to_owned(), address))
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::IpAddr;
    use std::sync::Arc;

    use super::super::{Network, Transport};
    use super::LookupError;

    /// A name for each way in which look-ups end.
    fn answers(name: &str) -> io::Result<Vec<IpAddr>> {
        let addresses: &[&str] = match name {
            "public" => &["1.1.1.1", "2606:4700::1111"],
            "mixed" => &["10.0.0.1", "1.1.1.1", "::ffff:127.0.0.1", "169.254.169.254"],
            "private" | "localhost" => &["127.0.0.1", "::1"],
            "empty" => &[],
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(addresses.iter().map(|address| address.parse().unwrap()).collect())
    }

    #[track_caller]
    fn check(network: Network, name: &str, expected: Result<&[&str], LookupError>) {
        let network = Arc::new(Network { resolver: answers, ..network });
        let open = Arc::new(network.connections.open(1).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(network.lookup(name.to_owned(), open));
        let found = found.map(|found| found.iter().map(ToString::to_string).collect());
        assert_eq!(
            found,
            expected.map(|addresses| addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
        );
        assert!(network.connections.open(1).is_some(), "the look-up has ended");
    }

    #[test]
    fn a_name_is_not_followed_to_where_it_may_not_lead() {
        let check = |name, expected| check(Network::default(), name, expected);
        check("public", Ok(&["1.1.1.1", "2606:4700::1111"]));
        check("mixed", Ok(&["1.1.1.1"]));
        check("private", Err(LookupError::Prohibited));
        check("localhost", Ok(&["127.0.0.1", "::1"]));
        check("empty", Err(LookupError::Unknown));
        check("unknown", Err(LookupError::Unknown));
    }

    #[test]
    fn a_name_leads_anywhere_where_that_was_lent() {
        let mut network = Network::default();
        network.lend_private_addresses();
        check(network, "mixed", Ok(&["10.0.0.1", "1.1.1.1", "127.0.0.1", "169.254.169.254"]));
    }

    #[test]
    fn names_that_were_lent_are_known_in_any_case() {
        let mut network = Network::default();
        network.lend_remote(Transport::Udp, "Time.Example.com:123").unwrap();
        assert!(network.has_name("time.example.com"));
        assert!(!network.has_name("example.com") && !network.has_name("time.example.com."));
    }
}
