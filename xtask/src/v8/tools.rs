//! The programs that build V8: clang, lld, GN and ninja, from Debian's packages.

use crate::debian::Recipe;
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The clang that the pinned V8 is known to build with.
pub(crate) const LLVM: &str = "22";

/// Where the programs lie.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Makes the folder of programs unless it is there.
    pub(crate) fn make(folder: PathBuf) -> Result<Self> {
        let numbered = ["clang", "lld", "llvm"].map(|package| format!("{package}-{LLVM}"));
        let runtime = format!("libclang-rt-{LLVM}-dev");
        let mut packages: Vec<&str> = numbered.iter().map(String::as_str).collect();
        packages.extend([&runtime, "generate-ninja", "ninja-build", "patchelf"]);
        let recipe = Recipe { folder: &folder, name: "V8: clang, GN and ninja", packages: &packages };
        if !recipe.is_ready() {
            recipe.make(link_runtime)?;
        }
        Ok(Self { folder })
    }

    /// The folder that V8's build files call clang's base.
    pub(crate) fn clang_base(&self) -> PathBuf {
        self.folder.join(format!("usr/lib/llvm-{LLVM}"))
    }

    /// A program of `usr/bin`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("usr/bin").join(name)
    }
}

/// V8's build files look for the compiler's runtime by the target's full name; Debian names it by the architecture.
fn link_runtime(part: &Path) -> Result<()> {
    let folder = part.join(format!("usr/lib/llvm-{LLVM}/lib/clang/{LLVM}/lib/x86_64-unknown-linux-gnu"));
    fs::create_dir_all(&folder)?;
    symlink("../linux/libclang_rt.builtins-x86_64.a", folder.join("libclang_rt.builtins.a"))
        .with_context(|| format!("`{}` cannot be filled", folder.display()))
}
