//! Where the inspector may listen, and by which names it may be called.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where Node.js listens, and where DevTools look.
pub(crate) const DEFAULT: &str = "127.0.0.1:9229";

/// Reads `HOST:PORT`, `HOST` or `PORT`, of this machine alone.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    let (host, port) =
        split(text).ok_or_else(|| "expected an address such as `127.0.0.1:9229`".to_owned())?;
    let address = loopback(host).ok_or_else(|| {
        format!("`{host}` is no address of this machine alone, such as `127.0.0.1`, `[::1]` or `localhost`")
    })?;
    Ok(SocketAddr::new(address, port.unwrap_or(9229)))
}

/// Whether a `Host` header names this machine as a loopback address, whatever the port.
pub(super) fn is_local(host: &str) -> bool {
    split(host).is_some_and(|(host, _)| loopback(host).is_some())
}

fn loopback(host: &str) -> Option<IpAddr> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse().ok().filter(IpAddr::is_loopback)
}

/// The host, and the port if there is one.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let colon = text.rfind(':').filter(|at| text.rfind(']').is_none_or(|bracket| *at > bracket));
    match colon {
        // An address of IPv6 stands in brackets.
        Some(at) if !text[..at].contains(':') || text.starts_with('[') => {
            Some((&text[..at], Some(text[at + 1..].parse().ok()?)))
        }
        Some(_) => None,
        None => Some((text, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::{address, is_local};

    #[test]
    fn only_this_machine_is_an_address() {
        for (text, expected) in [
            ("0", "127.0.0.1:0"),
            ("9300", "127.0.0.1:9300"),
            ("127.0.0.2", "127.0.0.2:9229"),
            ("localhost:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("[::1]", "[::1]:9229"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for refused in
            ["0.0.0.0", "0.0.0.0:9229", "[::]:9229", "10.0.0.1:1", "example.org", "::1", "", "127.0.0.1:x"]
        {
            assert!(address(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn only_this_machine_is_a_host() {
        for local in ["localhost", "LOCALHOST:1", "127.0.0.1:9229", "127.1.2.3", "[::1]:80"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:80",
            "10.0.0.1",
            "0.0.0.0",
            "a@localhost",
        ] {
            assert!(!is_local(foreign), "{foreign}");
        }
    }
}
