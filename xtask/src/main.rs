//! The project's own commands: `cargo xtask help` lists them.

mod bench_isolated_vm;
mod bench_node;
mod checksum;
mod debian;
mod demo;
mod guest;
mod languages;
mod npm;
mod pins;
mod process;
mod progress;
mod project;
mod setup;
mod test;
mod v8;

use anyhow::{Result, bail};
use project::Project;
use setup::GuestTools;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  demo [PATH]         set up, build, and make a thumbnail of the example's photograph or of the one at PATH
  test                set up, build every guest, and run every test
  setup               V8 for the host, a compiler and cargo-component for guests, and for tests TypeScript and the
                      tools of other languages; what is there is left alone
  guests [NAME..]     build all guests, or those named, to `target/guests/NAME.wasm`
  languages [NAME..]  build one world in several languages, or in those named, to `target/languages/NAME.wasm`
  bench-node          calls into a native addon of Node, measured beside those of `cargo bench -- call/`
  bench-isolated-vm   what a sandbox takes to start and to keep, beside an isolate of isolated-vm in Node
  v8                  tell where V8 is linked from
  v8 --from-source    build V8 from source (half an hour on two cores; Debian on x86-64); stopped, it goes on where it was
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
            eprintln!("error: {error:#}");
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
        ["demo"] => demo::run_demo(&Project::find()?, None),
        ["demo", photograph] => demo::run_demo(&Project::find()?, Some(photograph)),
        ["test"] => test::run_tests(&Project::find()?),
        ["setup"] => setup::run(&Project::find()?),
        ["guests", names @ ..] => {
            let project = Project::find()?;
            GuestTools::find(&project)?.build(&project, names)
        }
        ["languages", names @ ..] => languages::build(&Project::find()?, names),
        ["bench-node"] => bench_node::run_bench(&Project::find()?),
        ["bench-isolated-vm"] => bench_isolated_vm::run_bench(&Project::find()?),
        ["v8"] => v8::tell(&Project::find()?),
        ["v8", "--from-source"] => v8::build_from_source(&Project::find()?),
        _ => bail!("`{}` is no command\n\n{HELP}", arguments.join(" ")),
    }
}
