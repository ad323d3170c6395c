//! Asynchronous components that call what the host answers, or what JavaScript gives.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use innerbox::{
    DoorKind, Engine, Extension, ExtensionLimits, Limit, Limits, Outcome, Pool, PoolOptions, Reference,
    Sandbox,
};

use crate::support::{ENGINE, component_with, tight};

/// Two functions that the host answers, one of them declared `async`, and exports that call them.
const HOSTED_WIT: &str = "package test:hosted@1.0.0;
    interface host { now: func(n: u32) -> u32; later: async func(n: s64, on: bool) -> f64; }
    interface guest { ask-now: func(n: u32) -> u32; ask-later: async func(n: s64, on: bool) -> f64; }
    world fixture { import host; export guest; }";

const HOSTED_WAT: &str = r#"(module
    (import "test:hosted/host@1.0.0" "now" (func $now (param i32) (result i32)))
    (import "test:hosted/host@1.0.0" "[async-lower]later" (func $later (param i64 i32 i32) (result i32)))
    (import "[export]test:hosted/guest@1.0.0" "[task-return]ask-later" (func $return (param f64)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "test:hosted/guest@1.0.0#ask-now") (param i32) (result i32) (call $now (local.get 0)))
    ;; The host answers at once, so there is never anything to wait for.
    (func (export "[async-lift]test:hosted/guest@1.0.0#ask-later") (param i64 i32) (result i32)
      (if (i32.ne (call $later (local.get 0) (local.get 1) (i32.const 8)) (i32.const 2)) (then unreachable))
      (call $return (f64.load (i32.const 8)))
      (i32.const 0))
    (func (export "[callback][async-lift]test:hosted/guest@1.0.0#ask-later") (param i32 i32 i32) (result i32) unreachable))"#;

fn hosted() -> Vec<u8> {
    component_with(HOSTED_WIT, wat::parse_str(HOSTED_WAT).unwrap())
}

fn sandbox(extension: &Extension) -> Sandbox {
    let limits = Limits { wall: Some(Duration::from_secs(30)), ..Limits::default() };
    Sandbox::builder(&ENGINE).limits(limits).extension_with(extension, tight()).build().unwrap()
}

#[test]
fn the_host_answers_asynchronous_components() {
    let extension = Extension::loader(&ENGINE)
        .function("test:hosted/host", "now", |n: u32| match n {
            0 => anyhow::bail!("nothing of nothing"),
            n => Ok(n + 1),
        })
        .function(
            "test:hosted/host@1.0.0",
            "later",
            |n: i64, on: bool| if on { n as f64 / 2.0 } else { -0.5 },
        )
        .load("hosted", &hosted())
        .unwrap();
    assert_eq!(extension.door_kind(), DoorKind::Concurrent);
    let source = "import { askNow, askLater } from 'hosted';
        const all = await Promise.all(Array.from({ length: 50 }, (_, i) => askLater(BigInt(-i), i % 2 === 0)));
        let caught;
        try { askNow(0); } catch (error) { caught = `${error.name} ${error.message}`; }
        export default [askNow(41), await askLater(-9n, true), all.reduce((a, b) => a + b), caught, askNow(1)];";
    let seen: serde_json::Value =
        sandbox(&extension).run_module_source("host.js", source).into_value().unwrap();
    let expected = serde_json::json!([
        42,
        -4.5,
        -312.5,
        "TrapError `askNow`: component `hosted` trapped: nothing of nothing",
        2,
    ]);
    assert_eq!(seen, expected);
}

pub(crate) static ASKING: LazyLock<Extension> = LazyLock::new(|| {
    let module = wat::parse_str(include_str!("wat/asking.wat")).unwrap();
    let bytes = component_with(include_str!("wat/asking.wit"), module);
    Extension::from_bytes(&ENGINE, "asking", &bytes).unwrap()
});

