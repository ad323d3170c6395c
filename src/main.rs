//! `innerbox`, the command line: see `innerbox --help`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
