//! `innerbox run`: an ES module from a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::inspection::InspectionOptions;
use super::options::SandboxOptions;
use super::session::Session;

/// Run the ES module in FILE until nothing is left to do
///
/// The module may import files beside it and below, and extensions by their names. A component is compiled when it is first
/// imported, and kept for the next time.
#[derive(Args)]
pub(crate) struct Run {
    /// The module
    file: PathBuf,
    /// What the module finds in `process.argv`, after its own name
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    sandbox: SandboxOptions,
    #[command(flatten)]
    inspection: InspectionOptions,
}

impl Run {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let name = self.file.to_string_lossy();
        let session = Session::new(&self.sandbox, &name, &self.arguments)?;
        session.run_inspected(&self.file, &self.inspection)
    }
}