const HEAD: &str = r"
    import { instantiate, promising } from 'innerbox:component';
    import { AsyncLocalStorage } from 'node:async_hooks';
    const tick = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const told = (error) => `${error.name} ${error.code ?? '-'} ${error.message}`;
    const thrown = async (call) => {
      try { await call(); return 'nothing'; } catch (error) { return told(error); }
    };
    const collect = async (stream) => {
      const chunks = [];
      for await (const chunk of stream) chunks.push(...chunk);
      return chunks;
    };
    const notified = [];
    class Sink {
      constructor(name) { if (name === 'bad') throw new RangeError('no such name'); this.name = name; this.lines = []; }
      async write(line) { await tick(1); return this.lines.push(line); }
      [Symbol.dispose]() { this.disposed = true; }
    }
    const refuse = (text) => {
      if (text === '') throw { tag: 'empty' };
      if (text === 'other') throw new TypeError('said otherwise');
      throw Object.assign(new Error('odd'), { payload: { tag: 'odd', val: text } });
    };
    const host = {
      Sink,
      add: (a, b) => a + b,
      addLater: async (a, b) => { await tick(1); return a + b; },
      greet: (name) => `hello, ${name}`,
      greetLater: async (name) => `later, ${name}`,
      five: async (...all) => all.reduce((a, b) => a + b),
      aged: async ({ name, age }, shift) => { await tick(1); return { name: `${name}!`, age: age + shift }; },
      many: (...all) => [...all.slice(0, 8), ...all[8]].join(' '),
      check: (text) => (text.startsWith('fine') ? text : refuse(text)),
      checkLater: async (text) => { await tick(1); return text.startsWith('fine') ? text : refuse(text); },
      notify: async (n) => { notified.push(n); },
      total: async (stream) => BigInt((await collect(stream)).reduce((a, b) => a + b, 0)),
      source: (n) => ReadableStream.from([Uint8Array.of(n, n + 1), Uint8Array.of(n + 2)]),
      promise: async (n) => (n === 0 ? tick(5).then(() => 7) : n),
      later: async (number) => (await number) + 1,
    };
    const given = (changes) => instantiate('asking', { 'test:asking/host': { ...host, ...changes } });
    const guest = given({});";

fn run_in(sandbox: &mut Sandbox, body: &str) -> serde_json::Value {
    let completion = sandbox.run_module_source("asking.js", &format!("{HEAD}\n{body}"));
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    json["value"].clone()
}

#[track_caller]
fn check(body: &str, expected: &str) {
    let seen = run_in(&mut sandbox(&ASKING), body);
    assert_eq!(seen, serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{seen}");
}

#[test]
fn scalars_are_asked_for() {
    check(
        "export default [await guest.add(40, 2), await guest.addLater(1, 2), guest.addNow(3, 4), await guest.five(1, 2, 3, 4, 5),
           await given({ addLater: (a, b) => a * b }).addLater(6, 7)];",
        "[42, 3, 7, 30, 42]",
    );
}

#[test]
fn what_has_parts_is_asked_for() {
    check(
        "const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h\u{e9}'];
         export default [
           guest.greetNow('you'), await guest.greetLater('h\u{e9}llo'), await guest.aged({ name: 'Ada', age: 36 }, 5),
           await guest.many(...all, [1, 2, 65535]), await given({ aged: (who) => who }).aged({ name: '', age: 1 }, 0),
         ];",
        r#"["hello, you", "later, héllo", {"name": "Ada!", "age": 41}, "a b c d e f g hé 1 2 65535", {"name": "", "age": 1}]"#,
    );
}

#[test]
fn an_error_case_is_thrown_or_rejected() {
    check(
        "const all = [];
         for (const call of ['check', 'checkLater']) {
           all.push(await guest[call]('fine'), await thrown(() => guest[call]('')), await thrown(() => guest[call]('x')),
             await thrown(() => guest[call]('other')));
         }
         export default all;",
        r#"["fine", "ComponentError ERR_COMPONENT `check`: empty", "ComponentError ERR_COMPONENT `check`: odd: x",
            "TypeError - said otherwise",
            "fine", "ComponentError ERR_COMPONENT `checkLater`: empty", "ComponentError ERR_COMPONENT `checkLater`: odd: x",
            "TypeError - said otherwise"]"#,
    );
}

#[test]
fn what_is_thrown_is_thrown_by_the_call_that_it_was_asked_for() {
    check(
        "const mine = new RangeError('mine');
         let waiting;
         const changed = given({ add() { throw mine; }, addLater: async (a) => { if (a === 1) throw mine; await new Promise(() => {}); } });
         const same = async (call) => { try { await call(); } catch (error) { return error === mine; } };
         const seen = [await same(() => changed.addNow(1, 1)), await same(() => changed.add(1, 1)), await same(() => changed.addLater(1, 1))];
         const other = thrown(() => changed.addLater(2, 1));
         seen.push(await same(() => changed.addLater(1, 1)), await other, changed.greetNow('again'));
         export default seen;",
        r#"[true, true, true, true,
            "TrapError ERR_TRAP `addLater`: component `asking` trapped: what JavaScript gave as `addLater` threw: RangeError: mine",
            "hello, again"]"#,
    );
}

