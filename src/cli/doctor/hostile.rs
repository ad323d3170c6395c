//! A disaster for each limit, in a process of its own: this program, told to evaluate it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

/// What each disaster has besides the one limit that it is to reach: enough, and an end should that limit not hold.
const AMPLE: [&str; 8] = [
    "--heap=64MiB",
    "--array-buffers=64MiB",
    "--cpu=20s",
    "--wall=30s",
    "--source=64KiB",
    "--console=64KiB",
    "--timers=100",
    "--pending-promises=10",
];

/// The limit, the options that set it, and the script that reaches it. A script that is not reached by any of these, for it
/// needs a component, is that of handles.
const DISASTERS: [(&str, &[&str], &str); 10] = [
    ("heap_bytes", &["--heap=32MiB"], "const all = []; for (;;) all.push({ a: [1, 2, 3] })"),
    ("array_buffer_bytes", &[], "const all = []; for (;;) all.push(new Uint8Array(2 ** 20))"),
    ("cpu_ms", &["--cpu=200ms"], "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"),
    ("wall_ms", &["--wall=200ms"], "new Promise((resolve) => setTimeout(resolve, 1e9))"),
    ("source_bytes", &["--source=16B"], "'a script of more than sixteen bytes'"),
    ("console_bytes", &[], "for (;;) console.log('x'.repeat(1000))"),
    ("timers", &[], "for (;;) setTimeout(() => {}, 1e6)"),
    (
        "pending_promises",
        &["--allow-read=/"],
        "import('node:fs/promises').then(({ stat }) => Promise.all(Array.from({ length: 100 }, () => stat('/'))))",
    ),
    ("value_depth", &[], "let deep = []; for (let i = 0; i < 1000; i++) deep = [deep]; deep"),
    ("stack_bytes", &[], "(function deeper() { deeper(); })()"),
];

/// How one disaster ended.
#[derive(Serialize)]
pub(super) struct Check {
    limit: &'static str,
    /// What ended it: the limit's name where that held.
    ended: String,
    used: Option<u64>,
    allowed: Option<u64>,
    milliseconds: u64,
}

impl Check {
    pub(super) fn holds(&self) -> bool {
        self.ended == self.limit
    }

    pub(super) fn row(&self) -> [String; 4] {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let told = if self.holds() { "holds".to_owned() } else { format!("DOES NOT HOLD: {}", self.ended) };
        let amounts = format!("{} used, {} allowed", number(self.used), number(self.allowed));
        [self.limit.to_owned(), told, amounts, format!("{} ms", self.milliseconds)]
    }
}

/// Runs one after the other.
pub(super) fn run_all() -> Result<Vec<Check>> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    let run = |(limit, options, script)| {
        let mut command = Command::new(&program);
        // What is given twice is refused, so what is ample gives way.
        let name = |option: &str| option.split('=').next().map(str::to_owned);
        let given: Vec<_> = <[&str]>::iter(options).map(|option| name(option)).collect();
        command.args(["eval", "--json"]).args(AMPLE.iter().filter(|option| !given.contains(&name(option))));
        command.args(options).arg(script).stdin(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let output = command.output().with_context(|| format!("`{}` cannot be run", program.display()))?;
        Ok(check(limit, &output.stdout, &output.status.to_string(), begun.elapsed()))
    };
    DISASTERS.into_iter().map(run).collect()
}

/// Reads the record that the process printed, if it did.
fn check(limit: &'static str, told: &[u8], status: &str, took: Duration) -> Check {
    let record: Value = serde_json::from_slice(told).unwrap_or_default();
    let hit = &record["limit"];
    let ended = hit["which"].as_str().or(record["outcome"].as_str());
    Check {
        limit,
        ended: ended.map_or_else(|| format!("the process ended: {status}"), str::to_owned),
        used: hit["used"].as_u64(),
        allowed: hit["allowed"].as_u64(),
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(told: &str) -> Check {
        check("timers", told.as_bytes(), "exit status: 9", Duration::ZERO)
    }

    #[test]
    fn a_limit_holds_only_where_its_name_is_told() {
        assert!(checked(r#"{"outcome":"limit","limit":{"which":"timers","used":11,"allowed":10}}"#).holds());
        assert_eq!(checked(r#"{"outcome":"limit","limit":{"which":"wall_ms"}}"#).ended, "wall_ms");
        assert_eq!(checked(r#"{"outcome":"returned","value":1}"#).ended, "returned");
        assert_eq!(checked("").ended, "the process ended: exit status: 9");
    }
}
