//! What a sandbox costs to make, with and without an extension, and an extension to load.

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

/// Instances of one component that one sandbox makes.
const INSTANCES: u32 = 32;

/// None is instantiated before its first call.
const EACH: &str = "
    import { instantiate } from 'innerbox:component';
    const each = Array.from({ length: instances }, () => instantiate('fixture-echo').add);
    globalThis.first = () => { let sum = 0; for (const add of each) sum += add(1, 2); return sum; };";

/// The first call of each of so many instances: it is made for it. Making the sandbox is not part of the time, and neither are
/// the functions that scripts call.
fn first_calls(echo: &Extension) -> Duration {
    let mut sandbox = Sandbox::builder(engine()).extension(echo).build().unwrap();
    done(sandbox.eval(&format!("globalThis.instances = {INSTANCES};")));
    done(sandbox.run_module_source("main.js", EACH));
    let start = Instant::now();
    let completion = sandbox.eval("first()");
    let time = start.elapsed();
    assert_eq!(completion.into_value::<u32>().unwrap(), 3 * INSTANCES);
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
        bencher.iter_custom(|times| (0..times).map(|_| first_calls(&echo)).sum());
    });
    let mut script = Script::new("fixture-trap", AGAIN.to_owned());
    script.bench(&mut group, "trap-and-again", "again");
}
