//! One sandbox for one run, from the options to the exit code.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use innerbox::{Completion, Limit, LimitHit, Outcome, Sandbox, Usage, Value};

use super::console::Out;
use super::inspection::InspectionOptions;
use super::options::SandboxOptions;
use super::recipe::Recipe;
use super::{exit, report};

/// How long a run may take to end by itself once its time is over. A large collection of garbage takes half a second.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// A sandbox, and how its run is told.
pub(crate) struct Session {
    sandbox: Sandbox,
    teller: Teller,
}

/// Tells how a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Teller {
    /// For eyes.
    Text,
    /// As one JSON object.
    Json,
}

impl Session {
    /// Makes the sandbox. `name` and `arguments` are what the script finds in `process.argv`.
    pub(crate) fn new(options: &SandboxOptions, name: &str, arguments: &[String]) -> Result<Self> {
        let (teller, out) = match options.json {
            true => (Teller::Json, Out::Error),
            false => (Teller::Text, Out::Standard),
        };
        let recipe = Recipe::new(options, name, arguments, out, 1)?;
        let mut builder = recipe.builder().on_overrun(GRACE, move |hit| end(teller, hit));
        if let Some(share) = options.limits.warn_at {
            builder = builder.on_warning(share, |limit| report::warning(&limit));
        }
        let sandbox = builder.build()?;
        Ok(Self { sandbox, teller })
    }

    /// Runs the module in a file while it is looked at, tells how it ended, and gives the exit code for that.
    pub(crate) fn run_inspected(mut self, file: &Path, options: &InspectionOptions) -> Result<ExitCode> {
        let inspection = options.begin(&mut self.sandbox, &file.to_string_lossy())?;
        let completion = self.sandbox.run_module(file)?;
        self.teller.tell(&completion)?;
        inspection.end(&mut self.sandbox)?;
        Ok(exit::code(&completion.outcome))
    }

    /// Runs a script and shows its value, tells how it ended, and gives the exit code for that.
    pub(crate) fn run_script(mut self, code: &str) -> Result<ExitCode> {
        let completion = self.eval(code)?;
        self.teller.tell(&completion)?;
        Ok(exit::code(&completion.outcome))
    }
}

impl Session {
    /// Runs a script, and shows its value where the record does not.
    fn eval(&mut self, code: &str) -> Result<Completion> {
        if self.teller == Teller::Json {
            return Ok(self.sandbox.eval(code));
        }
        let completion = self.sandbox.eval_inspected(code, Out::Standard.colors());
        if let Outcome::Returned { value: Value::String(text) } = &completion.outcome {
            say(&format!("{text}\n"))?;
        }
        Ok(completion)
    }
}

/// Ends the process where the run cannot be ended. What it used besides its time only its own thread could tell.
fn end(teller: Teller, limit: LimitHit) {
    let used = Duration::from_millis(limit.used);
    let usage = match limit.which {
        Limit::CpuMs => Usage { cpu: used, ..Usage::default() },
        _ => Usage { wall: used, ..Usage::default() },
    };
    // There is nobody left to tell that it could not be told.
    let _ = teller.tell(&Completion { outcome: Outcome::Limit { limit, error: None }, usage });
    std::process::exit(exit::LIMIT.into());
}

impl Teller {
    fn tell(self, completion: &Completion) -> Result<()> {
        match self {
            Self::Text => report::outcome(&completion.outcome),
            Self::Json => say(&(serde_json::to_string(completion)? + "\n"))?,
        }
        Ok(())
    }
}

fn say(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("the standard output cannot be written")
}
