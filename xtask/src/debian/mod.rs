//! Programs from Debian's packages, unpacked into a private folder: no root, and nothing else on the machine changes.

mod apt;
mod relocate;

use crate::process::{is_on_path, read};
use crate::progress::Step;
use anyhow::{Context, Result, bail};
use apt::Apt;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) use relocate::write_script;

/// What stands for LLVM's number in the names of packages.
const LLVM_NUMBER: &str = "{llvm}";

/// A folder of unpacked packages.
pub(crate) struct Recipe<'a> {
    /// Where it shall lie. The programs know this path, so it cannot be moved.
    pub(crate) folder: &'a Path,
    /// What the user is told it is.
    pub(crate) name: &'a str,
    /// The packages, without what they depend on; `{llvm}` stands for the number of the LLVM that rustc is built with.
    pub(crate) packages: &'a [&'a str],
}

impl Recipe<'_> {
    /// Whether the folder is there, whole, and made by this very recipe.
    pub(crate) fn is_ready(&self) -> bool {
        fs::read_to_string(self.folder.join(".made-from")).is_ok_and(|stamp| stamp == self.stamp())
    }

    /// Makes the folder; `finish` gets the place where it is being put together and completes it.
    pub(crate) fn make(&self, finish: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let mut step = Step::start(self.name);
        let part = self.folder.with_extension("part");
        remove(&part)?;
        fs::create_dir_all(&part)?;
        step.tell("reading the list of packages");
        let apt = Apt::new(&part.join(".apt"), &suite())?;
        let names = apt.with_dependencies(&apt.numbered(self.packages)?)?;
        step.tell(&format!("fetching {} packages", names.len()));
        let debs = apt.fetch(&names)?;
        step.tell("unpacking");
        apt::unpack(&debs, &part)?;
        fs::remove_dir_all(part.join(".apt"))?;
        step.tell("preparing the programs");
        relocate::programs(&part, self.folder)?;
        finish(&part)?;
        fs::write(part.join(".made-from"), self.stamp())?;
        remove(self.folder)?;
        fs::rename(&part, self.folder)?;
        step.done(&format!("{} packages of Debian {} in `{}`", names.len(), suite(), self.folder.display()));
        Ok(())
    }

    fn stamp(&self) -> String {
        format!("{}\n{}\n{}\n", self.folder.display(), suite(), self.packages.join(" "))
    }
}

/// The suite that packages come from: unstable, which has the newest compilers.
///
/// It moves on; should it be broken one day, a stable suite can be named instead.
fn suite() -> String {
    env::var("INNERBOX_DEBIAN_SUITE").unwrap_or_else(|_| "sid".to_owned())
}

/// Stops with an explanation where Debian's packages cannot be used; `instead` says what the user can do.
pub(crate) fn require(what: &str, instead: &str) -> Result<()> {
    match obstacle() {
        Some(reason) => bail!("{what} needs Debian's packages, and {reason}\n{instead}"),
        None => Ok(()),
    }
}

/// Why Debian's packages cannot be used on this machine, if they cannot.
fn obstacle() -> Option<String> {
    if let Some(missing) =
        ["apt-get", "apt-cache", "dpkg", "dpkg-deb"].into_iter().find(|tool| !is_on_path(tool))
    {
        return Some(format!("this machine has no `{missing}`"));
    }
    let architecture = read(Command::new("dpkg").arg("--print-architecture")).unwrap_or_default();
    if architecture.trim() != "amd64" {
        return Some(format!("this machine's architecture is `{}`, not `amd64`", architecture.trim()));
    }
    match (apt::keyring(), apt::mirror()) {
        (None, _) => Some(format!("`{}` is missing (package `debian-archive-keyring`)", apt::KEYRINGS[0])),
        (_, None) => Some("apt's sources name no Debian mirror".to_owned()),
        _ => None,
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("`{}` cannot be removed", folder.display()))?;
    }
    Ok(())
}
