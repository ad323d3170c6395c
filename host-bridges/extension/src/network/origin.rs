//! What a component may ask by HTTP: origins, as the web has them.

use std::fmt;

use url::{Host, Url};

use crate::error::ExtensionError;

/// A scheme, a host and a port. Two that mean the same are equal, however they were written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// How an origin is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scheme {
    /// In the clear.
    Http,
    /// Under TLS.
    Https,
}

impl Origin {
    /// Reads a grant: `example.com`, `example.com:8443`, `http://localhost:8080`. Without a scheme it is `https`.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] for what is no origin.
    pub(super) fn lent(text: &str) -> Result<Self, ExtensionError> {
        let (scheme, authority) = match text.split_once("://") {
            Some(("http", authority)) => (Scheme::Http, authority),
            Some(("https", authority)) => (Scheme::Https, authority),
            Some(_) => return Err(refused(text)),
            None => (Scheme::Https, text),
        };
        Self::read(scheme, authority, |letter| !letter.is_ascii() && letter.is_alphanumeric())
            .ok_or_else(|| refused(text))
    }

    /// Reads what a request asks for. A component writes ASCII alone, and no password.
    pub(super) fn asked(scheme: &str, authority: &str) -> Option<Self> {
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        Self::read(scheme, authority, |_| false)
    }

    /// Reads `HOST` or `HOST:PORT`, and nothing that two programs could read in two ways.
    fn read(scheme: Scheme, authority: &str, also: fn(char) -> bool) -> Option<Self> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
        if authority.is_empty() || !authority.chars().all(|letter| is_plain(letter) || also(letter)) {
            return None;
        }
        let url = Url::parse(&format!("{scheme}://{authority}/")).ok()?;
        let port = url.port_or_known_default().filter(|port| *port != 0)?;
        Some(Self { scheme, host: url.host()?.to_owned(), port })
    }

    /// What a request to it has in its `Host` header: the port only where it is not the scheme's own.
    pub(super) fn authority(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.to_string(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

fn refused(text: &str) -> ExtensionError {
    ExtensionError::Config(format!("grant of HTTP: `{text}`: expected HOST, HOST:PORT or http://HOST[:PORT]"))
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[track_caller]
    fn check(text: &str, scheme: &str, authority: &str) {
        let lent = Origin::lent(text).unwrap();
        assert_eq!((lent.scheme.to_string().as_str(), lent.authority().as_str()), (scheme, authority));
    }

    #[test]
    fn an_origin_is_https_unless_it_says_http() {
        check("example.com", "https", "example.com");
        check("https://EXAMPLE.com:443", "https", "example.com");
        check("example.com:8443", "https", "example.com:8443");
        check("example.com:80", "https", "example.com:80");
        check("http://example.com", "http", "example.com");
        check("http://example.com:443", "http", "example.com:443");
        check("http://[::1]:8080", "http", "[::1]:8080");
        check("b\u{fc}cher.example", "https", "xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_origin_cannot_be_lent() {
        for text in [
            "", "http://", "ftp://a", "HTTP://a", "a/", "a/b", "a?b", "a#b", "u@a", "u:p@a", "a:0",
            "a:65536", "a:b", "a b", "*.a", "a\\b", "a%2eb", "::1",
        ] {
            assert!(Origin::lent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_request_is_read_as_the_grant_is() {
        let lent = Origin::lent("http://127.0.0.1:8080").unwrap();
        for same in ["127.0.0.1:8080", "127.1:8080", "0x7f000001:8080", "2130706433:8080"] {
            assert_eq!(Origin::asked("http", same), Some(lent.clone()), "{same}");
        }
        let lent = Origin::lent("example.com").unwrap();
        for same in ["example.com", "example.com:443", "EXAMPLE.COM", "example.com:"] {
            assert_eq!(Origin::asked("https", same), Some(lent.clone()), "{same}");
        }
        for other in ["example.com.", "example.com:80", "www.example.com", "example.co"] {
            assert_ne!(Origin::asked("https", other), Some(lent.clone()), "{other}");
        }
        for senseless in
            ["", "example.com@evil.example", "evil.example@example.com", "example.com/", "exa%6dple.com"]
        {
            assert_eq!(Origin::asked("https", senseless), None, "{senseless}");
        }
        assert_eq!(Origin::asked("ftp", "example.com"), None);
    }
}
