//! `innerbox doctor`: what this build is, and whether its limits hold.

mod hostile;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use innerbox::{Config, Engine, Limits};
use serde_json::json;

use super::quantity::shown_bytes;
use super::{exit, ext};
use hostile::Check;

/// Tell the versions of what runs, where components are cached, and the limits of the library
///
/// With --hostile, runs a script against each limit, each in a process of its own, and fails if one did not hold.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Try the limits of this build, on this machine
    #[arg(long)]
    hostile: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        if self.hostile { self.try_limits() } else { self.tell() }
    }

    fn try_limits(&self) -> Result<ExitCode> {
        let checks = hostile::run_all()?;
        let holds = checks.iter().all(Check::holds);
        if self.json {
            say(&format!("{}\n", json!({ "holds": holds, "checks": checks })))?;
        } else {
            let rows: Vec<_> = checks.iter().map(Check::row).collect();
            say(&ext::table::lines(&rows, ""))?;
        }
        Ok(if holds { ExitCode::SUCCESS } else { exit::THREW.into() })
    }

    fn tell(&self) -> Result<ExitCode> {
        let engine = Engine::new(Config::new())?;
        let cache = engine.cache_directory().map(|path| path.display().to_string());
        let limits = Limits::default();
        let bytes = [
            ("heap_bytes", limits.heap_bytes),
            ("array_buffer_bytes", limits.array_buffer_bytes),
            ("source_bytes", limits.source_bytes),
            ("console_bytes", limits.console_bytes),
            ("value_bytes", limits.value_bytes),
        ];
        let counts = [
            ("timers", limits.timers),
            ("pending_promises", limits.pending_promises),
            ("handles", limits.handles),
        ];
        let times = [("wall_ms", limits.wall), ("cpu_ms", limits.cpu)];
        let milliseconds = |(name, time): (&str, Option<std::time::Duration>)| {
            (name.to_owned(), json!(time.map(|time| time.as_millis())))
        };
        if self.json {
            let numbers =
                bytes.iter().chain(&counts).map(|(name, number)| ((*name).to_owned(), json!(number)));
            let limits: serde_json::Map<_, _> = times.into_iter().map(milliseconds).chain(numbers).collect();
            let told = json!({ "version": exit::version(), "cache": cache, "limits": limits });
            return say(&format!("{told}\n")).map(|()| ExitCode::SUCCESS);
        }
        let mut rows = vec![
            ["innerbox".to_owned(), exit::version().to_owned()],
            ["cache".to_owned(), cache.unwrap_or_else(|| "none".to_owned())],
        ];
        let shown =
            |time: Option<std::time::Duration>| time.map_or("none".to_owned(), |time| format!("{time:?}"));
        rows.extend(times.map(|(name, time)| [name.to_owned(), shown(time)]));
        rows.extend(bytes.map(|(name, number)| [name.to_owned(), shown_bytes(number as u64)]));
        rows.extend(counts.map(|(name, number)| [name.to_owned(), number.to_string()]));
        say(&ext::table::lines(&rows, "")).map(|()| ExitCode::SUCCESS)
    }
}

fn say(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("the standard output cannot be written")
}
