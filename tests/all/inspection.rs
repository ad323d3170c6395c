//! What the host sees of a sandbox, and what its scripts do not.

mod session;

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::Duration;

use innerbox::{Error, Limits, Outcome, Sandbox};
use serde_json::{Value, json};

use crate::support::ENGINE;

fn sandbox() -> Sandbox {
    sandbox_of(64 << 20)
}

fn sandbox_of(heap_bytes: usize) -> Sandbox {
    let limits = Limits { wall: None, cpu: None, heap_bytes, ..Limits::default() };
    Sandbox::builder(&ENGINE).limits(limits).build().unwrap()
}

#[track_caller]
fn text(sandbox: &mut Sandbox, source: &str) -> String {
    sandbox.eval(source).into_value().unwrap_or_else(|error| panic!("{source}: {error}"))
}

#[test]
fn statistics_follow_the_script() {
    let mut sandbox = sandbox();
    let empty = sandbox.heap_statistics();
    assert_eq!((empty.contexts, empty.detached_contexts, empty.array_buffers), (1, 0, 0));
    assert!(empty.used > 100_000 && empty.used <= empty.total, "{empty:?}");
    let source = "var kept = [new Uint8Array(1e6), Array.from({ length: 1e5 }, (_, i) => ({ i }))]; 'made'";
    assert_eq!(text(&mut sandbox, source), "made");
    let full = sandbox.heap_statistics();
    assert!(full.used > empty.used + 2_000_000, "{} and {}", empty.used, full.used);
    assert_eq!(full.array_buffers, 1_000_000);
    assert!(full.allocated > empty.allocated && full.external >= 1_000_000 && full.limit >= 64 << 20);
    text(&mut sandbox, "kept = undefined; 'gone'");
    sandbox.collect_garbage();
    let after = sandbox.heap_statistics();
    assert!(after.used < empty.used + 1_000_000, "{} and {}", empty.used, after.used);
    assert_eq!(after.array_buffers, 0);
}

#[test]
fn times_are_those_of_all_runs() {
    let mut sandbox = sandbox();
    assert_eq!((sandbox.times().wall, sandbox.times().cpu), (Duration::ZERO, Duration::ZERO));
    sandbox.eval("new Promise((resolve) => setTimeout(resolve, 50))");
    let waited = sandbox.times();
    assert!(waited.wall >= Duration::from_millis(50) && waited.cpu < waited.wall, "{waited:?}");
    let usage = sandbox.eval("for (const end = Date.now() + 50; Date.now() < end;);").usage;
    let both = sandbox.times();
    assert_eq!((both.wall, both.cpu), (waited.wall + usage.wall, waited.cpu + usage.cpu));
    assert!(usage.cpu >= Duration::from_millis(2), "{usage:?}");
}

#[test]
fn the_host_collects_and_scripts_cannot() {
    let mut sandbox = sandbox();
    let source = "import { AsyncLocalStorage } from 'node:async_hooks';
        globalThis.storage = new AsyncLocalStorage();
        globalThis.seen = [];
        const registry = new FinalizationRegistry((held) => seen.push(`${held} ${storage.getStore()}`));
        globalThis.registry = registry;
        globalThis.make = () => storage.run('a store', () => { const it = { big: 'x' }; globalThis.weak = new WeakRef(it); registry.register(it, 'collected'); });";
    assert!(matches!(sandbox.run_module_source("main.js", source).outcome, Outcome::Returned { .. }));
    text(&mut sandbox, "make(); 'made'");
    let ways = "[typeof gc, typeof globalThis.gc, typeof process.gc, typeof global.gc,
                 (() => { try { return (0, eval)('%CollectGarbage(0)'); } catch (error) { return error.name; } })(),
                 Object.keys(process).filter((key) => /gc|collect|binding/i.test(key)).length].join()";
    assert_eq!(text(&mut sandbox, ways), "undefined,undefined,undefined,undefined,EvalError,0");
    for module in
        ["v8", "node:v8", "inspector", "node:inspector", "vm", "node:vm", "module", "process.binding"]
    {
        let import = format!("import('{module}').then(() => 'there', () => 'none')");
        assert_eq!(text(&mut sandbox, &import), "none", "{module}");
    }
    assert_eq!(text(&mut sandbox, "String(weak.deref() !== undefined) + seen.length"), "true0");
    sandbox.collect_garbage();
    // What is called back runs outside of every store, as in Node.js.
    let after = "new Promise((resolve) => setTimeout(() => resolve(`${weak.deref()} ${seen}`), 20))";
    assert_eq!(text(&mut sandbox, after), "undefined collected undefined");
}

