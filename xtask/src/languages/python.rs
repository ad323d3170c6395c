//! Python: componentize-py from PyPI, in an environment of its own.

use super::{Language, Tools, WIT, Workplace};
use crate::pins::COMPONENTIZE_PY;
use crate::process::{is_on_path, read, run_logged};
use crate::progress::Step;
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The oldest Python that componentize-py is made for.
const OLDEST: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

pub(super) fn language() -> Language {
    let pins = format!("componentize-py {COMPONENTIZE_PY}");
    Language { name: "python", folder: "python", pins, recipe: include_str!("python.rs"), tools, build }
}

fn build(place: &Workplace<'_>) -> Result<PathBuf> {
    let wit = format!("../{WIT}");
    let mut command = Command::new(&place.tools);
    command
        .args(["--wit-path", &wit, "--world", "languages"])
        .args(["componentize", "app", "--output", "python.wasm"])
        .env_remove("VIRTUAL_ENV"); // what is installed there would become part of it
    place.run(&mut command, "componentize-py")?;
    Ok(place.folder.join("python.wasm"))
}

/// componentize-py at its one version.
fn tools(project: &Project) -> Result<Tools> {
    let folder = project.target.join("tools/python");
    let program = folder.join("bin/componentize-py");
    let has = |version: String| version.trim().ends_with(&format!(" {COMPONENTIZE_PY}"));
    if program.is_file() && read(Command::new(&program).arg("--version")).is_ok_and(has) {
        return Ok(Tools(program));
    }
    if !is_on_path("python3") {
        bail!("`python3` is not on PATH");
    }
    read(Command::new("python3").args(["-c", OLDEST])).ok().context("`python3` is older than 3.10")?;
    let mut step = Step::start(format!("PyPI: componentize-py {COMPONENTIZE_PY}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(project.target.join("tools"))?;
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(&folder);
    read(&mut environment).context("`python3` makes no environment")?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:"])
        .arg(format!("componentize-py=={COMPONENTIZE_PY}"));
    run_logged(pip, &folder.with_extension("log"), |line| step.tell(line))?;
    step.done(&format!("`{}`", folder.display()));
    Ok(Tools(program))
}
