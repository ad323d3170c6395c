//! Components seen from scripts: resources, errors, and guests that do their worst.

use std::time::{Duration, Instant};

use innerbox::{DoorChoice, DoorKind, Extension, ExtensionLimits, Limit, Limits, Outcome, Sandbox};

use crate::support::{DOORS, ENGINE, component_with, extension_by, sandbox_by, tight};

/// Runs a module whose default export is the answer, and compares it as JSON; with the guests through each door.
fn check(guests: &[&str], source: &str, expected: &str) {
    for door in DOORS {
        let mut sandbox = sandbox_by(guests, door);
        check_in(&mut sandbox, source, expected);
    }
}

fn check_in(sandbox: &mut Sandbox, source: &str, expected: &str) {
    let completion = sandbox.run_module_source("test.js", source);
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    assert_eq!(json["value"], serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{source}");
}

/// The name, code and message of what a snippet throws, as one line; the same through each door.
fn thrown(guest: &str, import: &str, snippet: &str) -> String {
    let [line, other] = DOORS.map(|door| thrown_by(door, guest, import, snippet));
    assert_eq!(line, other, "{snippet}");
    line
}

fn thrown_by(door: DoorChoice, guest: &str, import: &str, snippet: &str) -> String {
    let source = format!(
        "import {{ {import} }} from '{guest}';
         let line = 'nothing thrown';
         try {{ {snippet} }} catch (error) {{ line = `${{error.name}} ${{error.code ?? '-'}} ${{error.message}}`; }}
         export default line;"
    );
    sandbox_by(&[guest], door).run_module_source("test.js", &source).into_value().unwrap()
}

#[test]
fn a_component_takes_its_own_door_unless_another_is_asked_for() {
    let [own, other] = DOORS.map(|door| extension_by("fixture-echo", door));
    assert_eq!((own.door_kind(), other.door_kind()), (DoorKind::Direct, DoorKind::General));
    assert_eq!(other.door_reason(), "it was asked for");
    assert!(own.imports().iter().all(|import| !import.module.starts_with("wasi:")));
    assert!(other.imports().iter().all(|import| import.module.starts_with("wasi:")));
    assert!(own.memory_bytes() > 0 && other.memory_bytes() > 0);
}

#[test]
fn a_resource_is_a_class() {
    check(
        &["fixture-echo"],
        "import { Counter } from 'fixture-echo';
         const counter = new Counter(40);
         counter.next();
         const copy = counter.copy();
         const parsed = Counter.parse('7');
         export default [
           counter instanceof Counter, copy instanceof Counter, counter.constructor.name,
           counter.next(), copy.value(), parsed.value(), Counter.live(), typeof counter[Symbol.dispose],
           Object.keys(counter),
         ];",
        "[true, true, \"Counter\", 42, 41, 7, 3, \"function\", []]",
    );
}

#[test]
fn a_class_can_be_extended() {
    check(
        &["fixture-echo"],
        "import { Counter } from 'fixture-echo';
         class Twice extends Counter { value() { return 2 * super.value(); } }
         const twice = new Twice(21);
         export default [twice.value(), twice instanceof Twice, twice instanceof Counter];",
        "[42, true, true]",
    );
}

#[test]
fn resources_are_lent_and_given_away() {
    check(
        &["fixture-echo"],
        "import { Counter, peek, echoCounter, makeCounters, swapCounters } from 'fixture-echo';
         const a = new Counter(1), b = new Counter(2);
         const sum = a.add(b);
         const absorbed = a.absorb(b);
         let gone;
         try { b.value(); } catch (error) { gone = error.message; }
         const back = echoCounter(a);
         const [x, y] = swapCounters(new Counter(10), new Counter(20));
         const many = makeCounters(3);
         const total = Counter.total(many);
         const merged = Counter.merge(many);
         export default [sum, absorbed, gone, back.value(), peek(undefined) ?? null, peek(back),
           x.value(), y.value(), String(total), merged.value()];",
        "[3, 5, \"`self`: this Counter has been disposed of or given away\", 5, null, 5, 20, 10, \"3\", 3]",
    );
}

#[test]
fn disposal_drops_the_resource_once() {
    check(
        &["fixture-echo"],
        "import { Counter } from 'fixture-echo';
         const live = [];
         {
           using counter = new Counter(1);
           live.push(Counter.live());
         }
         live.push(Counter.live());
         const counter = new Counter(2);
         counter[Symbol.dispose]();
         counter[Symbol.dispose]();
         live.push(Counter.live());
         export default live;",
        "[1, 0, 0]",
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let cases = [
        ("echoU8(256)", "TypeError - `value`: expected u8, got number 256"),
        ("echoU8(-1)", "TypeError - `value`: expected u8, got number -1"),
        ("echoU8(1.5)", "TypeError - `value`: expected u8, got number 1.5"),
        ("echoU32('7')", "TypeError - `value`: expected u32, got string 7"),
        ("echoU32()", "TypeError - `value`: expected u32, got undefined"),
        ("echoS8(128)", "TypeError - `value`: expected s8, got number 128"),
        ("echoU64(1)", "TypeError - `value`: expected u64, got number 1"),
        ("echoU64(-1n)", "TypeError - `value`: expected u64, got bigint -1"),
        ("echoS64(2n ** 63n)", "TypeError - `value`: expected s64, got bigint 9223372036854775808"),
        ("echoBool(1)", "TypeError - `value`: expected bool, got number 1"),
        ("echoF64(null)", "TypeError - `value`: expected f64, got null"),
        ("echoChar('ab')", "TypeError - `value`: expected char, got string ab"),
        ("echoChar('\\ud800')", "TypeError - `value`: expected char, got string \u{fffd}"),
        ("echoString(7)", "TypeError - `value`: expected string, got number 7"),
        ("echoListU8('x')", "TypeError - `value`: expected list<u8>, got string x"),
        ("echoListU8([1, 2, 300])", "TypeError - `value[2]`: expected u8, got number 300"),
        ("echoListU16(new Uint8Array(2))", "TypeError - `value`: expected list<u16>, got Uint8Array"),
        ("echoListString(['a', 1])", "TypeError - `value[1]`: expected string, got number 1"),
        ("echoTuple2([1])", "TypeError - `value`: expected tuple<u8, string>, got array of 1"),
        ("echoPoint({x: 1})", "TypeError - `value.y`: expected s32, got undefined"),
        ("echoPoint(7)", "TypeError - `value`: expected point, got number 7"),
        (
            "echoPerson({name: 'a', age: 1, nickNames: [], address: {street: 's', houseNumber: -3}})",
            "TypeError - `value.address.houseNumber`: expected u16, got number -3",
        ),
        (
            "echoColor('blue')",
            "TypeError - `value`: expected color ('red', 'green', 'dark-blue'), got 'blue'",
        ),
        ("echoFlags3({b0: 1})", "TypeError - `value.b0`: expected boolean, got number"),
        (
            "echoWholeOrSingle({tag: 'half'})",
            "TypeError - `value.tag`: expected whole-or-single ('whole', 'single'), got 'half'",
        ),
        (
            "echoWholeOrSingle({tag: 'whole', val: 'x'})",
            "TypeError - `value.val`: expected s32, got string x",
        ),
        ("new Counter(1).add(new Badge('b'))", "TypeError - `other`: expected Counter, got object"),
        ("new Counter(1).add({})", "TypeError - `other`: expected Counter, got object"),
        ("new Counter(1).next.call({})", "TypeError - `self`: expected Counter, got object"),
        (
            "new Counter(1).next.call(new Uint8Array(8))",
            "TypeError - `self`: expected Counter, got Uint8Array",
        ),
        ("Counter(1)", "TypeError - `Counter` is a class: call it with `new`"),
        (
            "const c = new Counter(1); c.absorb(c)",
            "TypeError - one call cannot take a resource for good and use it again",
        ),
        (
            "const b = new Uint8Array(8); b.buffer.transfer(); echoListU8(b)",
            "TypeError - `value`: its buffer is detached",
        ),
    ];
    for (snippet, expected) in cases {
        let import = "echoU8, echoU32, echoS8, echoU64, echoS64, echoBool, echoF64, echoChar, echoString, echoListU8, \
            echoListU16, echoListString, echoTuple2, echoPoint, echoPerson, echoColor, echoFlags3, echoWholeOrSingle, \
            Counter, Badge";
        assert_eq!(thrown("fixture-echo", import, snippet), expected, "{snippet}");
    }
}

#[test]
fn more_shapes_are_taken_than_given() {
    check(
        &["fixture-echo"],
        "import { echoListU8, echoListU32, echoOptionU32, echoString, echoPerson } from 'fixture-echo';
         const bytes = new Uint8Array([9, 1, 2, 3, 9]);
         export default [
           [...echoListU8(bytes.buffer)], [...echoListU8(bytes.subarray(1, 4))], [...echoListU8(new DataView(bytes.buffer, 3))],
           [...echoListU8(new Uint8ClampedArray([7]))], [...echoListU8([5, 6])], [...echoListU32([1, 2 ** 32 - 1])],
           echoOptionU32(null) ?? null, echoString('a\\ud800b') === 'a\\ufffdb',
           echoPerson({ name: 'n', age: 1, nickNames: [], address: { street: 's', houseNumber: 2 } }).email ?? null,
         ];",
        "[[9,1,2,3,9],[1,2,3],[3,9],[7],[5,6],[1,4294967295],null,true,null]",
    );
}

#[test]
fn what_getters_do_is_done_before_the_component_runs() {
    check(
        &["fixture-echo"],
        "import { Counter, echoPoint, lendAndTake, concat } from 'fixture-echo';
         const lines = [];
         const attempt = (call) => { try { lines.push(call()); } catch (error) { lines.push(error.message); } };
         attempt(() => echoPoint({ get x() { throw new Error('from the getter'); }, y: 1 }));
         const doomed = new Counter(1);
         attempt(() => concat('a', { toString: () => 'b' }));
         attempt(() => echoPoint({ get x() { doomed[Symbol.dispose](); return 1; }, y: 2 }).y);
         attempt(() => doomed.value());
         attempt(() => echoPoint(new Proxy({}, { get: (_, key) => key === 'x' ? 3 : 4 })).x);
         attempt(() => echoPoint({ get x() { return echoPoint({ x: 5, y: 6 }).x; }, y: 7 }).x);
         export default lines;",
        "[\"from the getter\", \"`b`: expected string, got object\", 2,
          \"`self`: this Counter has been disposed of or given away\", 3, 5]",
    );
}

#[test]
fn a_result_returns_or_throws() {
    check(
        &["fixture-echo"],
        "import { echoResult, echoResultBare, echoResultShape } from 'fixture-echo';
         const caught = (call) => {
           try { return call(); } catch (error) {
             return [error instanceof ComponentError, error instanceof Error, error.name, error.code, error.message,
               typeof error.payload === 'object' ? error.payload.tag : error.payload ?? null];
           }
         };
         export default [
           caught(() => echoResult({ tag: 'ok', val: 5 })), caught(() => echoResult({ tag: 'err', val: 'no' })),
           caught(() => echoResultBare({ tag: 'err' })),
           caught(() => echoResultShape({ tag: 'err', val: { tag: 'text', val: 'why' } })),
         ];",
        "[5, [true, true, \"ComponentError\", \"ERR_COMPONENT\", \"`echoResult`: no\", \"no\"],
          [true, true, \"ComponentError\", \"ERR_COMPONENT\", \"`echoResultBare` failed\", null],
          [true, true, \"ComponentError\", \"ERR_COMPONENT\", \"`echoResultShape`: text: why\", \"text\"]]",
    );
}

#[test]
fn a_module_shows_interfaces_and_functions() {
    check(
        &["fixture-bare", "digest"],
        "import * as bare from 'fixture-bare';
         import { blake3 } from 'innerbox:digest/hash@0.1.0';
         import * as digest from 'digest';
         export default [Object.keys(bare).sort(), bare.add(1, 2), bare.greet('you'), bare.left.side(), bare.right.side(),
           digest.blake3 === blake3, digest.hash.blake3 === blake3, digest['innerbox:digest/hash'].blake3 === blake3];",
        "[[\"add\",\"default\",\"greet\",\"left\",\"right\",\"test:bare/left\",\"test:bare/left@1.2.3\",\"test:bare/right\",
           \"test:bare/right@1.2.3\"], 3, \"hello, you\", \"left\", \"right\", true, true, true]",
    );
}

#[test]
fn a_trap_is_an_exception_and_the_next_call_has_a_fresh_instance() {
    check(
        &["fixture-trap", "fixture-echo"],
        "import { count, panic, unreachable, Mine } from 'fixture-trap';
         import { add } from 'fixture-echo';
         const mine = new Mine(false);
         const counts = [count(), count()];
         const caught = (call) => { try { return call(); } catch (error) { return error; } };
         const panicked = caught(() => panic('boom'));
         counts.push(count());
         const stale = caught(() => mine.tread());
         const trapped = caught(() => unreachable());
         counts.push(count());
         export default [counts, panicked instanceof TrapError, panicked.code, /boom/.test(panicked.message),
           /at .*panic.* \\(wasm fixture-trap\\)/.test(panicked.stack), panicked.component, panicked.export,
           stale.code, trapped instanceof TrapError, add(20, 22)];",
        "[[1, 2, 1, 1], true, \"ERR_TRAP\", true, true, \"fixture-trap\", \"panic\", \"ERR_STALE_HANDLE\", true, 42]",
    );
}

#[test]
fn an_endless_loop_in_a_component_ends_at_the_limit_of_its_call() {
    let start = Instant::now();
    check(
        &["fixture-spin"],
        "import { forever, calls, allocations, rounds } from 'fixture-spin';
         const caught = (call) => { try { return String(call()); } catch (error) { return `${error.name} ${error.limit}`; } };
         export default [caught(forever), caught(calls), caught(allocations), rounds(10n) !== undefined];",
        "[\"LimitError wall time of one call\", \"LimitError wall time of one call\",
          \"LimitError wall time of one call\", true]",
    );
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn an_endless_loop_in_a_component_ends_with_its_run() {
    let limits = Limits { wall: Some(Duration::from_millis(200)), ..Limits::default() };
    for door in DOORS {
        let spin = extension_by("fixture-spin", door);
        let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).extension(&spin).build().unwrap();
        let source = "import { forever } from 'fixture-spin'; try { forever(); } catch {} for (;;) {}";
        let completion = sandbox.run_module_source("test.js", source);
        assert!(
            matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs),
            "{completion:?}"
        );
        assert!(matches!(sandbox.eval("1").outcome, Outcome::Died { .. }));
    }
}

#[test]
fn memory_of_a_component_ends_at_its_limit() {
    check(
        &["fixture-hoard"],
        "import { take, tryTake, withoutEnd, held, grow } from 'fixture-hoard';
         const caught = (call) => { try { return String(call()); } catch (error) { return `${error.name} ${error.limit}`; } };
         const steps = [caught(() => take(1 << 20)), caught(withoutEnd), caught(held)];
         let past;
         try { tryTake(100 << 20); } catch (error) { past = error instanceof ComponentError; }
         steps.push(grow(100000), past, caught(held));
         export default steps;",
        "[\"1048576\", \"LimitError linear memory\", \"0\", -1, true, \"0\"]",
    );
}

#[test]
fn recursion_in_a_component_is_a_trap() {
    check(
        &["fixture-recurse"],
        "import { forever, foreverInMemory, depth } from 'fixture-recurse';
         const caught = (call) => { try { return call(); } catch (error) { return [error.name, /stack/.test(error.message)]; } };
         export default [caught(forever), caught(foreverInMemory)[0], depth(100) > 0];",
        "[[\"TrapError\", true], \"TrapError\", true]",
    );
}

#[test]
fn leaked_handles_end_at_a_limit() {
    check(
        &["fixture-leak"],
        "import { withoutEnd, many, live, Thing } from 'fixture-leak';
         const caught = (call) => { try { return call(); } catch (error) { return `${error.name} ${error.limit}`; } };
         const ended = caught(withoutEnd);
         const things = many(100);
         for (const thing of things) thing[Symbol.dispose]();
         export default [ended, things.length, live()];",
        "[\"LimitError handles\", 100, 0]",
    );
}

#[test]
fn a_destructor_that_traps_takes_only_its_instance() {
    check(
        &["fixture-trap"],
        "import { LastWord, count } from 'fixture-trap';
         const before = count();
         let name;
         { const word = new LastWord(); try { word[Symbol.dispose](); } catch (error) { name = error.name; } }
         export default [before, name, count()];",
        "[1, \"TrapError\", 1]",
    );
}

#[test]
fn components_of_two_sandboxes_know_nothing_of_each_other() {
    let source = "import { count } from 'fixture-trap'; count(); export default count()";
    for door in DOORS {
        let trap = extension_by("fixture-trap", door);
        let mut sandboxes: Vec<_> =
            (0..2).map(|_| Sandbox::builder(&ENGINE).extension(&trap).build().unwrap()).collect();
        for sandbox in &mut sandboxes {
            check_in(sandbox, source, "2");
        }
    }
}

#[test]
fn what_is_no_component_is_refused_with_the_reason() {
    let error = innerbox::Extension::from_bytes(&ENGINE, "text", b"not wasm at all").unwrap_err();
    assert!(error.to_string().starts_with("component `text`: not a component: "), "{error}");
}

#[test]
fn collected_objects_drop_their_resources() {
    check(
        &["fixture-echo"],
        "import { Counter } from 'fixture-echo';
         for (let i = 0; i < 200_000; i++) new Counter(i);
         export default Counter.live() < 200_000;",
        "true",
    );
}

#[test]
fn a_component_is_lent_nothing() {
    check(
        &["fixture-wasi"],
        "import * as wasi from 'fixture-wasi';
         const caught = (call) => { try { return call(); } catch (error) { return error.name; } };
         wasi.print('discarded');
         wasi.printError('discarded');
         const clock = wasi.asks.monotonicClock();
         export default [
           wasi.envVars(), wasi.args(), wasi.envVar('PATH') ?? null, wasi.readStdin(),
           caught(() => wasi.readFile('/etc/passwd')), caught(() => wasi.listDir('.')),
           caught(() => wasi.writeFile('/tmp/x', new Uint8Array())), caught(() => wasi.removeFile('/etc/passwd')),
           String(clock % 1_000_000n), String(wasi.wallClock() % 1_000_000n), wasi.random(8).length,
         ];",
        "[[], [], null, \"\", \"ComponentError\", \"ComponentError\", \"ComponentError\", \"ComponentError\",
          \"0\", \"0\", 8]",
    );
}

#[test]
fn random_bytes_differ_between_instances() {
    let source = "import { random } from 'fixture-wasi'; export default random(16)";
    for door in DOORS {
        let draw = || -> Vec<u8> {
            sandbox_by(&["fixture-wasi"], door).run_module_source("test.js", source).into_value().unwrap()
        };
        assert_ne!(draw(), draw());
    }
}

#[test]
fn a_component_sleeps_as_long_as_it_may_and_no_longer() {
    let start = Instant::now();
    check(
        &["fixture-wasi"],
        "import { sleep } from 'fixture-wasi';
         const caught = (call) => { try { call(); return 'slept'; } catch (error) { return `${error.name} ${error.limit}`; } };
         export default [caught(() => sleep(20)), caught(() => sleep(3_600_000))];",
        "[\"slept\", \"LimitError wall time of one call\"]",
    );
    assert!(start.elapsed() > Duration::from_millis(20) && start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_component_that_exits_is_a_trap() {
    // WASI 0.2 knows success and failure alone.
    for (door, code) in DOORS.into_iter().zip([3, 1]) {
        let line = thrown_by(door, "fixture-wasi", "exit", "exit(3)");
        let expected =
            format!("TrapError ERR_TRAP `exit`: component `fixture-wasi` trapped: it called exit({code})");
        assert_eq!(line, expected);
    }
}

/// What becomes of a call under a limit of 1,000 bytes for what crosses.
fn crossing(call: &str) -> String {
    let [line, other] = DOORS.map(|door| crossing_by(door, call));
    assert_eq!(line, other, "{call}");
    line
}

fn crossing_by(door: DoorChoice, call: &str) -> String {
    let limits = ExtensionLimits { crossing_bytes: 1_000, ..tight() };
    let echo = extension_by("fixture-echo", door);
    let mut sandbox = Sandbox::builder(&ENGINE).extension_with(&echo, limits).build().unwrap();
    let source = format!(
        "import * as echo from 'fixture-echo';
         let line;
         try {{ line = `got ${{({call}).length}}`; }} catch (error) {{ line = `${{error.name}} ${{error.message}}`; }}
         export default `${{line}}, then ${{echo.add(1, 2)}}`;"
    );
    sandbox.run_module_source("test.js", &source).into_value().unwrap()
}

#[test]
fn the_bytes_of_one_call_hold_at_the_limit_and_not_one_past_it() {
    let refused = |export: &str, used: u32| {
        format!(
            "LimitError `{export}`: component `fixture-echo` reached its limit of crossing bytes: {used} bytes wanted, \
             1000 allowed, then 3"
        )
    };
    assert_eq!(crossing("echo.echoListU8(new Uint8Array(1000))"), "got 1000, then 3");
    assert_eq!(crossing("echo.echoListU8(new Uint8Array(1001))"), refused("echoListU8", 1001));
    assert_eq!(crossing("echo.bytes(1000)"), "got 1000, then 3");
    assert_eq!(crossing("echo.bytes(1001)"), refused("bytes", 1001));
    assert_eq!(crossing("echo.echoString('\u{e9}'.repeat(500))"), "got 500, then 3");
    assert_eq!(crossing("echo.echoString('\u{e9}'.repeat(501))"), refused("echoString", 1002));
    assert_eq!(crossing("echo.concat('a'.repeat(500), 'b'.repeat(501))"), refused("concat", 1001));
    // Two strings of 8 bytes for pointer and length, and their text.
    assert_eq!(crossing("echo.echoListString(['a'.repeat(492), 'b'.repeat(492)])"), "got 2, then 3");
    assert_eq!(
        crossing("echo.echoListString(['a'.repeat(492), 'b'.repeat(493)])"),
        refused("echoListString", 1001)
    );
}

/// A module as C compilers make it: `_initialize` runs before anything else.
const STARTED: &str = r#"(module
  (memory (export "memory") 1)
  (global $value (mut i32) (i32.const 7))
  (func (export "_initialize") (global.set $value (i32.add (global.get $value) (i32.const 35))))
  (func (export "value") (result i32) (global.get $value)))"#;

#[test]
fn what_starts_a_component_has_run_once_before_the_first_call() {
    let wit = "package test:start; world start { export value: func() -> u32; }";
    let module = wat::parse_str(STARTED).unwrap();
    let bytes = component_with(wit, module);
    for door in DOORS {
        let guest = Extension::from_bytes_by(&ENGINE, "guest", &bytes, door).unwrap();
        let mut sandbox = Sandbox::builder(&ENGINE).extension_with(&guest, tight()).build().unwrap();
        check_in(
            &mut sandbox,
            "import { value } from 'guest'; export default [value(), value()];",
            "[42, 42]",
        );
        let own = if door == DoorChoice::Auto { DoorKind::Direct } else { DoorKind::General };
        assert_eq!(guest.door_kind(), own, "{}", guest.door_reason());
    }
}
