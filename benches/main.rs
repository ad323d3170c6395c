//! What it costs to cross into a component, to start a sandbox, and to work inside one; beside each figure the floor that
//! this machine sets. `docs/benchmarks.md` explains the figures.
//!
//! ```text
//! cargo xtask guests && cargo bench            # all of it, in some minutes
//! cargo bench -- call/                         # one group; `-- --help` for criterion's own flags
//! ```
//!
//! One binary, for linking V8 and wasmtime takes longer than running most of this.
#![expect(clippy::print_stdout, reason = "the report is for people to read")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot set up its subject has nothing better to do")]

mod beside;
mod call;
mod flags;
mod floor;
mod neighbours;
mod pairs;
mod pool;
mod prelude;
mod snapshot;
mod start;
mod work;

mod raw;
mod subject;

mod report;

use std::time::SystemTime;

use pairs::Pairs;

fn main() {
    if flags::child() || beside::asked() || neighbours::asked() {
        return;
    }
    let mut criterion = subject::criterion().configure_from_args();
    for name in ["fixture-echo", "fixture-trap", "digest", "image"] {
        subject::guest(name);
    }
    let begin = SystemTime::now();
    let mut pairs = Pairs::new();
    floor::bench(&mut criterion, &mut pairs.floors);
    call::bench(&mut criterion, &mut pairs);
    start::bench(&mut criterion);
    snapshot::bench(&mut criterion);
    prelude::bench(&mut criterion);
    work::bench(&mut criterion);
    flags::bench(&mut criterion);
    criterion.final_summary();
    // `cargo bench` says `--bench`; without it criterion only tries each benchmark once, and nothing was measured.
    if std::env::args().any(|argument| argument == "--bench") {
        pairs.save();
        report::tell(begin);
    }
}
