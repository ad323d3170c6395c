//! What a component is lent.

use std::path::PathBuf;

/// One thing that a component is lent, besides what it needs to compute. By default: nothing.
///
/// A `Grant` is for scripts, this for one extension: neither has what the other was lent. It holds for every instance
/// of the extension, and never for a component that a script loads from a file.
///
/// # Examples
/// ```no_run
/// # use innerbox::{Config, Engine, Extension, ExtensionGrant, Sandbox};
/// # let engine = Engine::new(Config::default())?;
/// # let tesseract = Extension::from_file(&engine, "tesseract.wasm")?;
/// let sandbox = Sandbox::builder(&engine)
///     .extension(&tesseract)
///     .extension_grants(
///         "tesseract",
///         [
///             ExtensionGrant::read("/usr/share/tessdata", "/data"),
///             ExtensionGrant::variable("TESSDATA_PREFIX", "/data"),
///         ],
///     )
///     .build()?;
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionGrant(pub(crate) LentToExtension);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LentToExtension {
    Directory { host: PathBuf, guest: String, right: DirectoryRight },
    Variable { name: String, value: String },
    Argument(String),
    Stdio,
    FineClocks,
    Http(String),
    Tcp(String),
    Udp(String),
    PrivateAddresses,
}

/// What a component may do with a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectoryRight {
    Read,
    ReadAndWrite,
}

impl ExtensionGrant {
    /// Reading the directory `host`, with everything in it, under the name `guest`. Links that lead out of it are denied.
    ///
    /// The directory is opened when the sandbox is made: should another take its place, the component keeps the first.
    #[must_use]
    pub fn read(host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        let right = DirectoryRight::Read;
        Self(LentToExtension::Directory { host: host.into(), guest: guest.into(), right })
    }

    /// Reading and writing the directory `host`, as [`read`](Self::read). Nothing limits how much is written.
    #[must_use]
    pub fn write(host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        let right = DirectoryRight::ReadAndWrite;
        Self(LentToExtension::Directory { host: host.into(), guest: guest.into(), right })
    }

    /// An environment variable with the value given here, whatever this process's own environment has. Of two with one
    /// name the later counts.
    #[must_use]
    pub fn variable(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self(LentToExtension::Variable { name: name.into(), value: value.into() })
    }

    /// One argument more. Programs take the first for their own name.
    #[must_use]
    pub fn argument(argument: impl Into<String>) -> Self {
        Self(LentToExtension::Argument(argument.into()))
    }

    /// The sandbox's console as standard output and standard error stream, under the same limit of bytes. Without it
    /// they lead nowhere. The standard input is closed in any case.
    ///
    /// What a component writes appears at once; on another thread (`promising`), when the script next writes or waits.
    #[must_use]
    pub fn stdio() -> Self {
        Self(LentToExtension::Stdio)
    }

    /// The system's own clocks. Without it they tick once a millisecond, since finer ones measure what neighbours do.
    #[must_use]
    pub fn fine_clocks() -> Self {
        Self(LentToExtension::FineClocks)
    }

    /// Requests by HTTP to one origin: `example.com`, `example.com:8443`, `http://localhost:8080`. Without a scheme it is
    /// `https`; nothing else is lent by it, no other port and no host below it.
    ///
    /// A name leads only to addresses of the public network, `localhost` only to this machine: see
    /// [`private_addresses`](Self::private_addresses). Redirects are answers like any other, and followed by nobody.
    #[must_use]
    pub fn http(origin: impl Into<String>) -> Self {
        Self(LentToExtension::Http(origin.into()))
    }

    /// Connections by TCP to one port of an address, of a block of addresses, or of what a name leads to:
    /// `192.0.2.1:5432`, `[::1]:5432`, `10.0.0.0/8:5432`, `db.example.com:5432`. Nothing may be listened to.
    ///
    /// A name that is lent is a name that may be looked up. The component may then connect to the addresses that it was
    /// told, under the same rule as for [`http`](Self::http).
    #[must_use]
    pub fn tcp(remote: impl Into<String>) -> Self {
        Self(LentToExtension::Tcp(remote.into()))
    }

    /// Datagrams by UDP, to and from what [`tcp`](Self::tcp) takes. The component's own port is of the system's choice.
    #[must_use]
    pub fn udp(remote: impl Into<String>) -> Self {
        Self(LentToExtension::Udp(remote.into()))
    }

    /// That names lead anywhere: also to this machine, to private networks, and to where clouds keep a machine's secrets.
    ///
    /// Without it they lead to the public network. For whoever answers for a name that was lent chooses the address, and
    /// may change it at any time. Addresses that are lent as such need no such grant.
    #[must_use]
    pub fn private_addresses() -> Self {
        Self(LentToExtension::PrivateAddresses)
    }
}
