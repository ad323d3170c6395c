//! A pool of threads, and the tenants that are pinned to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use innerbox::{Error, Limits, Lost, Outcome, Pool, PoolOptions, Sandbox, Tenant};

use crate::support::ENGINE;

fn pool(options: PoolOptions) -> Pool {
    let limits = Limits { wall: Some(Duration::from_secs(60)), ..Limits::default() };
    Pool::new(&ENGINE, options, move |engine| Sandbox::builder(engine).limits(limits).build()).unwrap()
}

const ONE: PoolOptions = PoolOptions { threads: 1, queued: 1000, ready: 1 };

fn number(tenant: &Tenant, source: &str) -> u64 {
    tenant.eval(source).wait().unwrap().into_value().unwrap()
}

#[test]
fn each_tenant_has_a_sandbox_that_it_keeps() {
    let pool = pool(PoolOptions { threads: 3, ..ONE });
    let tenants: Vec<_> = (0..12).map(|_| pool.tenant()).collect();
    for (start, tenant) in tenants.iter().enumerate() {
        assert_eq!(number(tenant, &format!("globalThis.count = {start}")), start as u64);
    }
    for _ in 0..3 {
        tenants.iter().for_each(|tenant| drop(tenant.eval("count++")));
    }
    for (start, tenant) in tenants.iter().enumerate() {
        assert_eq!(number(tenant, "count"), start as u64 + 3);
    }
}

#[test]
fn a_tenant_with_much_work_does_not_keep_the_others_waiting() {
    let pool = pool(ONE);
    let (busy, quiet) = (pool.tenant(), pool.tenant());
    let done = Arc::new(AtomicUsize::new(0));
    let gate = hold(&busy);
    let many: Vec<_> = (0..100)
        .map(|_| {
            let done = Arc::clone(&done);
            busy.schedule(move |_| done.fetch_add(1, Ordering::SeqCst))
        })
        .collect();
    let counted = Arc::clone(&done);
    let one = quiet.schedule(move |_| counted.load(Ordering::SeqCst));
    drop(gate);
    assert!(one.wait().unwrap() <= 1, "it has its turn after one piece of the other's");
    assert_eq!(many.into_iter().map(|ticket| ticket.wait().unwrap()).max(), Some(99));
}

/// Holds the tenant's thread until the answer is dropped.
fn hold(tenant: &Tenant) -> std::sync::mpsc::Sender<()> {
    let (gate, held) = std::sync::mpsc::channel::<()>();
    let (started, starts) = std::sync::mpsc::channel();
    drop(tenant.schedule(move |_| {
        started.send(()).unwrap();
        let _ = held.recv();
    }));
    starts.recv().unwrap();
    gate
}

