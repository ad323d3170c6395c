//! cargo-component, which builds guests: the one on PATH, or one of our own in `target/tools`.

use crate::process::{cargo, is_on_path, read};
use crate::progress::Step;
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The version that is installed where there is none.
const VERSION: &str = "0.21.1";

/// What a user types to have it for good.
const USUAL_LINE: &str = "cargo install cargo-component --locked";

/// The program, ready or on its way.
pub(crate) enum ComponentTool {
    /// It can be run.
    Ready(PathBuf),
    /// cargo is compiling it meanwhile.
    Installing(Installation),
}

/// A running `cargo install`; dropped, it is stopped, and the next one goes on where it was.
pub(crate) struct Installation {
    child: Child,
    log: PathBuf,
    program: PathBuf,
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
        eprintln!("  ... cargo-component is compiled meanwhile (`{USUAL_LINE}` would make it part of cargo)");
        fs::create_dir_all(&tools)?;
        let log = tools.join("cargo-component.log");
        let child =
            install(project, &tools, File::create(&log)?).spawn().context("`cargo install` did not start")?;
        Ok(Self::Installing(Installation { child, log, program }))
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
        let mut step = Step::start("guests: compiling cargo-component");
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            thread::sleep(Duration::from_millis(200));
            step.tell(last_lines(&self.log, 1).trim());
        };
        if !status.success() {
            bail!(
                "cargo-component could not be installed: {status}\n{}\nwhat you can do: see `{}`, or install it yourself: `{USUAL_LINE}`",
                last_lines(&self.log, 20),
                self.log.display(),
            );
        }
        if let Some(tools) = self.program.parent().and_then(Path::parent) {
            fs::remove_dir_all(tools.join("build")).ok(); // a GB that nobody reads again
        }
        step.done(&format!("`{}`", self.program.display()));
        Ok(self.program.clone())
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.child.kill().ok(); // an error where it has ended by itself
    }
}

fn last_lines(log: &Path, count: usize) -> String {
    let said = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
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
