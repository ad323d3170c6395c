//! What extensions are lent, in plain words.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use innerbox::ExtensionGrant;

use super::catalogue::Catalogue;
use super::variable::variable;

/// What each extension is lent.
#[derive(Args)]
#[command(next_help_heading = "Grants for extensions (NAME is an extension's; by default, nothing is lent)")]
pub(crate) struct LendingOptions {
    /// Lend an extension reading of the directory DIR, with everything in it, under the name GUEST or its own
    #[arg(long, value_name = "NAME=DIR[::GUEST]")]
    ext_allow_read: Vec<String>,
    /// Lend an extension reading and writing of the directory DIR, with everything in it
    #[arg(long, value_name = "NAME=DIR[::GUEST]")]
    ext_allow_write: Vec<String>,
    /// Lend an extension an environment variable, with the value it has here or another one
    #[arg(long, value_name = "NAME=KEY[=VALUE]")]
    ext_env: Vec<String>,
    /// Lend an extension an argument
    #[arg(long, value_name = "NAME=ARG")]
    ext_arg: Vec<String>,
    /// Lend an extension the console, as its standard output and standard error stream
    #[arg(long, value_name = "NAME")]
    ext_stdio: Vec<String>,
    /// Lend an extension the system's clocks, which otherwise tick once a millisecond
    #[arg(long, value_name = "NAME")]
    ext_fine_clocks: Vec<String>,
    /// Lend an extension requests by HTTPS to HOST, at port 443 or another one; with `http://`, by HTTP, at port 80
    #[arg(long, value_name = "NAME=[http://]HOST[:PORT]")]
    ext_allow_http: Vec<String>,
    /// Lend an extension connections by TCP to a port of an address, of a block of them (10.0.0.0/8), or of what a name
    /// leads to, which it may look up
    #[arg(long, value_name = "NAME=HOST:PORT")]
    ext_allow_tcp: Vec<String>,
    /// Lend an extension datagrams by UDP, as `--ext-allow-tcp` does connections
    #[arg(long, value_name = "NAME=HOST:PORT")]
    ext_allow_udp: Vec<String>,
    /// Let names that are lent to an extension lead to this machine and to private networks; otherwise they lead to the
    /// public network alone, and `localhost` to this machine
    #[arg(long, value_name = "NAME")]
    ext_allow_private: Vec<String>,
}

/// Grants by the names of extensions.
type Grants = BTreeMap<String, Vec<ExtensionGrant>>;

impl LendingOptions {
    /// The grants of each extension. One that cannot be found is an error: its name is misspelt.
    pub(crate) fn grants(&self, catalogue: &Catalogue) -> Result<Grants> {
        let mut grants = Grants::new();
        let mut lend = |name: &str, grant| grants.entry(name.to_owned()).or_default().push(grant);
        for text in &self.ext_allow_read {
            let (name, host, guest) = directory("--ext-allow-read", text)?;
            lend(name, ExtensionGrant::read(host, guest));
        }
        for text in &self.ext_allow_write {
            let (name, host, guest) = directory("--ext-allow-write", text)?;
            lend(name, ExtensionGrant::write(host, guest));
        }
        for text in &self.ext_env {
            let (name, rest) = named("--ext-env", text, "NAME=KEY or NAME=KEY=VALUE")?;
            if let Some((key, value)) = variable("--ext-env", rest)? {
                lend(name, ExtensionGrant::variable(key, value));
            }
        }
        for text in &self.ext_arg {
            let (name, argument) = named("--ext-arg", text, "NAME=ARG")?;
            lend(name, ExtensionGrant::argument(argument));
        }
        for name in &self.ext_stdio {
            lend(name, ExtensionGrant::stdio());
        }
        for name in &self.ext_fine_clocks {
            lend(name, ExtensionGrant::fine_clocks());
        }
        for text in &self.ext_allow_http {
            let (name, origin) = named("--ext-allow-http", text, "NAME=[http://]HOST[:PORT]")?;
            lend(name, ExtensionGrant::http(origin));
        }
        for text in &self.ext_allow_tcp {
            let (name, remote) = named("--ext-allow-tcp", text, "NAME=HOST:PORT")?;
            lend(name, ExtensionGrant::tcp(remote));
        }
        for text in &self.ext_allow_udp {
            let (name, remote) = named("--ext-allow-udp", text, "NAME=HOST:PORT")?;
            lend(name, ExtensionGrant::udp(remote));
        }
        for name in &self.ext_allow_private {
            lend(name, ExtensionGrant::private_addresses());
        }
        match grants.keys().find(|name| catalogue.find(name).is_none()) {
            Some(unknown) => bail!("grants for an extension: {}", catalogue.missing(unknown)),
            None => Ok(grants),
        }
    }
}

/// Reads `NAME=REST`.
fn named<'a>(flag: &str, text: &'a str, expected: &str) -> Result<(&'a str, &'a str)> {
    match text.split_once('=') {
        Some((name, rest)) if !name.is_empty() => Ok((name, rest)),
        _ => bail!("`{flag} {text}`: expected {expected}"),
    }
}

/// Reads `NAME=DIR::GUEST`. Without `GUEST` the component knows the directory by the name it has here.
fn directory<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str, &'a str)> {
    let expected = "NAME=DIR or NAME=DIR::GUEST";
    let (name, directory) = named(flag, text, expected)?;
    let (host, guest) = directory.rsplit_once("::").unwrap_or((directory, directory));
    match host.is_empty() || guest.is_empty() {
        true => bail!("`{flag} {text}`: expected {expected}"),
        false => Ok((name, host, guest)),
    }
}

#[cfg(test)]
mod tests {
    use super::{directory, named};

    #[test]
    fn a_directory_has_a_name_of_its_own_or_another() {
        let cases = [
            ("ocr=data", ("ocr", "data", "data")),
            ("ocr=/usr/share/x::/data", ("ocr", "/usr/share/x", "/data")),
            ("ocr=a=b::c=d", ("ocr", "a=b", "c=d")),
            ("ocr=a::b::c", ("ocr", "a::b", "c")),
        ];
        for (text, expected) in cases {
            assert_eq!(directory("--flag", text).unwrap(), expected, "{text}");
        }
        for text in ["ocr", "=data", "ocr=", "ocr=::c", "ocr=a::"] {
            assert!(directory("--flag", text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_follows_a_name_may_be_empty() {
        assert_eq!(named("--flag", "ocr=", "NAME=ARG").unwrap(), ("ocr", ""));
        assert_eq!(named("--flag", "ocr=a=b", "NAME=ARG").unwrap(), ("ocr", "a=b"));
    }
}
