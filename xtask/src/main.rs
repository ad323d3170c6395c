//! The project's own commands: `cargo xtask help` lists them.

mod checksum;
mod debian;
mod pins;
mod process;
mod progress;
mod project;
mod relocate;
mod v8;

use anyhow::{Result, bail};
use project::Project;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  v8 [--from-source]  what `cargo build` links V8 from; with the flag, build it from source (about half an hour on 2 cores)
  help                this list
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, command @ ..] = arguments.as_slice()
        && first == v8::wrapper::COMMAND
    {
        return v8::wrapper::run(command);
    }
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            eprint!("{HELP}");
            Ok(())
        }
        ["v8", "--from-source"] => v8::source::build(&Project::find()?),
        [unknown, ..] => bail!("`{unknown}` is not a command\n\n{HELP}"),
    }
}
