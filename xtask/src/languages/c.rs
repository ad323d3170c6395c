//! C: clang, and the two programs of the package `guest-tools`.

use super::{Language, Tools, WIT, Workplace, guest_tools};
use crate::guest::compiler::Compiler;
use crate::pins::locked_version;
use crate::process::{cargo, is_on_path, run_logged};
use crate::progress::Step;
use crate::project::Project;
use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler, as wasi-sdk calls it, too.
const CLANG: &str = "wasm32-wasip1-clang";

/// What `wit-bindgen` and `wasm-component-ld` are made of, with their versions.
pub(super) const HOST_TOOLS: &str = include_str!("../../guest-tools/Cargo.toml");

const NO_CLANG: &str = "there is no C compiler for WASI: put the programs of wasi-sdk on PATH, or name its folder in WASI_SDK_PATH";

pub(super) fn language() -> Language {
    let pins = HOST_TOOLS.to_owned();
    Language { name: "c", folder: "c", pins, recipe: include_str!("c.rs"), tools, build }
}

fn tools(project: &Project) -> Result<Tools> {
    clang(project)?;
    host_tools(project).map(Tools)
}

fn build(place: &Workplace<'_>) -> Result<PathBuf> {
    let wit = format!("../{WIT}");
    let mut bind = Command::new(tool(&place.tools, "wit-bindgen"));
    bind.args(["c", "--world", "languages", "--out-dir", ".", &wit]);
    place.run(&mut bind, "making C of the WIT")?;
    let mut compile = Command::new(clang(place.project)?);
    let linker = tool(&place.tools, "wasm-component-ld");
    compile
        .args(["-O2", "-Wall", "-mexec-model=reactor"])
        .arg(format!("-fuse-ld={}", linker.display()))
        .args(["echo.c", "languages.c", "languages_component_type.o", "-o", "c.wasm"]);
    if let (Compiler::Private(folder), _) = guest_tools(place.project)? {
        let mut folders = vec![folder.join("bin")]; // where wasm-ld is
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        compile.env("PATH", env::join_paths(folders)?);
    }
    place.run(&mut compile, "compiling")?;
    Ok(place.folder.join("c.wasm"))
}

fn clang(project: &Project) -> Result<PathBuf> {
    if let (Compiler::Private(folder), _) = guest_tools(project)? {
        return Ok(folder.join("bin").join(CLANG));
    }
    let sdk = env::var_os("WASI_SDK_PATH").map(|folder| PathBuf::from(folder).join("bin").join(CLANG));
    let on_path = is_on_path(CLANG).then(|| PathBuf::from(CLANG));
    sdk.filter(|clang| clang.is_file()).or(on_path).context(NO_CLANG)
}

/// The folder of `wit-bindgen` and `wasm-component-ld`, compiled in the profile of these commands.
pub(super) fn host_tools(project: &Project) -> Result<PathBuf> {
    let folder = project.target.join("xtask");
    let mut step =
        Step::start(format!("tools for C: wit-bindgen {}", locked_version(project, "wit-bindgen-c")?));
    let mut command = cargo(project);
    command.args(["build", "--locked", "--profile", "xtask", "--package", "guest-tools"]);
    run_logged(command, &project.target.join("guest-tools.log"), |line| step.tell(line))?;
    step.done("");
    Ok(folder)
}

pub(super) fn tool(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}
