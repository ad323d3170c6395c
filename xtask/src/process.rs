//! Running other programs, and saying what went wrong when one fails.

use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many of a failed program's last lines are shown.
const LINES_SHOWN: usize = 30;

/// cargo, free of what `cargo run` added to this process for itself.
pub(crate) fn cargo(project: &Project) -> Command {
    let mut command = Command::new(&project.cargo);
    command.current_dir(&project.root).env("CARGO_TARGET_DIR", &project.target);
    match library_path(project) {
        Some(path) => command.env("LD_LIBRARY_PATH", path),
        None => command.env_remove("LD_LIBRARY_PATH"),
    };
    command
}

/// The user's own library path: `cargo run` puts its target folder and its toolchain before it.
fn library_path(project: &Project) -> Option<OsString> {
    let toolchain = project.cargo.parent().and_then(Path::parent);
    let is_cargo_s = |folder: &PathBuf| {
        folder.starts_with(&project.target)
            || toolchain.is_some_and(|toolchain| toolchain.is_absolute() && folder.starts_with(toolchain))
    };
    let path = env::var_os("LD_LIBRARY_PATH")?;
    let own: Vec<PathBuf> = env::split_paths(&path).filter(|folder| !is_cargo_s(folder)).collect();
    env::join_paths(own).ok().filter(|path| !path.is_empty())
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs a program with the user's own terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("`{line}` did not start"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Runs a program and gives what it wrote to stdout; its stderr is part of the error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("`{line}` did not start"))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            shortened(&line),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program, sends each line that it writes to `log` and to `each_line`, and shows the last lines if it fails.
pub(crate) fn run_logged(mut command: Command, log: &Path, mut each_line: impl FnMut(&str)) -> Result<()> {
    let line = shown(&command);
    let mut log_file = File::create(log).with_context(|| format!("`{}` cannot be written", log.display()))?;
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("`{line}` did not start"))?;
    drop(command); // it holds the pipe's other end, which would keep the loop below waiting
    let mut last = VecDeque::with_capacity(LINES_SHOWN);
    for bytes in BufReader::new(reader).split(b'\n') {
        let text = String::from_utf8_lossy(&bytes?).trim_end().to_owned();
        writeln!(log_file, "{text}")?;
        each_line(&text);
        if last.len() == LINES_SHOWN {
            last.pop_front();
        }
        last.push_back(text);
    }
    let status = child.wait()?;
    if !status.success() {
        let last: Vec<_> = last.into();
        bail!(
            "`{}` failed: {status}; all it said is in `{}`, and at the end:\n{}",
            shortened(&line),
            log.display(),
            last.join("\n")
        );
    }
    Ok(())
}

/// Whether a program of this name is on PATH.
pub(crate) fn is_on_path(program: impl AsRef<OsStr>) -> bool {
    let program = program.as_ref();
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn shortened(line: &str) -> String {
    let mut short: String = line.chars().take(120).collect();
    if short.len() < line.len() {
        short.push_str(" ...");
    }
    short
}
