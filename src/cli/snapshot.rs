//! `innerbox snapshot`: what a script leaves, for others to begin with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use innerbox::{Config, Engine, Error, Outcome, Snapshot as Bytes};

use super::console::{Console, Out};
use super::options::ScriptLimitOptions;
use super::{exit, report};

/// Run scripts of yours, one after the other, and keep what they leave for `--snapshot`
///
/// They are classic scripts, lent nothing, and all of their globals are kept: values, functions with their compiled code, classes.
/// They may not import, nor leave timers. The file fits this very build of innerbox alone, and whoever can write it can do what
/// innerbox can: keep it where you keep the program.
#[derive(Args)]
pub(crate) struct Snapshot {
    /// The scripts
    #[arg(required = true, value_name = "SCRIPT")]
    scripts: Vec<PathBuf>,
    /// Where the snapshot goes
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Lend the scripts `eval`, `new Function` and their kin
    #[arg(long)]
    allow_eval: bool,
    #[command(flatten)]
    limits: ScriptLimitOptions,
}

impl Snapshot {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let engine = Engine::new(Config::default())?;
        let mut builder = Bytes::builder(&engine)
            .limits(self.limits.limits())
            .console(Console::new(Out::Standard))
            .console_colors(Out::Standard.colors());
        if self.allow_eval {
            builder = builder.code_from_strings();
        }
        for script in &self.scripts {
            builder = builder.script(script.to_string_lossy(), read(script)?);
        }
        let outcome = match builder.create() {
            Ok(snapshot) => {
                std::fs::write(&self.out, snapshot.as_bytes())
                    .with_context(|| format!("cannot write `{}`", self.out.display()))?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(Error::Threw(error)) => Outcome::Threw { error },
            Err(Error::Limit(limit)) => Outcome::Limit { limit, error: None },
            Err(Error::Exited(code)) => Outcome::Exited { code },
            Err(error) => return Err(error.into()),
        };
        // No exit of the scripts' is a success: there is no snapshot.
        if let Outcome::Exited { code } = outcome {
            report::failure(&anyhow!("the scripts ended themselves by `process.exit({code})`"));
            return Ok(exit::THREW.into());
        }
        report::outcome(&outcome);
        Ok(exit::code(&outcome))
    }
}

fn read(script: &Path) -> Result<String> {
    std::fs::read_to_string(script).with_context(|| format!("cannot read `{}`", script.display()))
}
