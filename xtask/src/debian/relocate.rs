//! Unpacked programs find the loader and the libraries beside them, not the machine's older ones.

use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const LOADER: &str = "ld-linux-x86-64.so.2";

/// The programs that are used; all others are left alone.
const PROGRAMS: [&str; 13] = [
    "rustc",
    "rustdoc",
    "gn",
    "ninja",
    "patchelf",
    "lld",
    "rust-lld",
    "clang",
    "llvm-ar",
    "llvm-nm",
    "llvm-objcopy",
    "llvm-readobj",
    "llvm-strip",
];

/// Rewrites the programs and libraries under `part` so that they run from `folder`, where `part` will lie.
pub(crate) fn programs(part: &Path, folder: &Path) -> Result<()> {
    let tool = Patchelf { libraries: part.join(LIBRARIES), found_at: folder.join(LIBRARIES) };
    let loader = tool.found_at.join(LOADER);
    for bin in bin_folders(part)? {
        for program in PROGRAMS.iter().map(|name| bin.join(name)).filter(|path| is_own_file(path)) {
            if program.ends_with("usr/bin/patchelf") {
                continue; // it is the tool itself
            }
            tool.run(&program, Some(&loader))?;
        }
    }
    // These name a path that does not exist here; the loader would take it before the program's own.
    for entry in fs::read_dir(&tool.libraries)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_own_file(&path) && (name.starts_with("libLLVM.so.") || name.starts_with("libclang-cpp.so.")) {
            tool.run(&path, None)?;
        }
    }
    Ok(())
}

struct Patchelf {
    libraries: PathBuf,
    found_at: PathBuf,
}

impl Patchelf {
    fn run(&self, file: &Path, loader: Option<&Path>) -> Result<()> {
        let patchelf = self.libraries.join("../../bin/patchelf");
        let mut command = Command::new(self.libraries.join(LOADER));
        command.arg("--library-path").arg(&self.libraries).arg(patchelf);
        command.arg("--force-rpath").arg("--set-rpath").arg(&self.found_at);
        if let Some(loader) = loader {
            command.arg("--set-interpreter").arg(loader);
        }
        process::read(command.arg(file))
            .with_context(|| format!("`{}` could not be prepared", file.display()))?;
        Ok(())
    }
}

/// `usr/bin`, LLVM's own, and the one where rustc looks for its linker.
fn bin_folders(part: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![part.join("usr/bin"), part.join("usr/lib/rustlib/x86_64-unknown-linux-gnu/bin")];
    for entry in fs::read_dir(part.join("usr/lib"))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("llvm-")) {
            folders.push(path.join("bin"));
        }
    }
    Ok(folders)
}

fn is_own_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Writes a small program for the shell.
pub(crate) fn write_script(path: &Path, body: &str) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\n{body}\n"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
