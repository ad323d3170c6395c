//! Exports that run off the isolate's thread, and come back as promises.

use std::time::{Duration, Instant};

use innerbox::{DoorChoice, Limit, Limits, Outcome, Sandbox};

use crate::support::{DOORS, ENGINE, extension_by, sandbox_by, tight};

fn run_in(sandbox: &mut Sandbox, body: &str) -> serde_json::Value {
    let source = format!(
        "import {{ instantiate, promising }} from 'innerbox:component';
         const thrown = async (call) => {{
           try {{ await call(); return 'nothing'; }} catch (error) {{ return `${{error.name}} ${{error.code ?? '-'}} ${{error.message}}`; }}
         }};
         {body}"
    );
    let completion = sandbox.run_module_source("promises.js", &source);
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    json["value"].clone()
}

#[track_caller]
fn check(guests: &[&str], body: &str, expected: &str) {
    for door in DOORS {
        let seen = run_in(&mut sandbox_by(guests, door), body);
        assert_eq!(seen, serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{door:?}");
    }
}

#[test]
fn every_kind_of_value_crosses() {
    check(
        &["fixture-echo"],
        "import * as echo from 'fixture-echo';
         const [add, text, bytes, person, failing, method] =
           [echo.add, echo.echoString, echo.echoListU8, echo.echoPerson, echo.echoResult, echo.Counter.prototype.add].map((fn) => promising(fn));
         const who = { name: 'Ada', age: 36, nickNames: ['a', 'b'], address: { street: 's', houseNumber: 1 } };
         const counter = new echo.Counter(40);
         const result = [
           await add(40, 2), await text('h\u{e9}llo'), [...await bytes(new Uint8Array([1, 2, 3]))], (await person(who)).nickNames,
           await failing({ tag: 'ok', val: 1 }), await thrown(() => failing({ tag: 'err', val: 'why' })),
           await method.call(counter, new echo.Counter(2)), counter.value(), add.name, add(1, 1) instanceof Promise,
         ];
         export default result;",
        r#"[42, "héllo", [1, 2, 3], ["a", "b"], 1, "ComponentError ERR_COMPONENT `echoResult`: why", 42, 42, "add", true]"#,
    );
}

#[test]
fn calls_are_made_in_order_and_the_isolate_goes_on_meanwhile() {
    check(
        &["fixture-trap", "fixture-echo"],
        "import { count } from 'fixture-trap';
         import { add } from 'fixture-echo';
         const counted = promising(count);
         const all = Array.from({ length: 20 }, () => counted());
         const meanwhile = [add(1, 1), await thrown(() => count())];
         const numbers = await Promise.all(all);
         export default [numbers.join(), meanwhile, count()];",
        r#"["1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20",
            [2, "Error ERR_COMPONENT_BUSY `count`: component `fixture-trap` is already running a call"], 21]"#,
    );
}

#[test]
fn what_is_passed_is_what_was_there_when_it_was_passed() {
    check(
        &["fixture-echo"],
        "import { echoListU8 } from 'fixture-echo';
         const echo = promising(echoListU8);
         const bytes = new Uint8Array(100_000).fill(1);
         const all = [echo(bytes), echo(bytes), echo(bytes)];
         bytes.fill(2);
         all.push(echo(bytes));
         const seen = await Promise.all(all);
         export default seen.map((array) => [array.length, Math.min(...array.subarray(0, 9)), Math.max(...array.subarray(-9))].join());",
        r#"["100000,1,1", "100000,1,1", "100000,1,1", "100000,2,2"]"#,
    );
}

#[test]
fn arguments_are_checked_when_they_are_passed() {
    check(
        &["fixture-echo", "fixture-given"],
        "import { add, Counter } from 'fixture-echo';
         const later = promising(add);
         const host = { add() {}, poke() {}, greet() {}, mirror() {}, describe() {}, bytes() {}, parse() {}, many() {},
                        Sink: class { static largest() {} static open() {} } };
         const result = [
           await thrown(() => later(1, -1)), await thrown(() => later()), await thrown(() => promising(() => 1)),
           await thrown(() => promising(Counter)), await thrown(() => promising(1)),
           await thrown(() => promising(instantiate('fixture-given', { host }).poke)),
         ];
         export default result;",
        r#"["TypeError - `b`: expected u32, got number -1", "TypeError - `a`: expected u32, got undefined",
            "TypeError - `fn`: expected a function of a component", "TypeError - `fn`: expected a function of a component",
            "TypeError - `fn`: expected a function of a component",
            "TypeError - `poke` of component `fixture-given` cannot run off the thread: the component calls JavaScript"]"#,
    );
}

