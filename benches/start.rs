//! What a sandbox costs to make, with and without an extension, and an extension to load.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use innerbox::{Extension, Sandbox};

use crate::pool::Warm;
use crate::raw::Realm;
use crate::subject::{Script, done, engine, extension, guest};

const FIRST_CALL: &str = "import { add } from 'fixture-echo'; add(1, 2);";

/// The component dies in each round, and the next call gets a fresh instance.
const AGAIN: &str = r#"
import { unreachable, count } from 'fixture-trap';

globalThis.again = (n) => {
  for (let i = 0; i < n; i++) {
    try { unreachable(); } catch {}
    if (count() !== 1) throw new Error('not a fresh instance');
  }
};
"#;

/// Instances that one sandbox makes, each of an extension of its own.
const INSTANCES: u32 = 32;

/// The first call of each of so many extensions: an instance is made for it. Making the sandbox is not part of the time.
fn first_calls(echo: &[Extension]) -> Duration {
    let mut source = String::new();
    for number in 0..echo.len() {
        let _ = writeln!(source, "import {{ add as add{number} }} from 'echo-{number}';");
    }
    let calls: Vec<_> = (0..echo.len()).map(|number| format!("add{number}(1, 2)")).collect();
    let _ = write!(source, "globalThis.first = () => {};", calls.join(" + "));
    let builder = Sandbox::builder(engine());
    let mut sandbox = echo.iter().fold(builder, |builder, echo| builder.extension(echo)).build().unwrap();
    done(sandbox.run_module_source("main.js", &source));
    let start = Instant::now();
    let completion = sandbox.eval("first()");
    let time = start.elapsed();
    done(completion);
    time / INSTANCES
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let (engine, echo) = (engine(), extension("fixture-echo"));
    let mut group = criterion.benchmark_group("start");
    group.bench_function("isolate", |bencher| bencher.iter(Realm::bare));
    group.bench_function("sandbox", |bencher| {
        bencher.iter(|| {
            let mut sandbox = Sandbox::builder(engine).build().unwrap();
            done(sandbox.eval("1 + 2"));
        });
    });
    group.bench_function("pool", |bencher| {
        let warm = Warm::new(engine);
        bencher.iter_custom(|times| (0..times).map(|_| warm.time()).sum());
    });
    group.bench_function("sandbox-and-call", |bencher| {
        bencher.iter(|| {
            let mut sandbox = Sandbox::builder(engine).extension(&echo).build().unwrap();
            done(sandbox.run_module_source("main.js", FIRST_CALL));
        });
    });
    group.bench_function("load-from-cache", |bencher| {
        let file = guest("image");
        bencher.iter(|| black_box(Extension::from_file(engine, &file).unwrap()));
    });
    group.bench_function("instance", |bencher| {
        let bytes = std::fs::read(guest("fixture-echo")).unwrap();
        let load = |number| Extension::from_bytes(engine, &format!("echo-{number}"), &bytes).unwrap();
        let echo: Vec<_> = (0..INSTANCES).map(load).collect();
        bencher.iter_custom(|times| (0..times).map(|_| first_calls(&echo)).sum());
    });
    let mut script = Script::new("fixture-trap", AGAIN.to_owned());
    script.bench(&mut group, "trap-and-again", "again");
}
