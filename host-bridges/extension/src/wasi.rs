//! What a component gets of WASI: nothing that was not granted. Both doors take it from here.
//!
//! Without a grant there are no arguments, no environment, no files, no network and no input; output is discarded, but
//! for the last line written to the standard error stream, which says why a Rust guest panicked. Clocks are coarse.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use innerbox_bridge_web::Stream;
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder, WasiView};

use super::clock::CoarseClock;
use super::network::{Network, Outgoing, Transport};
use super::stdio::{LastWords, Output, ToConsole};
use crate::error::ExtensionError;
use crate::grant::{DirectoryRight, ExtensionGrant, LentToExtension};

/// Most random bytes that one call may ask for: the host makes them before the guest gets them.
const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// What the instances of one extension in one sandbox are lent: by default nothing.
#[derive(Default)]
pub struct Lending {
    /// The directories, opened when they were lent: what takes their place later is not lent.
    filesystem: WasiFilesystemCtx,
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
    output: Option<Output>,
    clocks: Clocks,
    network: Arc<Network>,
}

/// Which clocks a component sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Clocks {
    #[default]
    Coarse,
    System,
}

/// Directories by what the component calls them.
type Directories<'a> = BTreeMap<&'a str, (&'a Path, DirectoryRight)>;

impl Lending {
    /// Opens what is lent. `output` is where standard streams lead that are lent.
    ///
    /// # Errors
    /// [`ExtensionError::Config`] for a grant that cannot be, [`ExtensionError::Io`] for a directory that cannot be opened.
    pub fn open(grants: &[ExtensionGrant], output: &Output) -> Result<Self, ExtensionError> {
        let mut lending = Self::default();
        let mut directories = Directories::new();
        let mut network = Network::default();
        for grant in grants {
            match &grant.0 {
                LentToExtension::Directory { host, guest, right } => {
                    lend_directory(&mut directories, host, guest, *right)?;
                }
                LentToExtension::Variable { name, value } => {
                    check_name(name)?;
                    lending.variables.insert(name.clone(), checked("variable", value)?);
                }
                LentToExtension::Argument(argument) => {
                    lending.arguments.push(checked("argument", argument)?);
                }
                LentToExtension::Stdio => lending.output = Some(Arc::clone(output)),
                LentToExtension::FineClocks => lending.clocks = Clocks::System,
                LentToExtension::Http(origin) => network.lend_http(origin)?,
                LentToExtension::Tcp(remote) => network.lend_remote(Transport::Tcp, remote)?,
                LentToExtension::Udp(remote) => network.lend_remote(Transport::Udp, remote)?,
                LentToExtension::PrivateAddresses => network.lend_private_addresses(),
            }
        }
        lending.network = Arc::new(network);
        lending.filesystem = open_directories(&directories)?;
        Ok(lending)
    }

    /// What one instance reaches over the network, of an extension that may have so many connections.
    pub(super) fn outgoing(&self, connections: usize) -> Outgoing {
        Outgoing::new(&self.network, connections)
    }

    /// The context of one instance.
    pub(super) fn context(&self, last_words: &LastWords, outgoing: &Outgoing) -> WasiP1Ctx {
        let variables: Vec<_> = self.variables.iter().collect();
        let mut builder = WasiCtxBuilder::new();
        builder.envs(&variables).args(&self.arguments).max_random_size(RANDOM_BYTES_MAX);
        match &self.output {
            Some(output) => builder
                .stdout(ToConsole::new(Stream::Out, output, last_words))
                .stderr(ToConsole::new(Stream::Err, output, last_words)),
            None => builder.stderr(last_words.clone()),
        };
        if self.clocks == Clocks::Coarse {
            builder.wall_clock(CoarseClock::new()).monotonic_clock(CoarseClock::new());
        }
        outgoing.sockets.allow(&mut builder);
        let mut context = builder.build_p1();
        context.ctx().ctx.filesystem().clone_from(&self.filesystem);
        context
    }
}

/// Adds a directory. To lend one twice under the same name lends the greater right.
fn lend_directory<'a>(
    directories: &mut Directories<'a>,
    host: &'a Path,
    guest: &'a str,
    right: DirectoryRight,
) -> Result<(), ExtensionError> {
    if guest.is_empty() || guest.contains('\0') {
        return Err(ExtensionError::Config(format!(
            "grant of a directory: a component cannot call it `{guest:?}`"
        )));
    }
    let (other, lent) = directories.entry(guest).or_insert((host, right));
    if *other != host {
        return Err(ExtensionError::Config(format!(
            "grant of a directory: another one is called `{guest}` already"
        )));
    }
    if right == DirectoryRight::ReadAndWrite {
        *lent = right;
    }
    Ok(())
}

fn open_directories(directories: &Directories<'_>) -> Result<WasiFilesystemCtx, ExtensionError> {
    let mut builder = WasiCtxBuilder::new();
    // An isolate's thread has nothing else to do meanwhile.
    builder.allow_blocking_current_thread(true);
    for (guest, (host, right)) in directories {
        let permissions = match right {
            DirectoryRight::Read => FsPerms::ReadOnly,
            DirectoryRight::ReadAndWrite => FsPerms::ReadWrite,
        };
        builder.preopened_dir(host, guest, permissions).map_err(|error| ExtensionError::Io {
            what: "lend directory",
            path: PathBuf::from(host),
            source: error.downcast().unwrap_or_else(|error| io::Error::other(format!("{error:#}"))),
        })?;
    }
    Ok(builder.build().filesystem().clone())
}

fn check_name(name: &str) -> Result<(), ExtensionError> {
    match name.is_empty() || name.contains(['=', '\0']) {
        true => Err(ExtensionError::Config(format!("grant of a variable: it cannot be called `{name:?}`"))),
        false => Ok(()),
    }
}

/// Text that C can hold.
fn checked(what: &str, text: &str) -> Result<String, ExtensionError> {
    match text.contains('\0') {
        true => Err(ExtensionError::Config(format!("grant of a {what}: `{text:?}` contains a zero byte"))),
        false => Ok(text.to_owned()),
    }
}
