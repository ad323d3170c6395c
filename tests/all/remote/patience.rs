//! What is asked for by a reference has the wall time of a run, from when it was asked for: then it is over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use innerbox::{Limits, Pool, PoolOptions, Reference, Sandbox, Tenant};

use crate::support::ENGINE;

const WALL: Duration = Duration::from_millis(300);

/// Two tenants; the second has so little time.
fn each_placing(test: impl Fn(&Tenant, &Tenant)) {
    placing(1, &test);
    placing(2, &test);
}

fn placing(threads: usize, test: impl Fn(&Tenant, &Tenant)) {
    let options = PoolOptions { threads, queued: 1000, ready: 0 };
    let made = AtomicUsize::new(0);
    let pool = Pool::new(&ENGINE, options, move |engine| {
        let wall = if made.fetch_add(1, Ordering::SeqCst) == 0 { WALL * 20 } else { WALL };
        Sandbox::builder(engine).limits(Limits { wall: Some(wall), ..Limits::default() }).build()
    })
    .unwrap();
    let (one, other) = (pool.tenant(), pool.tenant());
    number(&one, "1");
    test(&one, &other);
}

fn lend(from: &Tenant, source: &str, to: &Tenant, name: &str) {
    let reference: Reference = from.eval_into(source).wait().unwrap().into_returned().unwrap();
    to.set_global(name, reference).wait().unwrap().into_returned().unwrap();
}

#[track_caller]
fn number(tenant: &Tenant, source: &str) -> u32 {
    tenant.eval(source).wait().unwrap().into_value().unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// The number goes on for a while, and then stays what it is.
#[track_caller]
fn stops(tenant: &Tenant, source: &str) {
    let began = Instant::now();
    let mut before = number(tenant, source);
    loop {
        std::thread::sleep(WALL / 3);
        let now = number(tenant, source);
        if now == before && now > 0 {
            break;
        }
        before = now;
        assert!(began.elapsed() < WALL * 20, "{source}: it goes on for ever");
    }
    std::thread::sleep(WALL);
    assert_eq!(number(tenant, source), before, "{source}");
}

#[test]
fn an_interval_goes_on_for_the_time_of_a_run_and_delays_nobody() {
    each_placing(|one, other| {
        lend(other, "var n = 0; () => { setInterval(() => n++, 5); return 1; }", one, "start");
        let began = Instant::now();
        assert_eq!(number(one, "start.apply()"), 1);
        while number(other, "n") < 3 {
            assert!(began.elapsed() < WALL * 20, "it never runs");
        }
        stops(other, "n");
        // What is asked for later has a time of its own.
        let before = number(other, "n");
        assert_eq!(number(one, "start.apply()"), 1);
        while number(other, "n") == before {
            assert!(began.elapsed() < WALL * 20, "it never runs again");
        }
    });
}

#[test]
fn what_is_due_too_late_is_never_done() {
    each_placing(|one, other| {
        let later = 2 * WALL.as_millis();
        let source = format!(
            "var done = [];
             () => {{ setTimeout(() => done.push('soon'), 10); setTimeout(() => done.push('late'), {later}); }}"
        );
        lend(other, &source, one, "start");
        one.eval("start.applySync()").wait().unwrap().into_returned().unwrap();
        std::thread::sleep(WALL * 3);
        let done: Vec<String> = other.eval("done").wait().unwrap().into_value().unwrap();
        assert_eq!(done, ["soon"]);
    });
}

#[test]
fn a_promise_that_is_never_settled_is_answered_when_its_time_is_over() {
    each_placing(|one, other| {
        lend(other, "() => new Promise(() => {})", one, "f");
        for call in ["f.apply()", "(async () => f.applySync())()"] {
            let began = Instant::now();
            let source = format!("{call}.catch(error => [error.code, error.message].join(': '))");
            let told: String = one.eval(source).wait().unwrap().into_value().unwrap();
            assert_eq!(
                told,
                "ERR_LIMIT: limit reached: wall time: the other isolate has not answered within the time of a run"
            );
            assert!(began.elapsed() >= WALL && began.elapsed() < WALL * 10, "{:?}", began.elapsed());
        }
        assert_eq!(number(other, "1"), 1);
    });
}

#[test]
fn two_that_ask_each_other_for_ever_come_to_an_end() {
    each_placing(|one, other| {
        lend(one, "var n = 0; () => { n++; toOther?.applyIgnored(); }", other, "toOne");
        lend(other, "() => { toOne.applyIgnored(); }", one, "toOther");
        one.eval("toOther.applyIgnored()").wait().unwrap().into_returned().unwrap();
        stops(one, "n");
    });
}

#[test]
fn a_run_waits_for_its_own_work_alone() {
    // On one thread, who waits keeps it.
    placing(2, |one, other| {
        lend(other, "() => new Promise(resolve => setTimeout(() => resolve(2), 200))", one, "slowly");
        let waiting = one.eval("slowly.apply()");
        std::thread::sleep(Duration::from_millis(20));
        let began = Instant::now();
        assert_eq!(number(other, "1"), 1);
        assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
        assert_eq!(waiting.wait().unwrap().into_value::<u32>().unwrap(), 2);
    });
}
