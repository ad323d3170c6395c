//! A sandbox that begins with a library of 200 KiB: from a snapshot, and by evaluating it.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::Criterion;
use innerbox::{Sandbox, Snapshot};

use crate::subject::{done, engine};

/// Functions of the library, and so its size: each is some 170 bytes.
const FUNCTIONS: usize = 1200;

/// What a program does first with the library.
const USE: &str = "library.get('f7')(1, 2).total";

/// A library as bundlers write one: many functions, a table of them, and some work when it is loaded.
fn library() -> String {
    let mut source = String::from("const library = new Map();\n");
    for number in 0..FUNCTIONS {
        let _ = writeln!(
            source,
            "function f{number}(a, b) {{ const made = {{ total: a, parts: [b, {number}], name: 'part {number}' }}; \
             for (const part of made.parts) made.total += part; return made; }}\n\
             library.set('f{number}', f{number}); f{number}({number}, 1);"
        );
    }
    source
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let (engine, library) = (engine(), library());
    let create = || Snapshot::builder(engine).script("library.js", &*library).create().unwrap();
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function("begin", |bencher| {
        let snapshot = create();
        bencher.iter(|| {
            let mut sandbox = Sandbox::builder(engine).snapshot(&snapshot).build().unwrap();
            done(sandbox.eval(USE));
        });
    });
    group.bench_function("evaluate", |bencher| {
        bencher.iter(|| {
            let mut sandbox = Sandbox::builder(engine).build().unwrap();
            done(sandbox.eval(&library));
            done(sandbox.eval(USE));
        });
    });
    group.bench_function("load", |bencher| {
        let snapshot = create();
        bencher.iter(|| black_box(Snapshot::from_bytes(snapshot.as_bytes()).unwrap()));
    });
    group.bench_function("create", |bencher| bencher.iter(|| black_box(create())));
}