#[test]
fn what_does_not_fit_is_an_exception_of_the_call() {
    check(
        "export default [
           await thrown(() => given({ add: () => -1 }).add(1, 1)), await thrown(() => given({ add: async () => 1 }).add(1, 1)),
           await thrown(() => given({ addLater: async () => 'x' }).addLater(1, 1)), await thrown(() => given({ greet: () => 1 }).greetNow('x')),
           await thrown(() => given({ aged: async () => ({ name: 'x' }) }).aged({ name: '', age: 1 }, 1)),
           await thrown(() => given({ addLater: () => ({ get then() { throw new RangeError('of a getter'); } }) }).addLater(1, 1)),
           await thrown(() => given({ addLater: () => ({ then(resolve) { resolve(9); } }) }).addLater(1, 1)),
         ];",
        r#"["TypeError - `add()`: expected u32, got number -1", "TypeError - `add()`: expected u32, got Promise",
            "TypeError - `addLater()`: expected u32, got string x", "TypeError - `greet()`: expected string, got number 1",
            "TypeError - `aged().age`: expected u32, got undefined", "RangeError - of a getter", "nothing"]"#,
    );
}

#[test]
fn what_breaks_the_canonical_abi_is_a_trap() {
    check(
        "const named = given({ greetLater: async (name) => name });
         const all = [];
         for (const [at, length] of [[16, 3], [0xfffffff0, 8], [65536 * 4, 1], [16, 0xffffffff], [8, 2]]) {
           all.push(await thrown(() => named.claim(at, length)));
         }
         all.push(await named.greetLater('fine'));
         export default all;",
        r#"["nothing", "TrapError ERR_TRAP `claim`: component `asking` trapped: 8 bytes at 0xfffffff0 lie outside the memory",
            "TrapError ERR_TRAP `claim`: component `asking` trapped: 1 bytes at 0x40000 lie outside the memory",
            "LimitError ERR_LIMIT `claim`: component `asking` reached its limit of string: 4294967295 units wanted, 536870888 allowed",
            "TrapError ERR_TRAP `claim`: component `asking` trapped: a string is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0",
            "fine"]"#,
    );
}

#[test]
fn what_is_missing_is_named_before_anything_runs() {
    check(
        "export default [
           await thrown(() => instantiate('asking')), await thrown(() => given({ addLater: undefined })),
         ];",
        r#"["TypeError ERR_COMPONENT_IMPORT component `asking` imports `test:asking/host@1.0.0`, which it was not given: `instantiate` of `innerbox:component` gives it",
            "TypeError ERR_COMPONENT_IMPORT component `asking` imports `addLater` of `test:asking/host@1.0.0`, which is no function"]"#,
    );
}

#[test]
fn calls_side_by_side_are_answered_as_they_come() {
    check(
        // They are answered last come first, once all of them are here.
        "const waiting = [];
         const answer = async () => { for (const settle of waiting.reverse()) { settle(); await tick(5); } };
         const changed = given({ addLater: (a, b) => new Promise((resolve) => {
           if (waiting.push(() => resolve(a + b)) === 20) answer();
         }) });
         const order = [];
         const all = Array.from({ length: 20 }, (_, i) => changed.addLater(i, 1).then((sum) => { order.push(i); return sum; }));
         const sums = await Promise.all(all);
         export default [sums.join(), order[0] > order[19], changed.addNow(1, 1), await promising(guest.addLater)(99, 1)];",
        r#"["1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", true, 2, 100]"#,
    );
}

#[test]
fn a_script_that_waits_answers_meanwhile() {
    // The asynchronous call holds the whole instance until its function has been called: by the thread that waits.
    check(
        "const log = [];
         const changed = given({ add: (a, b) => { log.push(`${a}+${b}`); return a + b; } });
         await changed.add(0, 0);
         const first = changed.add(1, 2);
         await Promise.resolve();
         const until = performance.now() + 30;
         while (performance.now() < until);
         const second = changed.addNow(3, 4);
         log.push('done');
         export default [await first, second, log.join(' ')];",
        r#"[3, 7, "0+0 1+2 3+4 done"]"#,
    );
}

