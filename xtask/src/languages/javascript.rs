//! JavaScript: jco from npm, which puts a script into StarlingMonkey, an engine compiled to WebAssembly.

use super::{Language, Tools, WIT, Workplace};
use crate::npm;
use crate::pins::JCO;
use crate::process::is_on_path;
use crate::project::Project;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

pub(super) fn language() -> Language {
    let pins = format!("{} {}", JCO.name, JCO.version);
    Language {
        name: "javascript",
        folder: "javascript",
        pins,
        recipe: include_str!("javascript.rs"),
        tools,
        build,
    }
}

fn tools(project: &Project) -> Result<Tools> {
    if !is_on_path("node") {
        bail!("`node` is not on PATH");
    }
    Ok(Tools(npm::install(project, &JCO)?.join(".bin/jco")))
}

fn build(place: &Workplace<'_>) -> Result<PathBuf> {
    let wit = format!("../{WIT}");
    let mut jco = Command::new(&place.tools);
    jco.args(["componentize", "languages.js", "--wit", &wit, "--world-name", "languages"]);
    jco.args(["--out", "javascript.wasm"]);
    place.run(&mut jco, "jco")?;
    Ok(place.folder.join("javascript.wasm"))
}