#[test]
fn a_full_queue_refuses_or_makes_wait() {
    let pool = pool(PoolOptions { queued: 2, ..ONE });
    let tenant = pool.tenant();
    let gate = hold(&tenant);
    let waiting: Vec<_> = (0..2).map(|value| tenant.try_schedule(move |_| value).unwrap()).collect();
    assert!(matches!(tenant.try_schedule(|_| ()), Err(Error::Busy { waiting: 2 })));
    let patient = {
        let tenant = tenant.clone();
        std::thread::spawn(move || tenant.schedule(|_| 2).wait().unwrap())
    };
    drop(gate);
    assert_eq!(patient.join().unwrap(), 2);
    assert_eq!(waiting.into_iter().map(|ticket| ticket.wait().unwrap()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn work_that_waits_is_cancelled_and_leaves_the_sandbox_as_it_is() {
    let pool = pool(ONE);
    let tenant = pool.tenant();
    assert_eq!(number(&tenant, "globalThis.ran = 0"), 0);
    let gate = hold(&tenant);
    let ticket = tenant.eval("ran = 1");
    ticket.cancel();
    drop(gate);
    assert!(matches!(ticket.wait(), Err(Lost::Cancelled)));
    assert_eq!(number(&tenant, "ran"), 0);
}

#[test]
fn work_that_runs_is_cancelled_and_its_sandbox_condemned() {
    let pool = pool(ONE);
    for endless in ["for (;;) {}", "new Promise(resolve => setTimeout(resolve, 50_000))"] {
        let (tenant, other) = (pool.tenant(), pool.tenant());
        assert_eq!(number(&other, "globalThis.mine = 7"), 7);
        let ticket = tenant.eval(endless);
        std::thread::sleep(Duration::from_millis(50));
        let start = Instant::now();
        ticket.cancel();
        assert!(matches!(ticket.wait(), Err(Lost::Cancelled)));
        assert!(start.elapsed() < Duration::from_secs(5), "{endless}: {:?}", start.elapsed());
        let after = tenant.eval("1").wait().unwrap();
        assert!(matches!(after.outcome, Outcome::Died { .. }), "{after:?}");
        assert_eq!(number(&other, "mine"), 7, "another tenant of the thread sees nothing");
    }
}

#[test]
fn a_cancellation_that_comes_late_ends_nothing_else() {
    let pool = pool(ONE);
    let tenant = pool.tenant();
    for round in 0..200 {
        let ticket = tenant.eval("1 + 1");
        let next = tenant.eval(format!("{round}"));
        std::thread::sleep(Duration::from_micros(round % 20 * 20));
        ticket.cancel();
        match ticket.wait() {
            Ok(completion) => assert_eq!(completion.into_value::<u64>().unwrap(), 2),
            // It was caught while it ran, and its sandbox is dead; so is what comes after it.
            Err(Lost::Cancelled) if matches!(next.wait().unwrap().outcome, Outcome::Died { .. }) => break,
            Err(Lost::Cancelled) => continue,
            Err(lost) => panic!("{lost}"),
        }
    }
    assert_eq!(number(&pool.tenant(), "3"), 3);
}

#[test]
fn disposal_loses_what_waits_and_ends_what_runs() {
    let pool = pool(ONE);
    let (tenant, other) = (pool.tenant(), pool.tenant());
    let running = tenant.eval("for (;;) {}");
    let waiting = tenant.eval("1");
    std::thread::sleep(Duration::from_millis(20));
    tenant.dispose();
    assert!(matches!(running.wait(), Err(Lost::Disposed)));
    assert!(matches!(waiting.wait(), Err(Lost::Disposed)));
    assert!(matches!(tenant.eval("1").wait(), Err(Lost::Disposed)));
    tenant.dispose();
    assert_eq!(number(&other, "2"), 2);
}

#[test]
fn a_task_that_panics_is_told_and_the_thread_goes_on() {
    let pool = pool(ONE);
    let tenant = pool.tenant();
    let lost = tenant.schedule(|_| -> () { panic!("by design") }).wait();
    assert!(matches!(lost, Err(Lost::Panicked(message)) if message == "by design"));
    assert_eq!(number(&tenant, "5"), 5);
}

#[test]
fn no_sandbox_no_work() {
    let limits = Limits { heap_bytes: 1, ..Limits::default() };
    let make = move |engine: &innerbox::Engine| Sandbox::builder(engine).limits(limits).build();
    let pool = Pool::new(&ENGINE, ONE, make).unwrap();
    assert!(matches!(pool.eval_once("1").wait(), Err(Lost::Sandbox(Error::Config(_)))));
}

#[test]
fn draining_finishes_what_waits_and_dropping_does_not() {
    let drained = pool(ONE);
    let tenant = drained.tenant();
    let tickets: Vec<_> = (0..50).map(|value| tenant.eval(format!("{value}"))).collect();
    drained.drain();
    let values = tickets.into_iter().map(|ticket| ticket.wait().unwrap().into_value::<u64>().unwrap());
    assert_eq!(values.sum::<u64>(), 49 * 50 / 2);
    assert!(matches!(tenant.eval("1").wait(), Err(Lost::Closed)));

    let dropped = pool(ONE);
    let tenant = dropped.tenant();
    let endless = tenant.eval("for (;;) {}");
    let waiting = tenant.eval("1");
    std::thread::sleep(Duration::from_millis(20));
    drop(dropped);
    assert!(matches!(endless.wait(), Err(Lost::Closed)));
    assert!(matches!(waiting.wait(), Err(Lost::Closed)));
}

/// Many threads give work, cancel it and dispose of tenants at any moment, while others only want their answers.
#[test]
fn whatever_happens_to_others_a_tenant_gets_its_own_answers() {
    let pool = pool(PoolOptions { threads: 2, queued: 8, ready: 1 });
    std::thread::scope(|threads| {
        for seed in 0..4_u64 {
            let pool = &pool;
            threads.spawn(move || {
                for round in 0..60 {
                    let tenant = pool.tenant();
                    let tickets: Vec<_> =
                        (0..4).map(|_| tenant.eval("for (let i = 0; i < 1e6; i++);")).collect();
                    std::thread::sleep(Duration::from_micros((seed * 7919 + round * 104_729) % 3000));
                    match round % 3 {
                        0 => tenant.dispose(),
                        1 => tickets.iter().for_each(innerbox::Ticket::cancel),
                        _ => {}
                    }
                    tickets.into_iter().for_each(|ticket| drop(ticket.wait()));
                }
            });
        }
        for start in 0..2_u64 {
            let tenant = pool.tenant();
            threads.spawn(move || {
                drop(tenant.eval(format!("globalThis.count = {start}")).wait().unwrap());
                for round in 1..150 {
                    assert_eq!(number(&tenant, "++count"), start + round);
                }
            });
        }
    });
}

/// Waits so many milliseconds, and gives them.
fn sleep(tenant: &Tenant, ms: u64) -> innerbox::Ticket<innerbox::Completion> {
    tenant.eval(format!("new Promise((resolve) => setTimeout(() => resolve({ms}), {ms}))"))
}

#[test]
fn a_run_that_waits_leaves_its_thread_to_others() {
    let pool = pool(ONE);
    let (sleeper, other) = (pool.tenant(), pool.tenant());
    let start = Instant::now();
    let asleep = sleep(&sleeper, 2_000);
    let module = sleeper.run_module_source(
        "main.js",
        "export default await new Promise((resolve) => setTimeout(() => resolve('awake'), 10))",
    );
    assert_eq!(number(&other, "1 + 1"), 2);
    let apart = start.elapsed();
    assert_eq!(asleep.wait().unwrap().into_value::<u64>().unwrap(), 2_000);
    assert!(apart < Duration::from_millis(1_500), "{apart:?}");
    assert_eq!(module.wait().unwrap().into_value::<String>().unwrap(), "awake");
}

#[test]
fn many_runs_wait_on_one_thread_at_once() {
    const TENANTS: u64 = 40;
    let pool = pool(ONE);
    let tenants: Vec<_> = (0..TENANTS).map(|_| pool.tenant()).collect();
    tenants.iter().for_each(|tenant| drop(tenant.eval("0").wait()));
    let start = Instant::now();
    let asleep: Vec<_> =
        (0..TENANTS).map(|number| sleep(&tenants[number as usize], 1_000 + number)).collect();
    for (number, ticket) in asleep.into_iter().enumerate() {
        assert_eq!(ticket.wait().unwrap().into_value::<u64>().unwrap(), 1_000 + number as u64);
    }
    assert!(start.elapsed() < Duration::from_secs(TENANTS / 4), "{:?}", start.elapsed());
}

#[test]
fn what_others_do_meanwhile_is_not_in_the_processor_time_of_a_run_that_waits() {
    let limits = Limits { cpu: Some(Duration::from_millis(400)), ..Limits::default() };
    let pool =
        Pool::new(&ENGINE, ONE, move |engine| Sandbox::builder(engine).limits(limits).build()).unwrap();
    let (sleeper, spinner) = (pool.tenant(), pool.tenant());
    let asleep = sleep(&sleeper, 300);
    let spun = spinner.eval("for (;;);").wait().unwrap();
    assert!(matches!(spun.outcome, Outcome::Limit { .. }), "{:?}", spun.outcome);
    let slept = asleep.wait().unwrap();
    assert!(slept.usage.cpu < Duration::from_millis(200), "{:?}", slept.usage);
    assert!(slept.usage.wall >= Duration::from_millis(300));
    assert_eq!(slept.into_value::<u64>().unwrap(), 300);
}

#[test]
fn the_pieces_of_one_tenant_never_overlap() {
    let pool = pool(ONE);
    let (tenant, other) = (pool.tenant(), pool.tenant());
    let first = tenant.eval(
        "globalThis.steps = []; (async () => {
           for (let i = 0; i < 5; i++) { steps.push('first'); await new Promise((resolve) => setTimeout(resolve, 5)); }
         })()",
    );
    let second = tenant.eval("steps.push('second'); steps.join()");
    let meanwhile: Vec<_> = (0..20).map(|_| other.eval("1")).collect();
    assert_eq!(
        second.wait().unwrap().into_value::<String>().unwrap(),
        "first,first,first,first,first,second"
    );
    assert!(matches!(first.wait().unwrap().outcome, Outcome::Returned { .. }));
    meanwhile
        .into_iter()
        .for_each(|ticket| assert_eq!(ticket.wait().unwrap().into_value::<u64>().unwrap(), 1));
}

#[test]
fn the_limits_hold_of_a_run_that_waits() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    let pool =
        Pool::new(&ENGINE, ONE, move |engine| Sandbox::builder(engine).limits(limits).build()).unwrap();
    let (endless, other) = (pool.tenant(), pool.tenant());
    let start = Instant::now();
    let ended = endless.eval("setInterval(() => {}, 20); new Promise(() => {})");
    assert_eq!(number(&other, "1"), 1);
    let ended = ended.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    let Outcome::Limit { limit, .. } = &ended.outcome else { panic!("{:?}", ended.outcome) };
    assert_eq!(limit.which, innerbox::Limit::WallMs);
    // A run with nothing left to wait for ends at once.
    let unsettled = other.eval("new Promise(() => {})").wait().unwrap();
    let Outcome::Threw { error } = &unsettled.outcome else { panic!("{:?}", unsettled.outcome) };
    assert_eq!(error.code.as_deref(), Some("ERR_UNSETTLED_PROMISE"));
    assert!(matches!(endless.eval("1").wait().unwrap().outcome, Outcome::Died { .. }));
}

