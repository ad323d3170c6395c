//! What a quiet tenant of a pool notices of a neighbour that spins on another thread.
//!
//! `cargo bench -- neighbours` measures by itself and prints a table: criterion asks for the least time, and this is about
//! the worst.

use std::time::{Duration, Instant};

use innerbox::{Limits, Pool, PoolOptions, Sandbox, Tenant};

use crate::subject::{done, engine};

/// The word that asks for it.
const NEIGHBOURS: &str = "neighbours";

/// What the quiet tenant runs: a small request, some 30 microseconds.
const REQUEST: &str = "JSON.stringify(Array.from({ length: 50 }, (_, i) => ({ i, square: i * i }))).length";

const WARM_UP: usize = 500;

/// Requests of one stretch. Stretches alone and beside the neighbour alternate, for machines change their pace.
const REQUESTS: usize = 1_000;
const STRETCHES: usize = 10;

/// Where this process is asked for it: measures, prints, and is true.
pub(crate) fn asked() -> bool {
    if std::env::args().nth(1).as_deref() != Some(NEIGHBOURS) {
        return false;
    }
    let pool = Pool::new(engine(), PoolOptions { threads: 2, queued: 1_000, ready: 1 }, |engine| {
        let limits = Limits { wall: Some(Duration::from_secs(3600)), cpu: None, ..Limits::default() };
        Sandbox::builder(engine).limits(limits).build()
    });
    let pool = pool.unwrap();
    // The first tenant is on one thread, and the next on the other: each goes where there are fewest.
    let quiet = pool.tenant();
    times(&quiet, WARM_UP);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..STRETCHES {
        alone.extend(times(&quiet, REQUESTS));
        let spinning = pool.tenant();
        drop(spinning.eval("for (;;) {}"));
        beside.extend(times(&quiet, REQUESTS));
        spinning.dispose();
    }
    print(alone, beside);
    true
}

fn times(tenant: &Tenant, count: usize) -> Vec<Duration> {
    let one = |_| {
        let start = Instant::now();
        let completion = tenant.eval(REQUEST).wait().unwrap();
        let time = start.elapsed();
        done(completion);
        time
    };
    (0..count).map(one).collect()
}

fn print(mut alone: Vec<Duration>, mut beside: Vec<Duration>) {
    alone.sort();
    beside.sort();
    println!("{:>8} {:>12} {:>12} {:>7}", "", "alone", "beside", "ratio");
    for (name, share) in [("median", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        let at = |times: &[Duration]| times[(times.len() as f64 * share) as usize];
        let (alone, beside) = (at(&alone), at(&beside));
        let ratio = beside.as_secs_f64() / alone.as_secs_f64();
        println!("{name:>8} {alone:>12.1?} {beside:>12.1?} {ratio:>7.2}");
    }
}