#[test]
fn a_trap_rejects_and_what_waited_finds_a_fresh_instance() {
    check(
        &["fixture-trap"],
        "import { unreachable, count, Mine } from 'fixture-trap';
         const [trap, counted, tread] = [unreachable, count, Mine.prototype.tread].map((fn) => promising(fn));
         const mine = new Mine(false);
         const [first, trapped, fresh, stale] = [counted(), trap(), counted(), tread.call(mine)];
         const result = [await first, await thrown(() => trapped), await fresh, await thrown(() => stale), count()];
         export default result;",
        r#"[1, "TrapError ERR_TRAP `unreachable`: component `fixture-trap` trapped: wasm `unreachable` instruction executed", 1,
            "TypeError ERR_STALE_HANDLE `Mine.tread`: the component's instance died before the call's turn came", 2]"#,
    );
}

#[test]
fn the_limit_of_a_call_holds_on_another_thread_too() {
    check(
        &["fixture-spin", "fixture-echo"],
        "import { forever, rounds } from 'fixture-spin';
         import { add } from 'fixture-echo';
         const [spin, round] = [forever, rounds].map((fn) => promising(fn));
         const started = spin();
         let turns = 0;
         const timer = setInterval(() => { turns += add(0, 1); }, 10);
         const line = await thrown(() => started);
         clearInterval(timer);
         export default [line.slice(0, 100), turns > 10, typeof await round(10n)];",
        r#"["LimitError ERR_LIMIT `forever`: component `fixture-spin` reached its limit of wall time of one call:", true, "bigint"]"#,
    );
}

#[test]
fn a_signal_ends_the_wait_and_the_call() {
    for door in DOORS {
        a_signal_ends_them(door);
    }
}

fn a_signal_ends_them(door: DoorChoice) {
    let mut sandbox = sandbox_by(&["fixture-spin"], door);
    let start = Instant::now();
    let seen = run_in(
        &mut sandbox,
        "import { forever, rounds } from 'fixture-spin';
         const controller = new AbortController();
         const [spin, round] = [forever, rounds].map((fn) => promising(fn, { signal: controller.signal }));
         const [running, waiting] = [spin(), round(1n)];
         setTimeout(() => controller.abort(new Error('enough')), 50);
         const lines = [await thrown(() => running), await thrown(() => waiting), await thrown(() => round(1n))];
         export default [lines, typeof await promising(rounds)(1n)];",
    );
    let expected = r#"[["Error - enough", "Error - enough", "Error - enough"], "bigint"]"#;
    assert_eq!(seen, serde_json::from_str::<serde_json::Value>(expected).unwrap());
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "the call was ended, not waited for: {:?}",
        start.elapsed()
    );
}

#[test]
fn the_run_ends_with_its_wall_time_whatever_runs_elsewhere() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    for door in DOORS {
        let spin = extension_by("fixture-spin", door);
        let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).extension(&spin).build().unwrap();
        let source = "import { promising } from 'innerbox:component'; import { forever } from 'fixture-spin'; await promising(forever)();";
        let completion = sandbox.run_module_source("wall.js", source);
        assert!(
            matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs),
            "{completion:?}"
        );
    }
}

#[test]
fn a_sandbox_that_goes_takes_its_calls_with_it() {
    for round in 0..20 {
        let mut sandbox = sandbox_by(&["fixture-spin"], DOORS[round % 2]);
        let source = "import { promising } from 'innerbox:component'; import { forever } from 'fixture-spin';
            promising(forever)(); promising(forever)(); throw new Error('gone');";
        let completion = sandbox.run_module_source("gone.js", source);
        assert!(matches!(completion.outcome, Outcome::Threw { .. }), "{completion:?}");
    }
    // Had the twenty loops gone on, this one would find no thread.
    check(
        &["fixture-echo"],
        "import { add } from 'fixture-echo'; export default await promising(add)(1, 2);",
        "3",
    );
}