#[test]
fn a_run_that_waits_can_be_ended_in_every_way() {
    let pool = pool(ONE);
    let begun = |tenant: &Tenant| {
        let ticket = sleep(tenant, 30_000);
        // Once another one has had its turn, this one has, too.
        let other = pool.tenant();
        (0..3).for_each(|_| assert_eq!(number(&other, "1"), 1));
        ticket
    };
    let start = Instant::now();
    let tenant = pool.tenant();
    let ticket = begun(&tenant);
    ticket.cancel();
    assert!(matches!(ticket.wait(), Err(Lost::Cancelled)));
    assert!(matches!(tenant.eval("1").wait().unwrap().outcome, Outcome::Died { .. }));

    let tenant = pool.tenant();
    let ticket = begun(&tenant);
    tenant.dispose();
    assert!(matches!(ticket.wait(), Err(Lost::Disposed)));

    let tenant = pool.tenant();
    let handle = tenant.schedule(|sandbox| sandbox.handle()).wait().unwrap();
    let ticket = begun(&tenant);
    handle.terminate();
    assert!(matches!(ticket.wait().unwrap().outcome, Outcome::Died { .. }));

    let ticket = begun(&pool.tenant());
    drop(pool);
    assert!(matches!(ticket.wait(), Err(Lost::Closed)));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn draining_waits_for_runs_that_wait() {
    let pool = pool(ONE);
    let tenant = pool.tenant();
    let (asleep, next) = (sleep(&tenant, 200), tenant.eval("'next'"));
    pool.drain();
    assert_eq!(asleep.wait().unwrap().into_value::<u64>().unwrap(), 200);
    assert_eq!(next.wait().unwrap().into_value::<String>().unwrap(), "next");
}

#[test]
fn a_script_that_waits_answers_who_asks_for_it_from_the_same_thread() {
    let pool = pool(ONE);
    let (asked, asking) = (pool.tenant(), pool.tenant());
    let add =
        asked.eval_into::<innerbox::Reference>("(a, b) => a + b").wait().unwrap().into_returned().unwrap();
    asking.set_global("add", add).wait().unwrap();
    let asleep = sleep(&asked, 1_000);
    let sums = asking.eval(
        "(async () => [add.applySync(undefined, [1, 2]), await add.apply(undefined, [3, 4])].join())()",
    );
    assert_eq!(sums.wait().unwrap().into_value::<String>().unwrap(), "3,7");
    assert_eq!(asleep.wait().unwrap().into_value::<u64>().unwrap(), 1_000);
}
