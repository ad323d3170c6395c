//! Innerbox's side of `cargo xtask bench-isolated-vm`: sandboxes made and dropped, their time and their memory.
//!
//! Memory is the process's, so each measurement has one of its own: `cargo bench -- beside NAME` takes the one, and prints it as
//! JSON. `xtask/src/bench_isolated_vm/measure.cjs` measures the same.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use innerbox::{HeapStatistics, Sandbox};
use serde_json::{Value, json};

use crate::pool::Warm;
use crate::subject::{done, engine};

/// The first word of such a command.
const BESIDE: &str = "beside";

/// What each measurement runs.
const SCRIPT: &str = "1 + 1";

/// Rounds before what is measured: caches are filled, and what is made once for all is made.
const WARM_UP: usize = 20;

const TIMED: usize = 200;
const IDLE: usize = 200;
const GONE: [usize; 2] = [1_000, 10_000];

/// What threads in the background still do when the last round is over.
const AFTERMATH: Duration = Duration::from_millis(500);

/// Where this process is asked for one measurement: takes it, prints it, and is true.
pub(crate) fn asked() -> bool {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some(BESIDE) {
        return false;
    }
    let measured = match words.next().as_deref() {
        Some("fresh") => timed(|| drop(used())),
        Some("pool") => pool(),
        Some("idle") => idle(),
        Some("gone") => gone(),
        Some("context") => contexts(),
        other => panic!("{other:?}: `fresh`, `context`, `pool`, `idle` or `gone` expected"),
    };
    println!("{measured}");
    true
}

/// A fresh sandbox that has run the script.
fn used() -> Sandbox {
    let mut sandbox = Sandbox::builder(engine()).build().unwrap();
    done(sandbox.eval(SCRIPT));
    sandbox
}

/// A fresh context of a sandbox that lives on.
fn contexts() -> Value {
    let mut sandbox = used();
    let first = sandbox.context();
    timed(|| {
        let context = sandbox.new_context().unwrap();
        sandbox.switch_to(&context).unwrap();
        done(sandbox.eval(SCRIPT));
        sandbox.switch_to(&first).unwrap();
    })
}

fn timed(mut round: impl FnMut()) -> Value {
    (0..WARM_UP).for_each(|_| round());
    let before = processor_ns();
    let times = (0..TIMED).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    let times: Vec<Duration> = times.collect();
    let processor = (processor_ns() - before) / TIMED as f64;
    least_and_median(times, Some(processor))
}

/// From asking a pool that has sandboxes ready to the answer.
fn pool() -> Value {
    let warm = Warm::new(engine());
    (0..WARM_UP).for_each(|_| {
        warm.time();
    });
    least_and_median((0..TIMED).map(|_| warm.time()).collect(), None)
}

fn least_and_median(mut times: Vec<Duration>, processor_ns: Option<f64>) -> Value {
    times.sort();
    let ns = |time: Duration| time.as_nanos() as f64;
    json!({ "least_ns": ns(times[0]), "median_ns": ns(times[times.len() / 2]), "processor_ns": processor_ns })
}

/// What each of many sandboxes adds to the process that have nothing to do.
fn idle() -> Value {
    let first: Vec<Sandbox> = (0..WARM_UP).map(|_| used()).collect();
    let before = resident_bytes();
    let mut idle: Vec<Sandbox> = (0..IDLE).map(|_| used()).collect();
    let resident = (resident_bytes() - before) / IDLE as f64;
    let statistics: Vec<HeapStatistics> = idle.iter_mut().map(Sandbox::heap_statistics).collect();
    drop(first);
    let each = |what: fn(&HeapStatistics) -> u64| {
        statistics.iter().map(|one| what(one) as f64).sum::<f64>() / IDLE as f64
    };
    json!({
        "resident_bytes": resident,
        "heap_bytes": each(|one| one.total_physical),
        "objects_bytes": each(|one| one.used),
        "malloced_bytes": each(|one| one.malloced),
    })
}

/// What the process occupies after so many sandboxes, one after the other.
fn gone() -> Value {
    let mut so_far = 0;
    let after = GONE.map(|count| {
        (so_far..count).for_each(|_| drop(used()));
        so_far = count;
        sleep(AFTERMATH);
        resident_bytes()
    });
    json!({ "first_bytes": after[0], "last_bytes": after[1] })
}

/// Exact, where `/proc/self/statm` may be some hundred kilobytes behind.
fn resident_bytes() -> f64 {
    let map = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = map.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

/// Processor time of all threads of the process that live.
fn processor_ns() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let ns = threads.filter_map(|thread| {
        let used = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        used.split(' ').next()?.parse::<f64>().ok()
    });
    ns.sum()
}
