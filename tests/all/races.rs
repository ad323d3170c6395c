//! Runs that end about when their time is over: whatever ends them, no later run is ended by an earlier one's deadline.
#![expect(clippy::print_stdout, reason = "how many races there were is to be read in the log")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use innerbox::{Config, Engine, Limit, Limits, Outcome, Sandbox, Value};

/// Runs that are raced against their deadlines; `INNERBOX_RACES` sets another number.
const RACES: u32 = 20_000;

/// Threads that race. Each has a sandbox at a time, and all have one watchdog.
const THREADS: u32 = 2;

/// What a run may take: about as long as it needs.
const ALLOWED: Duration = Duration::from_micros(200);

fn sandbox(engine: &Engine, which: Limit) -> Sandbox {
    let (wall, cpu) = match which {
        Limit::WallMs => (Some(ALLOWED), None),
        _ => (None, Some(ALLOWED)),
    };
    Sandbox::builder(engine).limits(Limits { wall, cpu, ..Limits::default() }).build().unwrap()
}

/// Races, each a little longer than the one before until one is ended; gives how many were.
fn race(engine: &Engine, which: Limit, races: u32) -> u32 {
    let mut sandbox = sandbox(engine, which);
    let (mut rounds, mut ended) = (2_000, 0);
    for number in 0..races {
        let begun = Instant::now();
        match sandbox.eval(&format!("for (let i = 0; i < {rounds}; i++); {number}")).outcome {
            Outcome::Returned { value } => {
                assert_eq!(value, Value::Number(f64::from(number)));
                rounds += rounds / 100 + 1;
            }
            Outcome::Limit { limit, .. } => {
                assert_eq!(limit.which, which);
                assert!(begun.elapsed() >= ALLOWED, "run {number} was ended after {:?}", begun.elapsed());
                ended += 1;
                rounds -= rounds / 5;
                sandbox = self::sandbox(engine, which);
            }
            outcome => panic!("run {number}: {outcome:?}"),
        }
    }
    ended
}

/// Runs of one quiet sandbox; then comes another.
const RUNS_EACH: u32 = 10_000;

/// Runs beside them that nothing may end.
fn stay_quiet(engine: &Engine, over: &AtomicBool) {
    let mut sandbox = Sandbox::builder(engine).limits(Limits::without_deadline()).build().unwrap();
    let mut number = 0_u32;
    while !over.load(Ordering::Acquire) {
        // V8 keeps something of every script, and the heap has a limit.
        if number % RUNS_EACH == RUNS_EACH - 1 {
            sandbox = Sandbox::builder(engine).limits(Limits::without_deadline()).build().unwrap();
        }
        let completion = sandbox.eval(&format!("for (let i = 0; i < 1000; i++); {number}"));
        assert_eq!(completion.into_value::<u32>().unwrap(), number, "the quiet neighbour's run");
        number += 1;
        std::thread::sleep(Duration::from_micros(100));
    }
    assert!(number > 0);
}

#[test]
fn no_run_is_ended_by_the_deadline_of_another() {
    let races = std::env::var("INNERBOX_RACES").map_or(RACES, |races| races.parse().unwrap());
    let engine = Engine::new(Config::new().cache_off()).unwrap();
    let over = AtomicBool::new(false);
    let ended: u32 = std::thread::scope(|scope| {
        let quiet = scope.spawn(|| stay_quiet(&engine, &over));
        let engine = &engine;
        let racers: Vec<_> = [Limit::WallMs, Limit::CpuMs]
            .map(|which| scope.spawn(move || race(engine, which, races / THREADS)))
            .into_iter()
            .collect();
        let ended = racers.into_iter().map(|racer| racer.join().unwrap()).sum();
        over.store(true, Ordering::Release);
        quiet.join().unwrap();
        ended
    });
    println!("{races} races, {ended} of them ended by their deadlines");
    assert!(ended > races / 200, "only {ended} runs passed their deadlines");
}
