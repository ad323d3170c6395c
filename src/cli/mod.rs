//! The command line: one file a subcommand.

mod catalogue;
mod console;
mod devtools;
mod doctor;
mod eval;
mod exit;
mod ext;
mod inspection;
mod lending;
mod map;
mod options;
mod quantity;
mod recipe;
mod report;
mod run;
mod session;
mod snapshot;
mod types;
mod variable;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Stack of the thread that runs a sandbox: V8 takes 984 KiB of it, a component 512 KiB, and the rest is room for both to
/// be called by each other.
const STACK_BYTES: usize = 16 << 20;

/// Runs JavaScript in a V8 isolate that is lent nothing it is not granted. Native libraries are WASI components: each is a
/// sandbox of its own, inside the sandbox, and a script imports one by its name.
#[derive(Parser)]
#[command(name = "innerbox", version = exit::version(), after_help = exit::HELP, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Eval(eval::Eval),
    Map(map::Map),
    Snapshot(snapshot::Snapshot),
    #[command(subcommand)]
    Ext(ext::Ext),
    Types(types::Types),
    Doctor(doctor::Doctor),
}

/// Reads the arguments of the process, and does what they say.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let thread = std::thread::Builder::new()
        .name("innerbox-sandbox".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || dispatch(arguments.command));
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The panic hook has told what happened.
        Ok(Err(_)) => exit::DIED.into(),
        Err(error) => {
            report::failure(&anyhow::anyhow!("the system refuses a thread: {error}"));
            exit::USAGE.into()
        }
    }
}

fn dispatch(command: Command) -> ExitCode {
    let done = match command {
        Command::Run(run) => run.execute(),
        Command::Eval(eval) => eval.execute(),
        Command::Map(map) => map.execute(),
        Command::Snapshot(snapshot) => snapshot.execute(),
        Command::Ext(ext) => ext.execute(),
        Command::Types(types) => types.execute(),
        Command::Doctor(doctor) => doctor.execute(),
    };
    done.unwrap_or_else(|error| {
        report::failure(&error);
        exit::USAGE.into()
    })
}