#[test]
fn many_isolates_and_many_calls_at_once() {
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let extensions = ["fixture-echo", "fixture-trap"].map(|name| extension_by(name, DOORS[thread % 2]));
            std::thread::spawn(move || {
                for round in 0..10 {
                    let builder = extensions
                        .iter()
                        .fold(Sandbox::builder(&ENGINE), |builder, extension| builder.extension_with(extension, tight()));
                    let mut sandbox = builder.build().unwrap();
                    let seen = run_in(
                        &mut sandbox,
                        "const parts = Array.from({ length: 8 }, () => instantiate('fixture-echo'));
                         const calls = parts.flatMap((part, i) => Array.from({ length: 25 }, (_, j) => promising(part.add)(i, j)));
                         const trap = promising(instantiate('fixture-trap').unreachable);
                         const trapped = thrown(() => trap());
                         const sum = (await Promise.all(calls)).reduce((a, b) => a + b);
                         export default [sum, (await trapped).split(' ')[0]];",
                    );
                    assert_eq!(seen, serde_json::json!([3100, "TrapError"]), "thread {thread}, round {round}");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn several_instances_take_turns_with_the_calls_of_one_function() {
    check(
        &["fixture-trap", "fixture-echo"],
        "import { count, unreachable } from 'fixture-trap';
         import { add } from 'fixture-echo';
         const counted = promising(count, { instances: 3 });
         const numbers = await Promise.all(Array.from({ length: 30 }, () => counted()));
         // Each instance counts by itself, from 1 and without a gap.
         const starts = numbers.filter((number) => number === 1).length;
         const sum = promising(add, { instances: 2 });
         const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => sum(i, i)));
         const trap = promising(unreachable, { instances: 2 });
         const trapped = await Promise.all([thrown(trap), thrown(trap), thrown(trap)]);
         export default [numbers.length, starts >= 1 && starts <= 3, count(), sums.at(-1), trapped.map((line) => line.split(' ')[0]).join()];",
        r#"[30, true, 1, 198, "TrapError,TrapError,TrapError"]"#,
    );
}

#[test]
fn several_instances_run_side_by_side() {
    let mut sandbox = sandbox_by(&["fixture-spin"], DoorChoice::Auto);
    let start = Instant::now();
    let seen = run_in(
        &mut sandbox,
        "import { forever } from 'fixture-spin';
         const spin = promising(forever, { instances: 2 });
         export default (await Promise.all([thrown(spin), thrown(spin)])).map((line) => line.split(' ')[0]);",
    );
    assert_eq!(seen, serde_json::json!(["LimitError", "LimitError"]));
    // One after the other they would take two seconds, the wall time of a call each.
    assert!(start.elapsed() < Duration::from_millis(1800), "{:?}", start.elapsed());
}

#[test]
fn instances_are_counted_and_refused_where_there_is_state() {
    check(
        &["fixture-echo"],
        "import { add, Counter } from 'fixture-echo';
         const tell = (fn, instances) => thrown(() => promising(fn, { instances }));
         export default [
           await tell(Counter.prototype.add, 2), await tell(add, 0), await tell(add, 1.5), await tell(add, '2'), await tell(add, NaN),
           await tell(add, 65), await tell(add, 60), await tell(add, 5), await tell(add, 4),
         ];",
        r#"["TypeError - `Counter.add` of component `fixture-echo` cannot run in several instances: a resource belongs to one of them",
            "TypeError - `instances`: expected a whole number above 0", "TypeError - `instances`: expected a whole number above 0",
            "TypeError - `instances`: expected a whole number above 0", "TypeError - `instances`: expected a whole number above 0",
            "RangeError ERR_LIMIT limit reached: instances of components: 64 allowed", "nothing",
            "RangeError ERR_LIMIT limit reached: instances of components: 64 allowed", "nothing"]"#,
    );
}

/// What was passed and waits is charged: a script could pass the same bytes ten thousand times.
#[test]
fn what_waits_is_charged_to_the_sandbox() {
    for door in DOORS {
        let limits = Limits { array_buffer_bytes: 32 << 20, ..Limits::default() };
        let echo = extension_by("fixture-echo", door);
        let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).extension(&echo).build().unwrap();
        let seen = run_in(
            &mut sandbox,
            "import { echoListU8 } from 'fixture-echo';
             const bytes = new Uint8Array(4 << 20);
             const echo = promising(echoListU8);
             const all = await Promise.allSettled(Array.from({ length: 20 }, () => echo(bytes).then((array) => array.length)));
             const refused = all.filter(({ status }) => status === 'rejected');
             export default [refused.length > 5 && refused.length < 20, refused[0].reason.code, (await echo(bytes)).length];",
        );
        assert_eq!(seen, serde_json::json!([true, "ERR_LIMIT", 4 << 20]), "{door:?}");
    }
}

#[test]
fn a_later_run_finds_a_component_whose_call_an_earlier_one_left_behind() {
    for door in DOORS {
        let mut sandbox = sandbox_by(&["fixture-spin"], door);
        for _ in 0..2 {
            let source = "import { promising } from 'innerbox:component'; import { forever, rounds } from 'fixture-spin';
                promising(forever)(); promising(rounds)(1n); promising(forever, { instances: 2 })(); throw new Error('gone');";
            let completion = sandbox.run_module_source("left.js", source);
            assert!(matches!(completion.outcome, Outcome::Threw { .. }), "{completion:?}");
        }
        let body = "import { rounds } from 'fixture-spin'; export default [typeof rounds(1n), typeof await promising(rounds)(1n)];";
        assert_eq!(run_in(&mut sandbox, body), serde_json::json!(["bigint", "bigint"]), "{door:?}");
    }
}