#[test]
fn a_component_that_waits_for_a_script_cannot_be_entered() {
    check(
        "let guest2;
         const again = { add(a, b) { try { return guest2.addNow(a, b); } catch (error) { seen.push(told(error)); return 0; } } };
         const seen = [];
         guest2 = given(again);
         const other = given({ add: (a, b) => guest.addNow(a, b) + 1 });
         // What is asynchronous may be: it begins when the component goes on.
         const nested = given({ add: (a, b) => { later = nested.greetLater('you'); return a + b; } });
         let later;
         seen.push(guest2.addNow(1, 1), await guest2.add(1, 1), other.addNow(1, 1), nested.addNow(1, 1), await later);
         export default seen;",
        r#"["Error ERR_COMPONENT_BUSY `addNow`: component `asking` is already running a call",
            "Error ERR_COMPONENT_BUSY `addNow`: component `asking` is already running a call", 0, 0, 3, 2, "later, you"]"#,
    );
}

#[test]
fn a_promise_that_is_never_settled_ends_at_the_limit() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    let mut sandbox =
        Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, tight()).build().unwrap();
    for call in ["addLater(1, 1)", "greetLater('x')"] {
        let source = format!(
            "{HEAD} await given({{ addLater: () => new Promise(() => {{}}), greetLater: () => new Promise(() => {{}}) }}).{call};"
        );
        let start = Instant::now();
        let completion = sandbox.run_module_source("never.js", &source);
        assert!(
            matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs),
            "{completion:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        sandbox = Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, tight()).build().unwrap();
    }
}

#[test]
fn a_function_that_loops_for_ever_ends_at_the_limit() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    for call in ["addNow(1, 1)", "add(1, 1)", "addLater(1, 1)"] {
        let mut sandbox =
            Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, tight()).build().unwrap();
        let source = format!(
            "{HEAD} const spin = () => {{ for (;;); }}; await given({{ add: spin, addLater: spin }}).{call};"
        );
        let completion = sandbox.run_module_source("spin.js", &source);
        assert!(
            matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs),
            "{call} {completion:?}"
        );
    }
    assert_eq!(run_in(&mut sandbox(&ASKING), "export default guest.addNow(1, 1);"), serde_json::json!(2));
}

#[test]
fn the_end_of_a_run_ends_what_was_asked() {
    let mut sandbox = sandbox(&ASKING);
    for _ in 0..3 {
        let source = format!(
            "{HEAD} const changed = given({{ addLater: () => new Promise(() => {{}}), add: () => {{ throw new Error('late'); }} }});
             for (let i = 0; i < 10; i++) changed.addLater(i, 1);
             await guest.addLater(1, 1);
             guest.add(1, 1); changed.add(1, 1); guest.leave(1);
             throw new Error('gone');"
        );
        let completion = sandbox.run_module_source("gone.js", &source);
        assert!(matches!(completion.outcome, Outcome::Threw { .. }), "{completion:?}");
    }
    assert_eq!(run_in(&mut sandbox, "export default await guest.addLater(20, 22);"), serde_json::json!(42));
}

#[test]
fn what_goes_on_after_its_answer_may_ask_as_well() {
    check(
        "await guest.leave(5);
         await tick(50);
         const failing = given({ notify() { throw new Error('nobody asked'); } });
         await failing.leave(1);
         await tick(50);
         export default [notified, failing.addNow(1, 1), await thrown(() => given({ notify: async () => { throw 1; } }).leave(1))];",
        r#"[[5], 2, "nothing"]"#,
    );
}

#[test]
fn streams_and_futures_are_asked_for() {
    check(
        "export default [
           Number(await guest.total(ReadableStream.from([Uint8Array.of(1, 2), Uint8Array.of(3)]))),
           await collect(await guest.source(5)), await guest.promise(3), await guest.promise(0), await guest.later(41),
           await thrown(async () => collect(await given({ source: () => 1 }).source(5))),
         ];",
        r#"[6, [5, 6, 7], 3, 7, 42, "TypeError - `source()`: expected stream<u8>, got number 1"]"#,
    );
}

