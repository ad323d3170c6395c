//! The archive of V8's static library: its name, and its place in the `v8` crate's own cache.

use crate::pins::locked_version;
use crate::project::Project;
use anyhow::{Context, Result};
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};

/// The archive for the pinned version and this machine.
pub(crate) struct Archive {
    /// The pinned version of the crate.
    pub(crate) version: String,
    /// The name under which the crate's authors publish it.
    pub(crate) file_name: String,
    /// Where the crate's build script looks before it downloads anything.
    pub(crate) cached: PathBuf,
}

impl Archive {
    /// The archive that this workspace needs.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let version = locked_version(project, "v8")?;
        let file_name = file_name(&target_triple(ARCH, OS));
        let cached = project.cargo_home.join(".rusty_v8").join(cache_key(&version, &file_name));
        Ok(Self { version, file_name, cached })
    }

    /// Copies an archive to the crate's cache, whole or not at all.
    pub(crate) fn install(&self, from: &Path) -> Result<()> {
        let folder = self.cached.parent().context("the cache of the `v8` crate has no folder")?;
        fs::create_dir_all(folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
        let part = folder.join(format!("innerbox-{}.part", std::process::id()));
        fs::copy(from, &part)
            .with_context(|| format!("`{}` cannot be copied to `{}`", from.display(), part.display()))?;
        fs::rename(&part, &self.cached)?;
        Ok(())
    }
}

fn target_triple(arch: &str, os: &str) -> String {
    match os {
        "macos" => format!("{arch}-apple-darwin"),
        "windows" => format!("{arch}-pc-windows-msvc"),
        _ => format!("{arch}-unknown-{os}-gnu"),
    }
}

fn file_name(target: &str) -> String {
    let extension = if target.contains("windows") { "lib" } else { "a" };
    let prefix = if extension == "a" { "lib" } else { "" };
    format!("{prefix}rusty_v8_release_{target}.{extension}.gz")
}

/// The crate's own rule: tag and file name, and `_` for all that is no letter or digit.
fn cache_key(version: &str, file_name: &str) -> String {
    let key = format!("v{version}/{file_name}");
    key.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_crate() {
        let file = file_name(&target_triple("x86_64", "linux"));
        assert_eq!(file, "librusty_v8_release_x86_64-unknown-linux-gnu.a.gz");
        assert_eq!(cache_key("152.2.0", &file), "v152_2_0_librusty_v8_release_x86_64_unknown_linux_gnu_a_gz");
    }

    #[test]
    fn other_systems_have_names_too() {
        assert_eq!(
            file_name(&target_triple("aarch64", "macos")),
            "librusty_v8_release_aarch64-apple-darwin.a.gz"
        );
        assert_eq!(
            file_name(&target_triple("x86_64", "windows")),
            "rusty_v8_release_x86_64-pc-windows-msvc.lib.gz"
        );
    }
}
