//! The compiler for guests: what is installed comes first; otherwise Debian's packages make a private one.

use crate::debian::{self, Recipe, write_script};
use crate::process::read;
use crate::project::Project;
use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip1";

const PACKAGES: [&str; 8] = [
    "rustc",
    "libstd-rust-dev-wasm32",
    "wasi-libc",
    "clang-{llvm}",
    "lld-{llvm}",
    "llvm-{llvm}",
    "libclang-rt-{llvm}-dev-wasm32",
    "patchelf",
];

/// What a user of rustup types to have the target.
const USUAL_LINE: &str = "rustup target add wasm32-wasip1";

/// What a user can do who gets no private compiler.
const INSTEAD: &str = "what you can do: install Rust's target for guests (`rustup target add wasm32-wasip1`) and run this again";

/// A compiler that has the guests' target.
pub(crate) enum Compiler {
    /// The machine's own.
    Installed,
    /// One made from Debian's packages, in this folder.
    Private(PathBuf),
}

impl Compiler {
    /// Finds or makes it.
    pub(crate) fn find(project: &Project) -> Result<Self> {
        if is_installed(project) {
            return Ok(Self::Installed);
        }
        let folder = project.target.join("toolchain");
        let recipe =
            Recipe { folder: &folder, name: "guests: a private Rust and C compiler", packages: &PACKAGES };
        if !recipe.is_ready() {
            debian::require(&format!("the target {TARGET} is not installed; a private compiler"), INSTEAD)?;
            eprintln!(
                "the target {TARGET} is not installed (with rustup: `{USUAL_LINE}`), so a private compiler is made"
            );
            let stable = "or try Debian's stable packages: INNERBOX_DEBIAN_SUITE=trixie";
            recipe.make(complete).and_then(|()| try_out(&folder)).with_context(|| {
                format!("no private compiler could be made\n{INSTEAD}\n{stable}\nwhat happened")
            })?;
        }
        Ok(Self::Private(folder))
    }

    /// Has a cargo command use this compiler and the tools in a folder, for its own process tree only.
    pub(crate) fn set_for(&self, command: &mut Command, tools: &Path) -> Result<()> {
        let mut folders = vec![tools.to_path_buf()];
        if let Self::Private(folder) = self {
            let bin = folder.join("bin");
            command
                .env("RUSTC", bin.join("rustc"))
                .env("RUSTDOC", bin.join("rustdoc"))
                .env("CC_wasm32_wasip1", bin.join("wasm32-wasip1-clang"))
                .env("AR_wasm32_wasip1", bin.join("llvm-ar"))
                .env_remove("RUSTUP_TOOLCHAIN"); // with it, cargo-component might have rustup install the target
            folders.push(bin);
        }
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        command.env("PATH", env::join_paths(&folders).context("a folder of the build cannot stand in PATH")?);
        Ok(())
    }
}

fn is_installed(project: &Project) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.current_dir(&project.root).args(["--print", "target-libdir", "--target", TARGET]);
    read(&mut command).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// A compiler that does not run is removed, for the next attempt would take it as it is.
fn try_out(folder: &Path) -> Result<()> {
    let version = read(Command::new(folder.join("bin/rustc")).arg("--version"));
    if version.is_err() {
        fs::remove_dir_all(folder)?;
    }
    version.map(drop)
}

/// Gives the unpacked programs the names by which they look for each other.
fn complete(part: &Path) -> Result<()> {
    let (number, llvm) = llvm_folder(part)?;
    let relative = format!("../usr/lib/llvm-{number}/bin");
    let bin = part.join("bin");
    fs::create_dir_all(&bin)?;
    for program in ["rustc", "rustdoc"] {
        symlink(format!("../usr/bin/{program}"), bin.join(program))?;
    }
    for program in ["wasm-ld", "llvm-ar", "clang"] {
        symlink(format!("{relative}/{program}"), bin.join(program))?;
    }
    // rustc looks for its linker beside its libraries.
    let host = part.join("usr/lib/rustlib/x86_64-unknown-linux-gnu/bin");
    fs::create_dir_all(&host)?;
    fs::copy(llvm.join("bin/lld"), host.join("rust-lld"))?;
    // Debian's clang looks for the linker by a numbered name, and for its runtime by the target's full name.
    let numbered = llvm.join(format!("bin/wasm-ld-{number}"));
    if !numbered.exists() {
        symlink("wasm-ld", numbered)?;
    }
    let runtime = llvm.join(format!("lib/clang/{number}/lib/wasm32-unknown-wasip1"));
    fs::create_dir_all(&runtime)?;
    symlink("../wasi/libclang_rt.builtins-wasm32.a", runtime.join("libclang_rt.builtins.a"))?;
    let here = "here=$(dirname \"$(readlink -f \"$0\")\")";
    let clang = format!(
        "{here}\nexec \"$here/{relative}/clang\" --target=wasm32-wasip1 --sysroot=\"$here/../usr\" \"$@\""
    );
    write_script(&bin.join("wasm32-wasip1-clang"), &clang)
}

fn llvm_folder(part: &Path) -> Result<(String, PathBuf)> {
    for entry in fs::read_dir(part.join("usr/lib"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(number) = name.strip_prefix("llvm-") {
            return Ok((number.to_owned(), path));
        }
    }
    anyhow::bail!("Debian's packages put no LLVM into `{}`", part.display())
}
