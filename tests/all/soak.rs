//! What stays in memory when sandboxes came and went, and when one sandbox runs very many scripts.
#![expect(clippy::print_stdout, reason = "what was measured is to be read in the log")]

use std::process::{Command, Stdio};

use innerbox::{Config, Engine, Grant, Limits, Sandbox};

/// Sandboxes that come and go; `INNERBOX_SOAK` sets another number, of scripts as well.
const ROUNDS: usize = 600;

/// Scripts that one sandbox runs, for each sandbox of the other test.
const SCRIPTS_EACH: usize = 40;

/// Set in the process that makes the sandboxes: others would grow beside it.
const CHILD: &str = "INNERBOX_SOAK_CHILD";

/// By how much a process may grow, whatever it does: pages that V8 and the allocator happen to hold.
const NOISE_BYTES: f64 = 800_000.0;

/// By how much for each sandbox: anything that is kept of one on purpose is larger.
const SLOPE_BYTES: f64 = 100.0;

fn rounds() -> usize {
    std::env::var("INNERBOX_SOAK").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// A tenant that uses some of everything, and leaves something of each behind.
const TENANT: &str = "
    console.log('hello', { from: 'here' });
    setTimeout(() => {}, 1);
    const held = Array.from({ length: 100 }, () => new Uint8Array(1000));
    new Promise(() => {});
    structuredClone({ some: ['thing'] }).some[0] + process.platform + new URL('https://example.test/a').pathname";

fn come_and_go(engine: &Engine, number: usize) {
    let sandbox = Sandbox::builder(engine).grant(Grant::variable("NUMBER", number.to_string()));
    let mut sandbox = sandbox.limits(Limits::default()).build().unwrap();
    let source = if number.is_multiple_of(2) { TENANT } else { "throw new Error('an error')" };
    let _ = sandbox.eval(source);
}

/// Bytes of the process, exactly.
pub(crate) fn resident_bytes() -> f64 {
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = map.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

#[test]
fn sandboxes_that_are_gone_leave_nothing_behind() {
    if std::env::var_os(CHILD).is_none() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "soak::sandboxes_that_are_gone_leave_nothing_behind", "--nocapture"]);
        let output = command.env(CHILD, "1").stdin(Stdio::null()).output().unwrap();
        println!("{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let engine = Engine::new(Config::new().cache_off()).unwrap();
    let (warm_up, rounds) = (rounds() / 3, rounds());
    (0..warm_up).for_each(|number| come_and_go(&engine, number));
    let before = resident_bytes();
    (warm_up..rounds).for_each(|number| come_and_go(&engine, number));
    let grown = resident_bytes() - before;
    let allowed = NOISE_BYTES + SLOPE_BYTES * (rounds - warm_up) as f64;
    println!("{before} bytes after {warm_up} sandboxes, {grown} more after {rounds}, {allowed} allowed");
    assert!(grown <= allowed, "the process grew by {grown} bytes, {allowed} allowed");
}

/// Heap of the sandbox that runs them: what V8 keeps of so many scripts would not fit.
const HEAP_BYTES: usize = Limits::HEAP_BYTES_MIN;

#[test]
fn scripts_that_are_over_leave_nothing_behind() {
    let engine = Engine::new(Config::new().cache_off()).unwrap();
    let limits = Limits { heap_bytes: HEAP_BYTES, ..Limits::without_deadline() };
    let mut sandbox = Sandbox::builder(&engine).limits(limits).build().unwrap();
    let scripts = rounds() * SCRIPTS_EACH;
    for number in 0..scripts {
        let completion = sandbox.eval(&format!("for (let i = 0; i < 10; i++); {number}"));
        assert_eq!(completion.into_value::<u32>().unwrap() as usize, number);
    }
    sandbox.collect_garbage();
    let heap = sandbox.heap_statistics();
    println!("{} bytes of heap after {scripts} scripts", heap.used);
    assert!(heap.used < 1 << 20, "{} bytes are left of {scripts} scripts", heap.used);
}
