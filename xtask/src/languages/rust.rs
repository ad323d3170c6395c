//! Rust, twice: by cargo-component for WASI preview 1 and an adapter, and by cargo alone for WASI 0.2.

use super::{Language, Tools, Workplace, c, guest_tools};
use crate::guest::compiler::{Compiler, TARGET};
use crate::process::{cargo, read};
use crate::project::Project;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that imports WASI 0.2 itself.
const NEWER_TARGET: &str = "wasm32-wasip2";

pub(super) fn wasi_0_1() -> Language {
    let tools = |project: &Project| guest_tools(project).map(|(_, cargo_component)| Tools(cargo_component));
    Language {
        name: "rust",
        folder: "rust",
        pins: TARGET.to_owned(),
        recipe: include_str!("rust.rs"),
        tools,
        build: build_by_cargo_component,
    }
}

pub(super) fn wasi_0_2() -> Language {
    Language {
        name: "rust-wasip2",
        folder: "rust",
        pins: c::HOST_TOOLS.to_owned(),
        recipe: include_str!("rust.rs"),
        tools: newer_tools,
        build: build_by_cargo,
    }
}

fn build_by_cargo_component(place: &Workplace<'_>) -> Result<PathBuf> {
    compile(place, TARGET, |command| command.args(["component", "build", "--release"]))
}

fn build_by_cargo(place: &Workplace<'_>) -> Result<PathBuf> {
    let (compiler, _) = guest_tools(place.project)?;
    compile(place, NEWER_TARGET, |command| {
        if let Compiler::Private(_) = compiler {
            command.env("CARGO_TARGET_WASM32_WASIP2_LINKER", c::tool(&place.tools, "wasm-component-ld"));
        }
        command.args(["build", "--release", "--target", NEWER_TARGET])
    })
}

/// Compiles in the guests' workspace, where versions are locked.
fn compile(
    place: &Workplace<'_>,
    target: &str,
    add: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<PathBuf> {
    let (compiler, cargo_component) = guest_tools(place.project)?;
    let compiled = place.project.target.join("guest-build");
    let mut command = cargo(place.project);
    compiler.set_for(&mut command, cargo_component.parent().unwrap_or(Path::new("")))?;
    add(&mut command)
        .current_dir(place.project.root.join("guest/languages/rust"))
        .env("CARGO_TARGET_DIR", &compiled)
        .env_remove("RUSTFLAGS");
    read(&mut command)?;
    Ok(compiled.join(target).join("release/languages_rust.wasm"))
}

fn newer_tools(project: &Project) -> Result<Tools> {
    let (compiler, _) = guest_tools(project)?;
    let rustc = match &compiler {
        Compiler::Installed => std::env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from),
        Compiler::Private(folder) => folder.join("bin/rustc"),
    };
    let mut command = Command::new(rustc);
    command.current_dir(&project.root).args(["--print", "target-libdir", "--target", NEWER_TARGET]);
    if !read(&mut command).is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        bail!(
            "Rust's target {NEWER_TARGET} is not installed (with rustup: `rustup target add {NEWER_TARGET}`)"
        );
    }
    c::host_tools(project).map(Tools)
}