/// Counts chunks, and may refuse one.
struct Chunks {
    bytes: Vec<u8>,
    count: usize,
    refused: usize,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.count += 1;
        if self.count == self.refused {
            return Err(io::Error::other("full"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks what DevTools read of a snapshot: fields, counts, and that what refers to strings and nodes finds them.
pub(crate) fn check_snapshot(bytes: &[u8], content: &str) {
    let snapshot: Value = serde_json::from_slice(bytes).unwrap();
    let meta = &snapshot["snapshot"]["meta"];
    let array = |value: &Value| value.as_array().unwrap().clone();
    let (node_fields, edge_fields) = (array(&meta["node_fields"]), array(&meta["edge_fields"]));
    let (nodes, edges, strings) =
        (array(&snapshot["nodes"]), array(&snapshot["edges"]), array(&snapshot["strings"]));
    let count = |name: &str| snapshot["snapshot"][name].as_u64().unwrap() as usize;
    assert_eq!(nodes.len(), count("node_count") * node_fields.len());
    assert_eq!(edges.len(), count("edge_count") * edge_fields.len());
    assert!(count("node_count") > 1_000 && count("edge_count") > 1_000);
    let at = |fields: &[Value], name: &str| fields.iter().position(|field| field == name).unwrap();
    let (name, edges_of) = (at(&node_fields, "name"), at(&node_fields, "edge_count"));
    let mut edge_sum = 0;
    for node in nodes.chunks(node_fields.len()) {
        assert!((node[name].as_u64().unwrap() as usize) < strings.len());
        edge_sum += node[edges_of].as_u64().unwrap() as usize;
    }
    assert_eq!(edge_sum, count("edge_count"));
    let to = at(&edge_fields, "to_node");
    for edge in edges.chunks(edge_fields.len()) {
        let to = edge[to].as_u64().unwrap() as usize;
        assert!(to < nodes.len() && to.is_multiple_of(node_fields.len()));
    }
    assert!(strings.iter().any(|string| string == content), "no `{content}`");
}

#[test]
fn a_heap_snapshot_comes_in_chunks() {
    let mut sandbox = sandbox();
    text(&mut sandbox, "var kept = { mine: 'a string of ' + 'the script\u{2019}s' }; kept.mine");
    let mut to = Chunks { bytes: Vec::new(), count: 0, refused: 0 };
    sandbox.heap_snapshot(&mut to).unwrap();
    assert!(to.count > 3, "{} chunks of {} bytes", to.count, to.bytes.len());
    check_snapshot(&to.bytes, "kept");
    let mut full = Chunks { bytes: Vec::new(), count: 0, refused: 2 };
    assert_eq!(sandbox.heap_snapshot(&mut full).unwrap_err().to_string(), "full");
    assert_eq!(full.count, 2, "it goes on writing");
    let mut sandbox = sandbox_of(16 << 20);
    let completion = sandbox.eval("var kept = []; for (;;) kept.push({ kept })");
    assert!(matches!(completion.outcome, Outcome::Limit { .. }));
    let mut dead = Vec::new();
    sandbox.heap_snapshot(&mut dead).unwrap();
    check_snapshot(&dead, "kept");
}

#[test]
fn a_cpu_profile_names_what_was_busy() {
    let mut sandbox = sandbox();
    let none = sandbox.stop_cpu_profile().unwrap_err();
    assert_eq!(none.to_string(), "cannot inspect the sandbox: Profiler.stop: No recording profiles found");
    sandbox.start_cpu_profile(Duration::from_micros(200)).unwrap();
    text(
        &mut sandbox,
        "function busy() { for (const end = Date.now() + 100; Date.now() < end;); return 'done'; } busy()",
    );
    let profile: Value = serde_json::from_str(&sandbox.stop_cpu_profile().unwrap()).unwrap();
    let nodes = profile["nodes"].as_array().unwrap();
    let ids: HashSet<_> = nodes.iter().map(|node| node["id"].as_u64().unwrap()).collect();
    let samples = profile["samples"].as_array().unwrap();
    assert_eq!(samples.len(), profile["timeDeltas"].as_array().unwrap().len());
    assert!(samples.len() > 20, "{} samples", samples.len());
    assert!(samples.iter().all(|sample| ids.contains(&sample.as_u64().unwrap())));
    let busy = nodes.iter().filter(|node| node["callFrame"]["functionName"] == "busy");
    let hits: u64 = busy.map(|node| node["hitCount"].as_u64().unwrap()).sum();
    assert!(hits > samples.len() as u64 / 4, "{hits} of {}", samples.len());
    assert!(profile["startTime"].as_u64() < profile["endTime"].as_u64());
}

#[test]
fn coverage_counts_blocks_of_the_scripts_own() {
    let mut sandbox = sandbox();
    sandbox.start_coverage().unwrap();
    let source = "import { join } from 'node:path';
function often(flag) {
  if (flag) { return join('never'); }
  return 1;
}
function never() {}
for (let i = 0; i < 3; i++) often(false);
";
    assert!(matches!(sandbox.run_module_source("covered.js", source).outcome, Outcome::Returned { .. }));
    let coverage: Value = serde_json::from_str(&sandbox.take_coverage().unwrap()).unwrap();
    let scripts = coverage["result"].as_array().unwrap();
    let urls: Vec<_> = scripts.iter().map(|script| script["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["covered.js"]);
    let functions = scripts[0]["functions"].as_array().unwrap();
    let ranges = |name: &str| {
        let function = functions.iter().find(|function| function["functionName"] == name).unwrap();
        function["ranges"].as_array().unwrap().clone()
    };
    let (start, end) = (source.find("function often").unwrap(), source.find("function never").unwrap() - 1);
    let often = ranges("often");
    assert_eq!(often[0], json!({"startOffset": start, "endOffset": end, "count": 3}));
    assert!(often[1..].iter().any(|range| range["count"] == 0), "{often:?}");
    assert_eq!(ranges("never")[0]["count"], 0);
    sandbox.stop_coverage().unwrap();
    assert!(matches!(sandbox.take_coverage(), Err(Error::Inspect(_))));
}
