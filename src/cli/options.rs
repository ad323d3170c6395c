//! What a sandbox is lent and what it may use, in plain words.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use innerbox::{ExtensionLimits, Grant, Limits};

use super::catalogue::ExtensionOptions;
use super::lending::LendingOptions;
use super::quantity::{Deadline, bytes, deadline, share};
use super::variable::variable;

/// Everything: what `--allow-read` means without a path.
const EVERYWHERE: &str = "/";

/// What every command that runs a script takes.
#[derive(Args)]
pub(crate) struct SandboxOptions {
    /// Print one JSON object on the standard output that says how the run ended and what it used; what the script writes
    /// then goes to the standard error stream
    #[arg(long)]
    pub(crate) json: bool,
    /// Begin with what a script of yours has left, as `innerbox snapshot` has written it to FILE: it is trusted as this
    /// program is
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) grants: GrantOptions,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    #[command(flatten)]
    pub(crate) extensions: ExtensionOptions,
    #[command(flatten)]
    pub(crate) lending: LendingOptions,
}

/// What scripts are lent.
#[derive(Args)]
#[command(next_help_heading = "Grants for scripts (by default, nothing is lent)")]
pub(crate) struct GrantOptions {
    /// Lend reading of files and directories, with everything in them; without PATHS, of everything
    #[arg(long, value_name = "PATHS", num_args = 0..=1, require_equals = true, value_delimiter = ',', default_missing_value = EVERYWHERE)]
    allow_read: Vec<PathBuf>,
    /// Lend writing of files and directories, with everything in them; without PATHS, of everything
    #[arg(long, value_name = "PATHS", num_args = 0..=1, require_equals = true, value_delimiter = ',', default_missing_value = EVERYWHERE)]
    allow_write: Vec<PathBuf>,
    /// Lend an environment variable, with the value it has here or another one
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Lend `eval`, `new Function` and their kin
    #[arg(long)]
    allow_eval: bool,
    /// Lend V8's own WebAssembly, whose memory no limit counts
    #[arg(long)]
    allow_wasm: bool,
}

/// What the limits are called in the help.
const LIMITS: &str = "Limits (sizes as 64MiB, times as 500ms, 5s, 2min or none)";

/// What the sandbox may use.
#[derive(Args)]
#[command(next_help_heading = LIMITS)]
pub(crate) struct LimitOptions {
    #[command(flatten)]
    script: ScriptLimitOptions,
    /// Tell on the standard error stream when this share of the heap, or of the time, is used
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) warn_at: Option<f64>,
    /// Resources of components, files and the like that are open at once
    #[arg(long, value_name = "COUNT", default_value_t = Limits::HANDLES)]
    handles: usize,
    /// Linear memory of each component
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "512MiB")]
    ext_memory: usize,
    /// Time of one call into a component; past it the call is an exception, and the script goes on
    #[arg(long, value_name = "TIME", value_parser = deadline, default_value = "none")]
    ext_call_wall: Deadline,
    /// Sockets and HTTP requests at once of each component
    #[arg(long, value_name = "COUNT", default_value_t = ExtensionLimits::CONNECTIONS)]
    ext_connections: usize,
}

/// What any script may use, whatever it is lent.
#[derive(Args)]
#[command(next_help_heading = LIMITS)]
pub(crate) struct ScriptLimitOptions {
    /// V8's heap
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "512MiB")]
    heap: usize,
    /// Array buffers and typed arrays
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "1GiB")]
    array_buffers: usize,
    /// Time from the start of the run to its end, waiting included
    #[arg(long, value_name = "TIME", value_parser = deadline, default_value = "none")]
    wall: Deadline,
    /// Processor time of the run
    #[arg(long, value_name = "TIME", value_parser = deadline, default_value = "none")]
    cpu: Deadline,
    /// Source text of all scripts and modules together
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "16MiB")]
    source: usize,
    /// What the script may write to its console
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "1GiB")]
    console: usize,
    /// Timers at once
    #[arg(long, value_name = "COUNT", default_value_t = Limits::TIMERS)]
    timers: usize,
    /// Promises of the host at once
    #[arg(long, value_name = "COUNT", default_value_t = Limits::PENDING_PROMISES)]
    pending_promises: usize,
}

impl GrantOptions {
    /// The grants.
    pub(crate) fn grants(&self) -> Result<Vec<Grant>> {
        let mut grants: Vec<_> = self.allow_read.iter().map(Grant::read).collect();
        grants.extend(self.allow_write.iter().map(Grant::write));
        for text in &self.env {
            grants.extend(variable("--env", text)?.map(|(name, value)| Grant::variable(name, value)));
        }
        if self.allow_eval {
            grants.push(Grant::code_from_strings());
        }
        if self.allow_wasm {
            grants.push(Grant::web_assembly());
        }
        Ok(grants)
    }
}

impl ScriptLimitOptions {
    /// The limits, with the usual ones for everything else.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            heap_bytes: self.heap,
            array_buffer_bytes: self.array_buffers,
            wall: self.wall.0,
            cpu: self.cpu.0,
            source_bytes: self.source,
            console_bytes: self.console,
            timers: self.timers,
            pending_promises: self.pending_promises,
            ..Limits::default()
        }
    }
}

impl LimitOptions {
    /// The limits of the sandbox.
    pub(crate) fn sandbox(&self) -> Limits {
        Limits { handles: self.handles, ..self.script.limits() }
    }

    /// The limits of each extension.
    pub(crate) fn extension(&self) -> ExtensionLimits {
        ExtensionLimits {
            memory_bytes: self.ext_memory,
            call_wall: self.ext_call_wall.0,
            connections: self.ext_connections,
            ..ExtensionLimits::default()
        }
    }
}
