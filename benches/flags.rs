//! What it costs ordinary JavaScript that V8 does not unroll inner loops: the flag that keeps endless loops endable.
//!
//! Flags are the process's, so each sample is taken in a process of its own.

use std::process::Command;
use std::time::Duration;

use criterion::Criterion;

use crate::raw::Realm;
use crate::subject::group;

/// Names the flag that a child runs under, and what it runs, and how often.
const CHILD: &str = "INNERBOX_BENCH_FLAG";

const UNROLLED: &str = "--turboshaft-loop-unrolling";
const NOT_UNROLLED: &str = "--no-turboshaft-loop-unrolling";

/// Programs whose time is spent in loops, by name: a prelude, and what one round is.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("sha256", include_str!("work/sha256.js"), "sha256InJavaScript(small)"),
    ("bilinear", include_str!("work/bilinear.js"), "resizeInJavaScript(picture, 200, 150, 100, 75)"),
    (
        "matrices",
        "function multiply(a, b, n) {
           const c = new Float64Array(n * n);
           for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
             let sum = 0;
             for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
             c[i * n + j] = sum;
           }
           return c;
         }
         const matrix = new Float64Array(64 * 64).fill(1.5);",
        "multiply(matrix, matrix, 64)",
    ),
    (
        "objects",
        "const people = Array.from({ length: 1000 }, (_, i) => ({ name: 'n' + i, age: i % 90, tags: ['a', 'b', i] }));
         function count(list) {
           const ages = new Map();
           for (const { age, tags } of list) {
             for (let i = 0; i < tags.length; i++) ages.set(age, (ages.get(age) ?? 0) + (tags[i] === 'a' ? 1 : 0));
           }
           return ages;
         }",
        "count(people)",
    ),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = group(criterion, "flags");
    group.sample_size(12);
    for (name, ..) in PROGRAMS {
        for (id, flag) in [("unrolled", UNROLLED), ("not-unrolled", NOT_UNROLLED)] {
            group.bench_function(format!("{name}-{id}"), |bencher| {
                bencher.iter_custom(|times| in_a_child(flag, name, times));
            });
        }
    }
}

fn in_a_child(flag: &str, program: &str, times: u64) -> Duration {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).env(CHILD, format!("{flag} {program} {times}")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    Duration::from_nanos(text.trim().parse().unwrap_or_else(|_| panic!("{output:?}")))
}

/// Where this process is such a child: runs what it was made for and prints the nanoseconds.
pub(crate) fn child() -> bool {
    let Ok(order) = std::env::var(CHILD) else { return false };
    let mut words = order.split(' ');
    let mut word = || words.next().unwrap().to_owned();
    let (flag, name, times) = (word(), word(), word().parse::<u64>().unwrap());
    let (_, prelude, round) = PROGRAMS.iter().find(|(known, ..)| *known == name).unwrap();
    v8::V8::set_flags_from_string(&flag);
    v8::V8::initialize_platform(v8::new_unprotected_default_platform(1, false).make_shared());
    v8::V8::initialize();
    let mut realm = Realm::new();
    realm.prepare(&format!(
        "{prelude};
         const small = new Uint8Array(16 << 10).fill(7);
         const picture = new Uint8Array(200 * 150 * 3).fill(9);"
    ));
    realm.define("round", &format!("let last; for (let i = 0; i < n; i++) last = {round}; return last;"));
    realm.time("round", 300); // optimises it
    println!("{}", realm.time("round", times).as_nanos());
    true
}
