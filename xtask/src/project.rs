//! Where things lie: the checkout, the target folder, cargo and its home.

use anyhow::{Context, Result};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The checkout and the folders that belong to it.
pub(crate) struct Project {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Everything that is built: `target`, or what `CARGO_TARGET_DIR` names.
    pub(crate) target: PathBuf,
    /// cargo's home, where the `v8` crate looks for its archive.
    pub(crate) cargo_home: PathBuf,
    /// The machine's own cargo.
    pub(crate) cargo: PathBuf,
}

impl Project {
    /// Finds the checkout that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().context("set-up: xtask lies outside a workspace")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(named) => env::current_dir()?.join(named),
            None => root.join("target"),
        };
        let cargo_home = match env::var_os("CARGO_HOME") {
            Some(named) => env::current_dir()?.join(named),
            None => env::home_dir()
                .context("set-up: neither CARGO_HOME nor a home folder is known")?
                .join(".cargo"),
        };
        let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        Ok(Self { root, target, cargo_home, cargo })
    }
}

/// Held by one command at a time while it makes what all of them share.
pub(crate) struct SetupLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl SetupLock {
    /// Waits until no other command of this checkout is setting up.
    pub(crate) fn take(project: &Project) -> Result<Self> {
        fs::create_dir_all(&project.target)
            .with_context(|| format!("`{}` cannot be made", project.target.display()))?;
        let file = File::create(project.target.join(".setup-lock"))?;
        if file.try_lock().is_err() {
            eprintln!("another `cargo xtask` is setting up; waiting for it");
            file.lock()?;
        }
        Ok(Self(file))
    }
}

/// How the host is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// For tests.
    Dev,
    /// For use.
    Release,
}

impl Profile {
    /// Its folder in the target folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// cargo's flag for it.
    pub(crate) fn flag(self) -> Option<&'static str> {
        match self {
            Self::Dev => None,
            Self::Release => Some("--release"),
        }
    }
}
