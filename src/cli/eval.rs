//! `innerbox eval`: one script from the command line.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::options::SandboxOptions;
use super::session::Session;

/// Run CODE as a script, and print its value as a JavaScript prompt does, unless it is undefined
#[derive(Args)]
pub(crate) struct Eval {
    /// The script
    code: String,
    /// What the script finds in `process.argv`
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    sandbox: SandboxOptions,
}

impl Eval {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        Session::new(&self.sandbox, "[eval]", &self.arguments)?.run_script(&self.code)
    }
}
