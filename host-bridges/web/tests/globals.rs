//! The web's globals: their shape, their limits, and what a tenant cannot change.

mod harness;

use std::time::Duration;

use innerbox_bridge_web::{Colors, Options, install};

#[track_caller]
fn check_with(script: &str, expected: &str, change: impl FnOnce(&mut Options)) {
    let printed = harness::run(script, |scope, sink| {
        let mut options = Options::new(sink);
        change(&mut options);
        install(scope, options)
    });
    assert_eq!(printed.trim(), expected.trim(), "{script}");
}

#[track_caller]
fn check(script: &str, expected: &str) {
    check_with(script, expected, |_| {});
}

#[test]
fn the_console_may_write_as_many_bytes_as_it_was_lent_and_none_more() {
    let script = "
        console.log('123456789');
        console.error('é');
        try { console.log(''); } catch (error) { globalThis.failed = error; }
        throw failed;";
    let exact = "123456789\né\nUncaught RangeError: limit reached: console bytes: 13 allowed";
    check_with(script, exact, |options| options.console_bytes_max = 13);
    let one_less = "123456789\nUncaught RangeError: limit reached: console bytes: 12 allowed";
    check_with(script, one_less, |options| options.console_bytes_max = 12);
    check_with(
        "try { console.log('longer than 12'); } catch (error) { console.log(error.code); }",
        "ERR_LIMIT",
        |options| options.console_bytes_max = 12,
    );
}

#[test]
fn the_console_can_be_coloured() {
    let colored = "{ a: \u{1b}[33m1\u{1b}[39m, b: \u{1b}[32m'x'\u{1b}[39m, c: \u{1b}[1mnull\u{1b}[22m } \
                   \u{1b}[90mundefined\u{1b}[39m";
    check_with("console.log({ a: 1, b: 'x', c: null }, undefined)", colored, |options| {
        options.console_colors = Colors::Always;
    });
}

#[test]
fn clocks_are_as_coarse_as_lent() {
    let script = "
        const seen = new Set();
        for (let end = Date.now() + 30; Date.now() < end;) seen.add(performance.now());
        console.log([...seen].every((time) => time % 10 === 0), seen.size >= 2 && seen.size <= 6,
          performance.timeOrigin % 10 === 0, Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 100);";
    check_with(script, "true true true true", |options| {
        options.clock_coarseness = Duration::from_millis(10);
    });
}

#[test]
fn a_tenant_that_replaces_what_the_language_has_does_not_change_the_console() {
    check(
        "
        const values = [new Map([[1, { a: 'it\\'s' }]]), new Set([2])];
        for (const type of [Array, String, Map, Set, RegExp, Function, Object, Number, Promise]) {
          for (const key of Reflect.ownKeys(type.prototype)) {
            if (key === 'constructor' || key === Symbol.iterator || key === '__proto__') continue;
            const { configurable, value } = Object.getOwnPropertyDescriptor(type.prototype, key);
            if (configurable && typeof value === 'function' && key !== 'exec') {
              Object.defineProperty(type.prototype, key, { value() { throw 'replaced'; } });
            }
          }
        }
        console.log('%s', 3, values, { a: { b: [1] } });
        setTimeout(() => console.log('timer'), 1);
        queueMicrotask(() => console.log('microtask'));",
        "3 [ Map(1) { 1 => { a: \"it's\" } }, Set(1) { 2 } ] { a: { b: [ 1 ] } }\nmicrotask\ntimer",
    );
}

#[test]
fn properties_are_shaped_as_webidl_says() {
    check(
        "
        const shape = (key) => {
          const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, key);
          return `${key} ${typeof value} ${+writable}${+enumerable}${+configurable}`;
        };
        for (const key of ['console', 'setTimeout', 'queueMicrotask', 'performance', 'Performance', 'self', 'URL', 'atob',
          'structuredClone', 'crypto']) {
          console.log(shape(key));
        }
        console.log(self === globalThis, Object.prototype.toString.call(performance), setTimeout.name);
        performance = 1; console.log(performance);",
        "
console object 101
setTimeout function 111
queueMicrotask function 111
performance object 111
Performance function 101
self object 111
URL function 101
atob function 111
structuredClone function 111
crypto object 111
true [object Performance] setTimeout
1",
    );
}

#[test]
fn a_timer_that_throws_ends_the_run_with_its_exception() {
    check(
        "setTimeout(() => { throw new RangeError('from a timer'); }, 1)",
        "Uncaught RangeError: from a timer",
    );
}

#[test]
fn timers_are_limited() {
    check(
        "
        const ids = [];
        try { for (;;) ids.push(setTimeout(() => {}, 1e6, 'a')); } catch (error) { console.log(ids.length, error.code); }
        for (const id of ids) clearTimeout(id);
        clearTimeout(setTimeout(() => {}, 1e6));",
        "10000 ERR_LIMIT",
    );
}

#[test]
fn values_that_fight_back_are_printed_or_throw_their_own_exception() {
    check(
        "
        try { console.log({ get [Symbol.toStringTag]() { throw new Error('tag'); } }); } catch (e) { console.log(e.message); }
        console.log([{ get constructor() { throw new Error('constructor'); } }]);
        const deep = []; let last = deep; for (let i = 0; i < 1e5; i++) last.push(last = []);
        console.dir(deep, { depth: 3 });
        let overflows = 0;
        (function recursive() {
          try { recursive(); } catch { if (overflows++ === 0) try { console.dir({ a: [{}] }); } catch {} }
        })();
        console.log({ overflows: overflows > 0 });",
        "tag\n[ { constructor: [Getter] } ]\n[\n  [ [ [ [Array] ] ] ]\n]\n{ overflows: true }",
    );
}

#[test]
fn random_numbers_are_random() {
    check(
        "
        const bytes = crypto.getRandomValues(new Uint8Array(1000).subarray(10));
        console.log(new Set(bytes).size > 100, new Uint8Array(bytes.buffer, 0, 10).every((byte) => byte === 0));
        console.log(crypto.getRandomValues(new BigInt64Array(4)).some((value) => value !== 0n), crypto.getRandomValues(new Uint8Array(0)).length);
        const ids = [crypto.randomUUID(), crypto.randomUUID()];
        console.log(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), ids[0] !== ids[1]);
        for (const bad of [new Uint8Array(65537), new Float32Array(1), [], undefined]) {
          try { crypto.getRandomValues(bad); } catch (error) { console.log(error.name); }
        }",
        "
true true
true 0
true true
QuotaExceededError
TypeMismatchError
TypeMismatchError
TypeMismatchError",
    );
}

#[test]
fn a_clone_is_made_in_the_tenants_own_heap() {
    // V8's serializer would write the string a thousand times.
    check(
        "
        const text = 'x'.repeat(2 ** 24);
        const copy = structuredClone(Array.from({ length: 1000 }, () => text));
        console.log(copy.length, copy[999].length);",
        "1000 16777216",
    );
}

#[test]
fn passive_listeners_prevent_nothing_and_errors_of_listeners_stop_nobody() {
    check(
        "
        const target = new EventTarget();
        target.addEventListener('a', (event) => { event.preventDefault(); console.log(event.defaultPrevented); }, { passive: true });
        target.addEventListener('a', () => { throw new Error('lost'); });
        target.addEventListener('a', () => console.log('called all the same'));
        console.log(target.dispatchEvent(new Event('a', { cancelable: true })));",
        "false\ncalled all the same\ntrue",
    );
}
