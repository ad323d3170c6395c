//! What a sandbox costs to make, with and without an extension, and an extension to load.

use std::hint::black_box;

use criterion::Criterion;
use innerbox::{Extension, Sandbox};

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
    let mut script = Script::new("fixture-trap", AGAIN.to_owned());
    script.bench(&mut group, "trap-and-again", "again");
}