#[test]
fn classes_that_javascript_gives_are_resources() {
    check(
        "const sink = guest.open('one');
         const counts = [await guest.log(sink, 'a'), await guest.log(sink, 'b')];
         guest.close(sink);
         await tick(20);
         const own = new Sink('two');
         await guest.log(own, 'c');
         export default [
           sink instanceof Sink, counts, sink.lines, sink.disposed === true, own.lines, own.disposed === true,
           await thrown(() => guest.open('bad')), await thrown(() => guest.log({}, 'x')),
         ];",
        r#"[true, [1, 2], ["a", "b"], true, ["c"], false, "RangeError - no such name", "TypeError - `to`: expected Sink, got object"]"#,
    );
}

#[test]
fn a_flood_of_questions_meets_a_limit() {
    let limits = Limits { wall: Some(Duration::from_secs(60)), cpu: None, ..Limits::default() };
    let own = ExtensionLimits { crossing_bytes: 1 << 20, ..ExtensionLimits::default() };
    let builder = Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, own);
    let seen = run_in(
        &mut builder.build().unwrap(),
        "const never = given({ many: () => new Promise(() => {}) });
         export default [
           await thrown(() => never.flood(1)), (await thrown(() => never.flood(300 << 10))).replace(/: [0-9]+ bytes/, ''), never.addNow(1, 1),
         ];",
    );
    let expected = serde_json::json!([
        "LimitError ERR_LIMIT `flood`: component `asking` reached its limit of calls of JavaScript at once: 10001 wanted, 10000 allowed",
        "LimitError ERR_LIMIT `flood`: component `asking` reached its limit of bytes on their way to JavaScript wanted, 1048576 allowed",
        2,
    ]);
    assert_eq!(seen, expected);
}

#[test]
fn a_function_runs_in_the_context_of_the_call_that_it_is_asked_for() {
    check(
        "const store = new AsyncLocalStorage();
         const changed = given({
           greet: () => String(store.getStore()), greetLater: async () => { await tick(1); return String(store.getStore()); },
           addLater: async () => { await tick(5); return store.getStore() ?? 0; },
         });
         const inside = (value, call) => store.run(value, call);
         export default [
           inside('now', () => changed.greetNow('x')), await inside('then', () => changed.greetLater('x')),
           await Promise.all([1, 2, 3].map((value) => inside(value, () => changed.addLater(0, 0)))), changed.greetNow('x'),
         ];",
        r#"["now", "then", [1, 2, 3], "undefined"]"#,
    );
}

