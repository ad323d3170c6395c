//! The static library of V8 that the `v8` crate links: found, fetched or built.

mod archive;
mod headers;
mod ninja;
mod source;
mod tools;
pub(crate) mod wrapper;

use crate::checksum;
use crate::process::{cargo, run_logged};
use crate::progress::Step;
use crate::project::{Profile, Project, SetupLock};
use anyhow::{Context, Result, bail};
use archive::Archive;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Variables by which a user tells the crate where V8 comes from.
const USER_S_OWN: [&str; 4] =
    ["RUSTY_V8_ARCHIVE", "RUSTY_V8_MIRROR", "V8_FROM_SOURCE", "RUSTY_V8_SKIP_DOWNLOAD"];

/// What the crate's build script says when it could not download its archive.
const NOT_FETCHED: &str = "Failed to fetch the V8 prebuilt artifact";

/// Sees to it that a plain `cargo build` finds V8.
pub(crate) fn ensure(project: &Project, profile: Profile) -> Result<()> {
    let archive = Archive::of(project)?;
    if let Some(variable) = USER_S_OWN.into_iter().find(|name| env::var_os(name).is_some()) {
        eprintln!("  ok  V8 {}: as {variable} says", archive.version);
        return Ok(());
    }
    let _lock = SetupLock::take(project)?;
    if archive.cached.exists() {
        eprintln!("  ok  V8 {}: in cargo's cache", archive.version);
        return Ok(());
    }
    if let Some(beside) = beside_checkout(project, &archive)? {
        archive.install(&beside)?;
        eprintln!("  ok  V8 {}: copied from `{}` to cargo's cache", archive.version, beside.display());
        return Ok(());
    }
    if project.target.join(profile.folder()).join("gn_out/obj/librusty_v8.a").exists()
        || download(project, profile, &archive)?
    {
        return Ok(());
    }
    eprintln!(
        "V8 {} could not be downloaded, so it is built here (`cargo xtask v8 --from-source`)",
        archive.version
    );
    source::build(project, &archive)
}

/// `cargo xtask v8 --from-source`.
pub(crate) fn build_from_source(project: &Project) -> Result<()> {
    let _lock = SetupLock::take(project)?;
    source::build(project, &Archive::of(project)?)
}

/// An archive in `../shared/v8/` whose sum is right.
fn beside_checkout(project: &Project, archive: &Archive) -> Result<Option<PathBuf>> {
    let folder = project.root.join("../shared/v8");
    let beside = folder.join(&archive.file_name);
    let Ok(sums) = fs::read_to_string(folder.join("SHA256SUMS")) else {
        return Ok(None);
    };
    let Some(expected) = checksum::in_sums(&sums, &archive.file_name) else {
        return Ok(None);
    };
    if !beside.exists() {
        return Ok(None);
    }
    let actual = checksum::of_file(&beside)?;
    if actual != expected {
        eprintln!("  !!  `{}` is not used: its SHA-256 is {actual}, not {expected}", beside.display());
        return Ok(None);
    }
    Ok(Some(beside))
}

/// Lets the crate download its archive by itself; false if it cannot.
fn download(project: &Project, profile: Profile, archive: &Archive) -> Result<bool> {
    let mut step = Step::start(format!("V8 {}: the crate downloads its archive", archive.version));
    fs::create_dir_all(&project.target)?;
    let mut command = cargo(project);
    command.args(["build", "--package", "v8"]).args(profile.flag());
    let log = project.target.join("v8-download.log");
    let outcome = run_logged(command, &log, |line| step.tell(line.trim()));
    match outcome {
        Ok(()) => {
            step.done("");
            Ok(true)
        }
        Err(_) if was_not_fetched(&log)? => Ok(false),
        Err(error) => Err(error.context("the `v8` crate did not build")),
    }
}

fn was_not_fetched(log: &Path) -> Result<bool> {
    let log = fs::read_to_string(log).with_context(|| format!("`{}` cannot be read", log.display()))?;
    Ok(log.contains(NOT_FETCHED))
}

/// Tells where V8 comes from, and what can be done if it is not there.
pub(crate) fn tell(project: &Project) -> Result<()> {
    let archive = Archive::of(project)?;
    if archive.cached.exists() {
        eprintln!("V8 {}: `{}`", archive.version, archive.cached.display());
        return Ok(());
    }
    bail!(
        "V8 {} is not at `{}`\nwhat you can do: `cargo xtask setup` seeks or downloads it, `cargo xtask v8 --from-source` builds it (half an hour on two cores)",
        archive.version,
        archive.cached.display()
    )
}
