//! What the process tells its parent: exit codes, and what `--version` says.

use std::process::ExitCode;
use std::sync::LazyLock;

use innerbox::{Engine, Outcome};

/// The run threw, or a promise was rejected that nobody handled.
pub(crate) const THREW: u8 = 1;
/// Nothing has run: the arguments, a file or a component cannot be used.
pub(crate) const USAGE: u8 = 2;
/// The run reached a limit.
pub(crate) const LIMIT: u8 = 3;
/// The sandbox died.
pub(crate) const DIED: u8 = 4;

/// The exit codes, for `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  the run returned
  1  it threw, or a promise was rejected that nobody handled
  2  nothing has run: the arguments, a file or a component cannot be used
  3  it reached a limit
  4  the sandbox died
  N  it called process.exit(N)";

/// The exit code for the outcome of a run.
pub(crate) fn code(outcome: &Outcome) -> ExitCode {
    match outcome {
        Outcome::Returned { .. } => ExitCode::SUCCESS,
        Outcome::Threw { .. } => THREW.into(),
        Outcome::Limit { .. } => LIMIT.into(),
        // As a system does that has eight bits for it.
        Outcome::Exited { code } => ((code & 0xff) as u8).into(),
        Outcome::Died { .. } => DIED.into(),
    }
}

/// The versions of what runs.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), Engine::versions()));
    &VERSION
}
