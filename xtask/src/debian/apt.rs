//! An apt of its own: what packages depend on, and fetching them, without a trace on the machine.

use crate::process::read;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Where apt keeps the keys that Debian signs its archive with.
pub(super) const KEYRINGS: [&str; 2] =
    ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"];

/// Dependencies that are not fetched: a C toolchain for the host, which the machine has, and what no program here loads.
const SKIPPED: [&str; 13] = [
    "binutils",
    "cpp",
    "gcc",
    "g++",
    "libc6-dev",
    "libc6-i386",
    "lib32stdc++6",
    "libcurl",
    "libgcc-",
    "libobjc-",
    "libpfm",
    "libstdc++-",
    "llvm-linker-tools",
];

/// Like the names above, and yet needed.
const KEPT: [&str; 1] = ["libgcc-s1"];

/// It reads one suite from the machine's mirror and keeps all that it writes in one folder.
pub(super) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Fetches the list of the suite's packages.
    pub(super) fn new(folder: &Path, suite: &str) -> Result<Self> {
        for inner in ["state/lists/partial", "cache/archives/partial", "debs"] {
            fs::create_dir_all(folder.join(inner))?;
        }
        fs::write(folder.join("status"), "")?;
        let keyring = keyring().context("the keyring of Debian is missing")?;
        let mirror = mirror().context("apt's sources name no Debian mirror")?;
        fs::write(folder.join("sources.list"), format!("deb [signed-by={keyring}] {mirror} {suite} main\n"))?;
        let apt = Self { folder: folder.to_path_buf() };
        read(apt.command("apt-get").arg("update"))
            .context("Debian's list of packages could not be fetched")?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let folder = self.folder.display();
        let mut command = Command::new(program);
        command.arg("-qq");
        for option in [
            format!("Dir::Etc::SourceList={folder}/sources.list"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            "Dir::Etc::Preferences=/dev/null".to_owned(),
            "Dir::Etc::PreferencesParts=/dev/null".to_owned(),
            format!("Dir::State={folder}/state"),
            format!("Dir::State::status={folder}/status"),
            format!("Dir::Cache={folder}/cache"),
            "APT::Sandbox::User=root".to_owned(), // apt's own user could not write into the folder
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        command
    }

    /// The names with LLVM's number in place of `{llvm}`.
    pub(super) fn numbered(&self, packages: &[&str]) -> Result<Vec<String>> {
        if !packages.iter().any(|package| package.contains(super::LLVM_NUMBER)) {
            return Ok(packages.iter().map(ToString::to_string).collect());
        }
        let of_rustc = self.with_dependencies(&["rustc".to_owned()])?;
        let number = of_rustc
            .iter()
            .find_map(|name| name.strip_prefix("libllvm"))
            .context("Debian's `rustc` depends on no `libllvm`")?;
        Ok(packages.iter().map(|package| package.replace(super::LLVM_NUMBER, number)).collect())
    }

    /// The packages and all that they need.
    pub(super) fn with_dependencies(&self, packages: &[String]) -> Result<BTreeSet<String>> {
        let mut all: BTreeSet<String> = packages.iter().cloned().collect();
        let mut next: Vec<String> = all.iter().cloned().collect();
        while !next.is_empty() {
            let listed = read(self.command("apt-cache").args(["depends", "--important"]).args(&next))
                .context("Debian's packages have other names than expected")?;
            next = dependencies(&listed)
                .into_iter()
                .filter(|name| !is_skipped(name) && all.insert(name.clone()))
                .collect();
        }
        Ok(all)
    }

    /// Fetches packages; gives their files.
    pub(super) fn fetch(&self, names: &BTreeSet<String>) -> Result<Vec<PathBuf>> {
        let debs = self.folder.join("debs");
        read(self.command("apt-get").arg("download").args(names).current_dir(&debs))
            .context("Debian's packages could not be fetched")?;
        fs::read_dir(&debs)?.map(|deb| Ok(deb?.path())).collect()
    }
}

/// Unpacks packages side by side into one folder.
pub(super) fn unpack(debs: &[PathBuf], into: &Path) -> Result<()> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(deb) = debs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = read(Command::new("dpkg-deb").arg("-x").arg(deb).arg(into));
            failures.lock().unwrap_or_else(PoisonError::into_inner).extend(outcome.err());
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    failures.into_inner().unwrap_or_else(PoisonError::into_inner).pop().map_or(Ok(()), Err)
}

/// The names in what `apt-cache depends` prints: of alternatives, the first.
fn dependencies(listed: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut alternative_taken = false;
    for line in listed.lines() {
        let Some((kind, name)) = line.split_once("Depends: ") else {
            continue;
        };
        let is_virtual = name.starts_with('<');
        if !alternative_taken && !is_virtual {
            names.push(name.trim_end().to_owned());
        }
        // `|Depends` says that the next line is another way to satisfy the same need.
        alternative_taken = kind.ends_with('|') && (alternative_taken || !is_virtual);
    }
    names
}

fn is_skipped(name: &str) -> bool {
    let unnumbered = name.replace(|digit: char| digit.is_ascii_digit(), "").replace("--", "-");
    !KEPT.contains(&name) && SKIPPED.iter().any(|skipped| name.starts_with(skipped) || unnumbered == *skipped)
}

/// The keyring that this machine has.
pub(super) fn keyring() -> Option<&'static str> {
    KEYRINGS.into_iter().find(|path| Path::new(path).exists())
}

/// The mirror of Debian that this machine uses.
pub(super) fn mirror() -> Option<String> {
    let targets = read(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(LABEL) $(REPO_URI)",
        "Created-By: Packages",
    ]));
    mirror_in(&targets.ok()?)
}

/// Debian's main archive among lines of label and address; a machine that has fetched no lists yet knows no labels.
fn mirror_in(targets: &str) -> Option<String> {
    let pairs = || targets.lines().filter_map(|line| line.rsplit_once(' '));
    let labelled = pairs().find(|(label, _)| *label == "Debian");
    let guessed = || {
        pairs()
            .find(|(label, address)| label.is_empty() && address.trim_end_matches('/').ends_with("/debian"))
    };
    Some(labelled.or_else(guessed)?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_the_first_of_their_alternatives() {
        let listed = "rustc\n  Depends: libc6\n  Depends: <libc-dev>\n    libc6-dev\n |Depends: zlib1g\n  Depends: zlib-ng\n\
                      wasi-libc\n |Depends: <virtual>\n  Depends: real\n  Suggests: other\n";
        assert_eq!(dependencies(listed), ["libc6", "zlib1g", "real"]);
    }

    #[test]
    fn the_host_toolchain_is_skipped_and_libraries_are_not() {
        for name in [
            "gcc",
            "gcc-16",
            "libgcc-16-dev",
            "libstdc++-16-dev",
            "llvm-22-linker-tools",
            "libcurl4t64",
            "binutils",
        ] {
            assert!(is_skipped(name), "{name}");
        }
        for name in ["libgcc-s1", "libstdc++6", "libc6", "llvm-22", "libllvm22", "clang-22"] {
            assert!(!is_skipped(name), "{name}");
        }
    }

    #[test]
    fn the_mirror_is_debian_s_main_archive() {
        let security_first =
            "Debian-Security http://m.example/debian-security/\nDebian http://m.example/debian/\n";
        assert_eq!(mirror_in(security_first).as_deref(), Some("http://m.example/debian/"));
        assert_eq!(mirror_in(" http://m.example/debian/\n").as_deref(), Some("http://m.example/debian/"));
        assert_eq!(mirror_in("Ubuntu http://m.example/ubuntu/\n"), None);
    }
}
