//! What a command can see of its run: profiles in files, and Chrome DevTools.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use innerbox::{Inspector, Sandbox, Start};

use super::devtools::{DEFAULT, Server, address};
use super::report::line;

/// Time between two samples of a CPU profile: as Node.js takes them.
const SAMPLE: Duration = Duration::from_micros(1000);

/// What is looked at.
#[derive(Args)]
#[command(next_help_heading = "Inspection (from outside: scripts notice nothing of it)")]
pub(crate) struct InspectionOptions {
    /// Write a snapshot of the heap to FILE when the run has ended, for DevTools (`.heapsnapshot`)
    #[arg(long, value_name = "FILE")]
    heap_snapshot: Option<PathBuf>,
    /// Write to FILE which functions took the processor time of the run, for DevTools (`.cpuprofile`)
    #[arg(long, value_name = "FILE")]
    cpu_prof: Option<PathBuf>,
    /// Write to FILE how often each block of code has run, as JSON in V8's format
    #[arg(long, value_name = "FILE")]
    coverage: Option<PathBuf>,
    #[command(flatten)]
    debugger: Debugger,
}

/// How a debugger is served. Nobody wants its run to end while it is looked at, so there is no limit of time.
#[derive(Args)]
#[group(multiple = false, conflicts_with_all = ["wall", "cpu"])]
struct Debugger {
    /// Serve Chrome DevTools while it runs, on an address of this machine alone; there is no limit of time then
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT, value_parser = address)]
    inspect: Option<SocketAddr>,
    /// The same, and pause at the first statement until a debugger is there
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT, value_parser = address)]
    inspect_brk: Option<SocketAddr>,
    /// The same as --inspect, and wait before the run until a debugger is there
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true, default_missing_value = DEFAULT, value_parser = address)]
    inspect_wait: Option<SocketAddr>,
}

/// A run that is looked at.
pub(crate) struct Inspection<'a> {
    options: &'a InspectionOptions,
    inspector: Option<Inspector>,
}

impl InspectionOptions {
    /// Begins to look: before the run of `file`.
    pub(crate) fn begin(&self, sandbox: &mut Sandbox, file: &str) -> Result<Inspection<'_>> {
        let inspector = self.serve(sandbox, file)?;
        if self.coverage.is_some() {
            sandbox.start_coverage()?;
        }
        if self.cpu_prof.is_some() {
            sandbox.start_cpu_profile(SAMPLE)?;
        }
        Ok(Inspection { options: self, inspector })
    }

    fn serve(&self, sandbox: &mut Sandbox, file: &str) -> Result<Option<Inspector>> {
        let Debugger { inspect, inspect_brk, inspect_wait } = self.debugger;
        let Some(address) = inspect.or(inspect_brk).or(inspect_wait) else { return Ok(None) };
        let inspector = sandbox.inspector()?;
        if inspect.is_none() {
            inspector.hold(if inspect_brk.is_some() { Start::Paused } else { Start::Running });
        }
        let server = Server::start(address, inspector.clone(), file)?;
        // In the words that tools look for.
        line(&format!("Debugger listening on {}", server.url));
        while inspector.is_held() && sandbox.death().is_none() {
            sandbox.attend_inspector(Duration::from_secs(1));
        }
        Ok(Some(inspector))
    }
}

impl Inspection<'_> {
    /// Writes what was asked for: after the run.
    pub(crate) fn end(&self, sandbox: &mut Sandbox) -> Result<()> {
        if let Some(file) = &self.options.cpu_prof {
            let profile = sandbox.stop_cpu_profile()?;
            write(file, |to| to.write_all(profile.as_bytes()))?;
        }
        if let Some(file) = &self.options.coverage {
            let coverage = sandbox.take_coverage()?;
            write(file, |to| to.write_all(coverage.as_bytes()))?;
        }
        if let Some(file) = &self.options.heap_snapshot {
            write(file, |to| sandbox.heap_snapshot(to))?;
        }
        self.wait_for_debuggers(sandbox);
        Ok(())
    }

    /// Lets those who look finish what they look at.
    fn wait_for_debuggers(&self, sandbox: &mut Sandbox) {
        let Some(inspector) = &self.inspector else { return };
        let is_looked_at = |sandbox: &Sandbox| inspector.sessions() > 0 && sandbox.death().is_none();
        if is_looked_at(sandbox) {
            line("Waiting for the debugger to disconnect...");
        }
        while is_looked_at(sandbox) {
            sandbox.attend_inspector(Duration::from_millis(100));
        }
    }
}

fn write(file: &Path, body: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<()> {
    let failed = || format!("`{}` cannot be written", file.display());
    let mut to = BufWriter::new(File::create(file).with_context(failed)?);
    body(&mut to).and_then(|()| to.flush()).with_context(failed)
}