#[test]
fn many_sandboxes_ask_at_once() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..5 {
                    let source = "const all = Array.from({ length: 100 }, (_, i) => (i % 2 ? guest.addLater(i, 1) : guest.add(i, 1)));
                        export default [guest.addNow(1, 1), (await Promise.all(all)).reduce((a, b) => a + b)];";
                    assert_eq!(run_in(&mut sandbox(&ASKING), source), serde_json::json!([2, 5050]));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn declarations_say_what_may_be_given() {
    let typings = ASKING.typings();
    for line in [
        "add(a: number, b: number): number;",
        "addLater(a: number, b: number): PromiseLike<number> | number;",
        "notify(n: number): PromiseLike<void> | void;",
        "write(line: string): PromiseLike<number> | number;",
        "total(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): PromiseLike<bigint> | bigint;",
    ] {
        assert!(typings.contains(line), "{line}\n{typings}");
    }
}

#[test]
fn a_part_of_a_composed_component_asks() {
    // The component of the general door's test, with one function declared `async` where it is imported and exported.
    let text = include_str!("wat/outward.wat")
        .replace(r#"(func (param "name" string)"#, r#"(func async (param "name" string)"#)
        .replace(r#"(func (export "greet") (param "name""#, r#"(func (export "greet") async (param "name""#);
    let extension = Extension::from_bytes(&ENGINE, "guest", &wat::parse_str(text).unwrap()).unwrap();
    assert_eq!(extension.door_kind(), DoorKind::Concurrent);
    let source = r"import { instantiate } from 'innerbox:component';
        class Sink { constructor(name) { this.name = name; } }
        const guest = instantiate('guest', { 'test:host/host': {
          Sink,
          greet: async (name) => `hello, ${name}${name}\ud800`,
          pick: (from, index) => from[index],
          choose: (it) => (it === undefined ? new Sink('made') : undefined),
          spill: (...all) => all.slice(0, 16).reduce((a, b) => a + b) + all[16][0] + (all[16][1].val === b ? 100 : 200),
        } });
        const caught = (call) => { try { return call(); } catch (error) { return `${error.name} ${error.message.split(': ').at(-1)}`; } };
        const [a, b] = [new Sink('a'), new Sink('b')];
        export default [
          await guest.greet('\u{e9}\u{1f600}') === 'hello, \u{e9}\u{1f600}\u{e9}\u{1f600}\ufffd',
          (await guest.greet('x'.repeat(1000))).length,
          guest.pick(a, b, 1, 0) === b, guest.pick(a, b, 0, 0) === a, guest.pick(a, a, 1, 0) === a,
          caught(() => guest.pick(a, b, 0, 77)).startsWith('TrapError '), guest.pick(a, b, 1, 0) === b,
          guest.choose(undefined).name, guest.choose(a) ?? null,
          guest.spill(b, 0), guest.spill(b, 1), caught(() => guest.spill(b, 2)), await guest.greet('y'),
        ];";
    let completion = sandbox(&extension).run_module_source("composed.js", source);
    let seen: serde_json::Value = completion.into_value().unwrap();
    let expected = serde_json::json!([
        true,
        2008,
        true,
        true,
        true,
        true,
        true,
        "made",
        null,
        139,
        239,
        "TrapError result has no case 2",
        "hello, yy\u{fffd}",
    ]);
    assert_eq!(seen, expected);
}

#[test]
fn a_limit_may_end_it_anywhere() {
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| {
            std::thread::spawn(move || {
                for round in 0..15 {
                    let limits = Limits { wall: Some(Duration::from_millis(10 + 4 * round + thread)), ..Limits::default() };
                    let builder = Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, tight());
                    let mut sandbox = builder.build().unwrap();
                    let source = format!(
                        "{HEAD} const failing = given({{ add() {{ throw new Error('no'); }} }});
                         for (;;) {{
                           const all = Array.from({{ length: 20 }}, (_, i) => (i % 2 ? guest.addLater(i, 1) : guest.greetLater('x')));
                           await thrown(() => failing.addNow(1, 1));
                           await thrown(() => Promise.all([failing.add(1, 1), failing.addLater(1, 1)]));
                           guest.addNow(1, 1);
                           await Promise.all(all);
                         }}"
                    );
                    let completion = sandbox.run_module_source("limited.js", &source);
                    let ended = matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs);
                    assert!(ended, "{completion:?}");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(run_in(&mut sandbox(&ASKING), "export default guest.addNow(1, 1);"), serde_json::json!(2));
}

#[test]
fn an_embedder_gives_to_all_scripts() {
    let limits = Limits { wall: Some(Duration::from_secs(30)), ..Limits::default() };
    let builder = Sandbox::builder(&ENGINE).limits(limits).extension_with(&ASKING, tight());
    let given = "const own = { add: (a, b) => a + b, addLater: async (a, b) => a - b };
        ({ 'test:asking/host': new Proxy(own, { get: (all, name) => all[name] ?? class {} }) })";
    let mut sandbox = builder.imports("asking", given).build().unwrap();
    let source =
        "import { addLater, addNow } from 'asking'; export default [await addLater(5, 2), addNow(3, 4)];";
    let seen: serde_json::Value = sandbox.run_module_source("plain.js", source).into_value().unwrap();
    assert_eq!(seen, serde_json::json!([3, 7]));
}

#[test]
fn what_others_ask_for_by_references_asks_in_its_turn() {
    for threads in [1, 2] {
        let limits = Limits { wall: Some(Duration::from_secs(20)), ..Limits::default() };
        let options = PoolOptions { threads, queued: 1000, ready: 0 };
        let make = move |engine: &Engine| {
            Sandbox::builder(engine).limits(limits).extension_with(&ASKING, tight()).build()
        };
        let pool = Pool::new(&ENGINE, options, make).unwrap();
        let (one, other) = (pool.tenant(), pool.tenant());
        let source = format!("{HEAD} globalThis.guest = guest;");
        other.schedule(move |sandbox| sandbox.run_module_source("set.js", &source)).wait().unwrap();
        let lent: Reference =
            other.eval_into("(a, b) => guest.addLater(a, b)").wait().unwrap().into_returned().unwrap();
        one.set_global("ask", lent).wait().unwrap().into_returned().unwrap();
        let source = "Promise.all(Array.from({ length: 20 }, (_, i) => ask.apply(undefined, [i, 1]))).then((all) => all.join(' '))";
        for _ in 0..3 {
            let sums: String = one.eval(source).wait().unwrap().into_value().unwrap();
            assert_eq!(sums, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
        }
    }
}
