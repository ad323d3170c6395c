//! `cargo xtask bench-node`: the calls of `cargo bench -- call/` into a native addon of Node, beside Innerbox's own.

use crate::npm;
use crate::pins::{NODE, NODE_API_HEADERS};
use crate::process::{is_on_path, read, run};
use crate::progress::Step;
use crate::project::{Project, SetupLock};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const ADDON: &str = include_str!("bench_node/addon.c");
const FIXTURE: &str = include_str!("bench_node/fixture-echo.mjs");
const MEASURE: &str = include_str!("bench_node/measure.mjs");

/// The loops that both run, from the checkout's root.
const LOOPS: &str = "benches/call/loops.js";

/// What people read, the name of the figure in `bench.json`, and the loop.
const CALLS: [(&str, &str, &str); 8] = [
    ("nothing: nop()", "call/nop", "nop"),
    ("two u32: add(1, 2)", "call/add", "add"),
    ("method of a wrapped object", "call/method", "method"),
    ("string of 1 KiB, in and out", "call/string-1-kib", "string"),
    ("record of 8 fields, in and out", "call/record-8", "eight"),
    ("bytes, 64 KiB in, and added up there", "call/sum-64-kib", "sum"),
    ("bytes, 64 KiB in and out", "call/bytes-64-kib", "small"),
    ("bytes, 4 MiB in and out", "call/bytes-4-mib", "large"),
];

/// What is to be run where there are no figures of Innerbox.
const USUAL_LINE: &str = "cargo xtask guests && cargo bench -- call/";

/// When figures are so old that the machine may have had other things to do.
const MINUTES_OLD: u64 = 30;

/// One call, by Node and by Innerbox, in nanoseconds.
struct Compared {
    what: &'static str,
    id: &'static str,
    node: f64,
    innerbox: f64,
}

/// Sets up Node, compiles the addon, measures, and tells.
pub(crate) fn run_bench(project: &Project) -> Result<()> {
    let innerbox = figures_of_innerbox(project)?; // what is missing is told before the long steps
    let (node, headers) = tools(project)?;
    let folder = prepare(project, &headers)?;
    let step = Step::start("measuring Node");
    let mut measure = Command::new(node);
    measure.arg("measure.mjs").args(CALLS.map(|(_, _, name)| name)).current_dir(&folder);
    let said = read(&mut measure)?;
    step.done("");
    let node: Value = serde_json::from_str(&said).context("Node's figures are no JSON")?;
    let compared = compare(&node, &innerbox)?;
    let machine = text(&innerbox["machine"]);
    let versions = format!("Node {} with V8 {}", text(&node["node"]), text(&node["v8"]));
    write!(std::io::stdout(), "\n{machine}, {versions}\n\n{}", table(&compared))?;
    let path = project.target.join("bench-node.json");
    let figures: Vec<_> = compared.iter().map(Compared::json).collect();
    let all = json!({ "machine": machine, "node": node["node"], "v8": node["v8"], "figures": figures });
    fs::write(&path, format!("{all:#}\n"))?;
    writeln!(std::io::stdout(), "\nthe same as JSON: {}", path.display())?;
    Ok(())
}

/// What `cargo bench` wrote.
fn figures_of_innerbox(project: &Project) -> Result<Value> {
    let path = project.target.join("bench.json");
    let file = fs::read_to_string(&path)
        .with_context(|| format!("Innerbox's own figures are not there: run `{USUAL_LINE}`"))?;
    let age = fs::metadata(&path)?.modified()?.elapsed().unwrap_or_default().as_secs() / 60;
    if age >= MINUTES_OLD {
        eprintln!("Innerbox's own figures are {age} minutes old: `{USUAL_LINE}` measures them anew");
    }
    serde_json::from_str(&file)
        .with_context(|| format!("`{}` is no JSON: run `{USUAL_LINE}`", path.display()))
}

/// Node, and the headers for its addons.
fn tools(project: &Project) -> Result<(PathBuf, PathBuf)> {
    let _lock = SetupLock::take(project)?;
    let node = npm::install(project, &NODE)?.join(NODE.name).join("bin/node");
    let headers = npm::install(project, &NODE_API_HEADERS)?.join(NODE_API_HEADERS.name).join("include");
    Ok((node, headers))
}

