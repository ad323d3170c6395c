//! cargo-component, which builds guests: the one on PATH, or one of our own in `target/tools`.

use crate::process::{cargo, is_on_path, read};
use crate::progress::Step;
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The version that is installed where there is none.
const VERSION: &str = "0.21.1";

/// The program, ready or on its way.
pub(crate) enum ComponentTool {
    /// It can be run.
    Ready(PathBuf),
    /// cargo is compiling it meanwhile.
    Installing(Installation),
}

/// A running `cargo install`.
pub(crate) struct Installation {
    child: Child,
    log: PathBuf,
    program: PathBuf,
    step: Step,
}

impl ComponentTool {
    /// Finds it, or begins to install it.
    pub(crate) fn find(project: &Project) -> Result<Self> {
        if let Some(installed) = on_path() {
            return Ok(Self::Ready(installed));
        }
        let tools = project.target.join("tools");
        let program = tools.join("bin/cargo-component");
        if runs(&program) {
            return Ok(Self::Ready(program));
        }
        let step = Step::start(
            "guests: compiling cargo-component beside other work (with cargo: `cargo install cargo-component --locked`)",
        );
        fs::create_dir_all(&tools)?;
        let log = tools.join("cargo-component.log");
        let child = install(project, &tools, File::create(&log)?)
            .spawn()
            .context("`cargo install` did not start")?;
        Ok(Self::Installing(Installation {
            child,
            log,
            program,
            step,
        }))
    }

    /// The program, once it is there.
    pub(crate) fn wait(self) -> Result<PathBuf> {
        match self {
            Self::Ready(program) => Ok(program),
            Self::Installing(installation) => installation.wait(),
        }
    }
}

impl Installation {
    fn wait(mut self) -> Result<PathBuf> {
        let status = self.child.wait()?;
        if !status.success() {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(20).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            bail!(
                "cargo-component could not be installed: {status}\n{}\nwhat you can do: see `{}`, or install it yourself (`cargo install cargo-component --locked`)",
                last.join("\n"),
                self.log.display(),
            );
        }
        if let Some(tools) = self.program.parent().and_then(Path::parent) {
            fs::remove_dir_all(tools.join("build")).ok(); // a GB that nobody reads again
        }
        self.step.done(&format!("`{}`", self.program.display()));
        Ok(self.program)
    }
}

/// Without optimisation it is compiled in half the time, and it is no slower at its work than one notices.
fn install(project: &Project, tools: &Path, log: File) -> Command {
    let mut command = cargo(project);
    command
        .args(["install", "--locked", "--force", "--debug", "--root"])
        .arg(tools)
        .arg(format!("cargo-component@{VERSION}"))
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command
}

fn on_path() -> Option<PathBuf> {
    if !is_on_path("cargo-component") {
        return None;
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join("cargo-component"))
        .find(|program| program.is_file() && runs(program))
}

fn runs(program: &Path) -> bool {
    program.is_file() && read(Command::new(program).arg("--version")).is_ok()
}
