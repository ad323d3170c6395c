//! `cargo xtask bench-isolated-vm`: what a sandbox takes to start and to keep, beside an isolate of isolated-vm.

mod table;

use crate::npm;
use crate::pins::{ISOLATED_VM, NODE};
use crate::process::{cargo, read};
use crate::progress::Step;
use crate::project::{Project, SetupLock};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

const MEASURE: &str = include_str!("bench_isolated_vm/measure.cjs");

/// Measurements of time, whose rounds take turns: a machine that is busy is so for both.
const TIMED: [&str; 3] = ["fresh", "context", "pool"];

/// Measurements of memory, which are the same each time.
const OF_MEMORY: [&str; 2] = ["idle", "gone"];

const ROUNDS: usize = 5;

/// Who is measured.
enum Subject {
    /// Node with isolated-vm, and the folder that has the script.
    IsolatedVm { node: PathBuf, folder: PathBuf },
    /// The binary of `cargo bench`.
    Innerbox { root: PathBuf, bench: PathBuf },
}

/// Sets up isolated-vm, builds the bench, measures both, and tells.
pub(crate) fn run_bench(project: &Project) -> Result<()> {
    let isolated_vm = isolated_vm(project)?;
    let innerbox = innerbox(project)?;
    let mut measured = Map::new();
    for name in TIMED {
        let step = Step::start(format!("measuring `{name}`, by turns"));
        let mut rounds: [Vec<Value>; 2] = Default::default();
        for _ in 0..ROUNDS {
            rounds[0].push(isolated_vm.measure(name)?);
            rounds[1].push(innerbox.measure(name)?);
        }
        let [theirs, ours] = rounds.map(|rounds| least(&rounds));
        measured.insert(name.to_owned(), json!({ "isolated_vm": theirs, "innerbox": ours }));
        step.done("");
    }
    for name in OF_MEMORY {
        let step = Step::start(format!("measuring `{name}`"));
        let (theirs, ours) = (isolated_vm.measure(name)?, innerbox.measure(name)?);
        measured.insert(name.to_owned(), json!({ "isolated_vm": theirs, "innerbox": ours }));
        step.done("");
    }
    let measured = Value::Object(measured);
    let versions = format!("isolated-vm {} in Node {}", ISOLATED_VM.version, NODE.version);
    write!(std::io::stdout(), "\n{versions}\n\n{}", table::of(&measured))?;
    let path = project.target.join("bench-isolated-vm.json");
    let all = json!({ "isolated_vm": ISOLATED_VM.version, "node": NODE.version, "figures": measured });
    fs::write(&path, format!("{all:#}\n"))?;
    writeln!(std::io::stdout(), "\nthe same as JSON: {}", path.display())?;
    Ok(())
}

/// Node and isolated-vm, whose package has it compiled for this Node.
fn isolated_vm(project: &Project) -> Result<Subject> {
    let _lock = SetupLock::take(project)?;
    let node = npm::install(project, &NODE)?.join(NODE.name).join("bin/node");
    let modules = npm::install(project, &ISOLATED_VM)?;
    let folder = modules.parent().context("a folder of packages lies in none")?.to_path_buf();
    fs::write(folder.join("measure.cjs"), MEASURE)?;
    Ok(Subject::IsolatedVm { node, folder })
}

/// The binary of `cargo bench`, which is built where it is not there or is old.
fn innerbox(project: &Project) -> Result<Subject> {
    let step = Step::start("building the bench: the first time takes a quarter of an hour");
    let mut build = cargo(project);
    build.args(["bench", "--bench", "innerbox", "--no-run", "--message-format", "json"]);
    let said = read(&mut build)?;
    let bench = executable(&said).context("cargo tells of no bench binary")?;
    step.done("");
    Ok(Subject::Innerbox { root: project.root.clone(), bench })
}

/// The one binary that cargo says it has built.
fn executable(said: &str) -> Option<PathBuf> {
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut built = messages.filter(|message| message["target"]["kind"][0] == "bench");
    built.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

impl Subject {
    fn measure(&self, name: &str) -> Result<Value> {
        let mut command;
        match self {
            Self::IsolatedVm { node, folder } => {
                command = Command::new(node);
                // isolated-vm does not start with the snapshot of Node.
                command.args(["--no-node-snapshot", "measure.cjs", name]).current_dir(folder);
            }
            Self::Innerbox { root, bench } => {
                command = Command::new(bench);
                command.args(["beside", name]).current_dir(root);
            }
        }
        let said = read(&mut command)?;
        serde_json::from_str(&said).with_context(|| format!("`{name}`: what was measured is no JSON"))
    }
}

/// The least of each figure. `null` where there is none to measure.
fn least(rounds: &[Value]) -> Value {
    let Some(first) = rounds.first().and_then(Value::as_object) else { return Value::Null };
    let figure = |name: &String| {
        let least = rounds.iter().filter_map(|round| round[name].as_f64()).min_by(f64::total_cmp);
        (name.clone(), least.map_or(Value::Null, Value::from))
    };
    Value::Object(first.keys().map(figure).collect())
}

#[cfg(test)]
mod tests {
    use super::{executable, least};
    use serde_json::{Value, json};
    use std::path::PathBuf;

    #[test]
    fn the_least_of_all_rounds_counts_for_each_figure() {
        let rounds = [
            json!({ "least_ns": 2.0, "median_ns": 5.0, "processor_ns": null }),
            json!({ "least_ns": 3.0, "median_ns": 4.0, "processor_ns": null }),
        ];
        assert_eq!(least(&rounds), json!({ "least_ns": 2.0, "median_ns": 4.0, "processor_ns": null }));
        assert_eq!(least(&[Value::Null, Value::Null]), Value::Null);
    }

    #[test]
    fn the_bench_is_found_among_what_cargo_tells() {
        let said = "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"lib\"]},\"executable\":null}\n\
                    {\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bench\"]},\"executable\":\"/t/bench-1\"}\n\
                    {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(said), Some(PathBuf::from("/t/bench-1")));
        assert_eq!(executable("{}"), None);
    }
}