/// A folder with the addon and the scripts.
fn prepare(project: &Project, headers: &Path) -> Result<PathBuf> {
    let folder = project.target.join("bench-node");
    let package = folder.join("node_modules/fixture-echo");
    fs::create_dir_all(&package)?;
    let loops =
        fs::read_to_string(project.root.join(LOOPS)).with_context(|| format!("`{LOOPS}` cannot be read"))?;
    fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
    fs::write(folder.join("loops.js"), loops)?;
    fs::write(folder.join("measure.mjs"), MEASURE)?;
    fs::write(package.join("package.json"), r#"{ "type": "module", "exports": "./fixture-echo.mjs" }"#)?;
    fs::write(package.join("fixture-echo.mjs"), FIXTURE)?;
    compile(headers, &folder.join("addon.c"), &package.join("addon.node"))?;
    Ok(folder)
}

fn compile(headers: &Path, source: &Path, addon: &Path) -> Result<()> {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    if !is_on_path(&compiler) && !Path::new(&compiler).is_file() {
        bail!(
            "the addon needs a C compiler, and `{}` is none: install one, or name it in CC",
            compiler.display()
        );
    }
    fs::write(source, ADDON)?;
    let mut command = Command::new(compiler);
    command.args(["-O2", "-shared", "-fPIC", "-o"]).arg(addon).arg(source).arg("-I").arg(headers);
    run(&mut command).context("the addon did not compile")
}

fn compare(node: &Value, innerbox: &Value) -> Result<Vec<Compared>> {
    let own = |id: &str| {
        let mut figures = innerbox["figures"].as_array().into_iter().flatten();
        figures.find(|figure| figure["id"] == id)?["least_ns"].as_f64()
    };
    let one = |(what, id, name): (&'static str, &'static str, &str)| {
        let innerbox =
            own(id).with_context(|| format!("Innerbox's `{id}` was not measured: run `{USUAL_LINE}`"))?;
        let node = node["figures"][name]["least_ns"].as_f64();
        let node = node.with_context(|| format!("Node did not measure `{name}`"))?;
        Ok(Compared { what, id, node, innerbox })
    };
    CALLS.into_iter().map(one).collect()
}

impl Compared {
    fn ratio(&self) -> f64 {
        self.innerbox / self.node
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "id": self.id,
            "node_ns": self.node,
            "innerbox_ns": self.innerbox,
            "ratio": self.ratio(),
        })
    }
}

fn table(compared: &[Compared]) -> String {
    let line = |cells: [&str; 4]| {
        let [what, node, innerbox, ratio] = cells;
        format!("{what:38}{node:>12}{innerbox:>12}{ratio:>10}").trim_end().to_owned() + "\n"
    };
    let mut lines = line(["", "Node", "Innerbox", "ratio"]);
    for one in compared {
        let ratio = format!("{:.2} x", one.ratio());
        lines += &line([one.what, &time(one.node), &time(one.innerbox), &ratio]);
    }
    lines
}

/// A time in the unit that leaves one to three digits before the point.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{CALLS, Compared, compare, table};
    use serde_json::{Map, Value, json};

    fn measured(key: impl Fn(&str, &str) -> String) -> Map<String, Value> {
        CALLS.iter().map(|(_, id, name)| (key(id, name), json!({ "least_ns": 20.0 }))).collect()
    }

    #[test]
    fn every_call_is_compared() {
        let node = json!({ "figures": measured(|_, name| name.to_owned()) });
        let own: Vec<_> = CALLS.iter().map(|(_, id, _)| json!({ "id": id, "least_ns": 50.0 })).collect();
        let compared = compare(&node, &json!({ "figures": own })).unwrap_or_default();
        assert!(compared.len() == CALLS.len() && compared.iter().all(|one| one.ratio() == 2.5));
        let error =
            compare(&node, &json!({ "figures": own[1..] })).map(|_| ()).map_err(|error| error.to_string());
        let said = "Innerbox's `call/nop` was not measured: run `cargo xtask guests && cargo bench -- call/`";
        assert_eq!(error, Err(said.to_owned()));
    }

    #[test]
    fn times_stand_in_columns() {
        let compared = [Compared { what: "add", id: "call/add", node: 20.0, innerbox: 1500.0 }];
        let lines = table(&compared);
        let expected = format!("add{:>47}{:>12}{:>10}", "20.0 ns", "1.50 us", "75.00 x");
        assert_eq!(lines.lines().nth(1), Some(expected.as_str()));
    }
}
