//! What a component may reach by a socket: an address, a block of addresses, or what a name leads to, and one port.

use std::net::{IpAddr, SocketAddr};

use url::Host;

use super::block::Block;
use crate::error::ExtensionError;

/// One thing that a socket may be connected to, or exchange datagrams with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) target: Target,
    pub(super) port: u16,
}

/// What is behind a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Addresses(Block),
    /// In lower case, and in ASCII.
    Name(String),
}

impl Remote {
    /// Reads a grant: `127.0.0.1:5432`, `10.0.0.0/8:5432`, `[fd00::]/8:5432`, `db.example.com:5432`.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] for anything else.
    pub(super) fn lent(text: &str) -> Result<Self, ExtensionError> {
        Self::read(text).ok_or_else(|| {
            let expected = "ADDRESS:PORT, ADDRESS/BITS:PORT or HOST:PORT, with an IPv6 address in brackets";
            ExtensionError::Config(format!("grant of sockets: `{text}`: expected {expected}"))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let is_plain = |letter: char| letter.is_alphanumeric() || "-._:[]/".contains(letter);
        let (host, port) = text.rsplit_once(':').filter(|_| text.chars().all(is_plain))?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let (host, bits) = match host.split_once('/') {
            Some((host, bits)) => (host, Some(bits.parse().ok()?)),
            None => (host, None),
        };
        let block = |address: IpAddr| Block::new(address, bits).map(Target::Addresses);
        let target = match Host::parse(host).ok()? {
            Host::Ipv4(address) => block(address.into())?,
            Host::Ipv6(address) => block(address.into())?,
            Host::Domain(name) => bits.is_none().then_some(Target::Name(name))?,
        };
        Some(Self { target, port })
    }

    /// True where this is lent by its address.
    pub(super) fn has(&self, address: SocketAddr) -> bool {
        let is_in = |block: &Block| block.contains(address.ip());
        self.port == address.port() && matches!(&self.target, Target::Addresses(block) if is_in(block))
    }
}

#[cfg(test)]
mod tests {
    use super::{Remote, Target};

    #[test]
    fn a_remote_is_an_address_a_block_or_a_name_with_a_port() {
        let has = |lent: &str, address: &str| Remote::lent(lent).unwrap().has(address.parse().unwrap());
        assert!(has("127.0.0.1:80", "127.0.0.1:80"));
        assert!(!has("127.0.0.1:80", "127.0.0.1:81") && !has("127.0.0.1:80", "127.0.0.2:80"));
        assert!(has("10.0.0.0/8:80", "10.255.0.1:80") && !has("10.0.0.0/8:80", "11.0.0.0:80"));
        assert!(has("[::1]:80", "[::1]:80") && !has("[::1]:80", "[::2]:80"));
        assert!(has("[fd00::]/8:80", "[fdff::1]:80") && !has("[fd00::]/8:80", "[fe00::1]:80"));
        let name = Remote::lent("DB.Example.com:5432").unwrap();
        assert_eq!(name, Remote { target: Target::Name("db.example.com".to_owned()), port: 5432 });
        assert!(!name.has("127.0.0.1:5432".parse().unwrap()));
    }

    #[test]
    fn what_is_none_cannot_be_lent() {
        for text in [
            "",
            "a",
            ":80",
            "a:",
            "a:0",
            "a:+80",
            "a:65536",
            "a:*",
            "*:80",
            "http://a:80",
            "::1:80",
            "10.0.0.1/8:80",
            "10.0.0.0/33:80",
            "10.0.0.0/:80",
            "10.0.0.0/+8:80",
            "a/8:80",
            "[::ffff:1.2.3.4]:80",
            "u@a:80",
            "a b:80",
        ] {
            assert!(Remote::lent(text).is_err(), "{text}");
        }
    }
}
