//! Components that only the general door takes: other strings, several memories, composed ones, and WASI 0.2 imported by
//! the component itself.

use std::time::{Duration, Instant};

use innerbox::{Config, DoorKind, Engine, Extension, Sandbox};

use crate::support::{ENGINE, tight};

const STRINGS: &str = include_str!("wat/strings.wat");
const COMPOSED: &str = include_str!("wat/composed.wat");
const MEMORIES: &str = include_str!("wat/memories.wat");
const WASI: &str = include_str!("wat/wasi.wat");
const OUTWARD: &str = include_str!("wat/outward.wat");

fn load(text: &str) -> Extension {
    let bytes = wat::parse_str(text).unwrap();
    Extension::from_bytes(&ENGINE, "guest", &bytes).unwrap()
}

/// Runs a module whose default export is the answer, and compares it as JSON.
#[track_caller]
fn check(guest: &Extension, source: &str, expected: &str) {
    assert_eq!(guest.door_kind(), DoorKind::General);
    let mut sandbox = Sandbox::builder(&ENGINE).extension_with(guest, tight()).build().unwrap();
    let completion = sandbox.run_module_source("test.js", source);
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    assert_eq!(json["value"], serde_json::from_str::<serde_json::Value>(expected).unwrap(), "{source}");
}

/// A component whose strings are in this encoding.
fn strings(encoding: &str) -> Extension {
    load(&STRINGS.replace("ENCODING", encoding))
}

const ENCODINGS: [&str; 2] = ["utf16", "latin1+utf16"];

#[test]
fn strings_cross_in_every_encoding() {
    for encoding in ENCODINGS {
        check(
            &strings(encoding),
            r"import { echo, list } from 'guest';
              const samples = ['', 'a', 'plain', '\u{e9}\u{ff}', '\u{100}', '\u{6f22}\u{5b57}', '\u{1f600}', 'a\u{1f600}b',
                '\0', '\ud800', '\udc00\ud800', 'a\ud800b', '\u{e9}'.repeat(1000)];
              // Pairs and halves of pairs around the ends of what is converted at once.
              for (const at of [509, 510, 511, 512, 513, 1023, 1024]) {
                samples.push('a'.repeat(at) + '\u{1f600}z', 'a'.repeat(at) + '\ud83d', 'a'.repeat(at) + '\ud83dz',
                  '\u{1f600}'.repeat(at), '\ud83d'.repeat(at));
              }
              const wrong = samples.filter((sample) => echo(sample) !== sample.toWellFormed());
              const rope = 'a'.repeat(100) + samples.join('') + '\u{1f600}';
              if (echo(rope) !== rope.toWellFormed()) wrong.push('rope');
              const whole = list(samples);
              export default [wrong, samples.length, whole.every((text, i) => text === samples[i].toWellFormed())];",
            "[[], 48, true]",
        );
    }
}

#[test]
fn strings_lie_in_memory_as_the_canonical_abi_has_them() {
    let source = r"import { length, byte } from 'guest';
        const bytes = (text, count) => Array.from({ length: count }, (_, index) => byte(text, index));
        export default [length(''), length('ab'), bytes('ab', 2), length('\u{e9}'), bytes('\u{e9}', 1),
          length('\u{100}b'), bytes('\u{100}b', 4), length('\u{1f600}'), bytes('\u{1f600}', 4),
          bytes('a\ud800', 4)];";
    check(
        &strings("utf16"),
        source,
        "[0, 2, [97, 0], 1, [233], 2, [0, 1, 98, 0], 2, [61, 216, 0, 222], [97, 0, 253, 255]]",
    );
    // Bit 31 says that it is UTF-16.
    check(
        &strings("latin1+utf16"),
        source,
        "[0, 2, [97, 98], 1, [233], 2147483650, [0, 1, 98, 0], 2147483650, [61, 216, 0, 222], [97, 0, 253, 255]]",
    );
}

#[test]
fn false_claims_about_strings_are_traps() {
    let source = r"import { at } from 'guest';
        const caught = (pointer, length) => {
          try { return at(pointer, length); } catch (error) { return `${error.name} ${error.message.split(': ').slice(2).join(': ')}`; }
        };
        export default CALLS;";
    let check = |encoding: &str, calls: &str, expected: &str| {
        check(&strings(encoding), &source.replace("CALLS", calls), expected);
    };
    check(
        "utf16",
        "[caught(64, 2), caught(68, 2), caught(72, 2), caught(65, 1), caught(262144, 1), caught(262142, 1),
          caught(64, 0x80000000), caught(64, 0xffffffff), at(64, 2)]",
        "[\"\u{1f600}\", \"TrapError a string is not UTF-16: lone surrogate 0xd83d\",
          \"TrapError a string is not UTF-16: lone surrogate 0xde00\", \"TrapError pointer 0x41 is not aligned to 2\",
          \"TrapError 2 bytes at 0x40000 lie outside the memory\", \"\\u0000\",
          \"TrapError a string of 2147483648 units lies outside the memory\",
          \"TrapError a string of 4294967295 units lies outside the memory\", \"\u{1f600}\"]",
    );
    check(
        "latin1+utf16",
        "[caught(76, 3), caught(64, 0x80000002), caught(68, 0x80000002), caught(77, 1), caught(262142, 3),
          caught(262142, 0x80000002), at(64, 0x80000002)]",
        "[\"\u{e9}\\u0000\u{e9}\", \"\u{1f600}\", \"TrapError a string is not UTF-16: lone surrogate 0xd83d\",
          \"TrapError pointer 0x4d is not aligned to 2\", \"TrapError 3 bytes at 0x3fffe lie outside the memory\",
          \"TrapError 4 bytes at 0x3fffe lie outside the memory\", \"\u{1f600}\"]",
    );
}

#[test]
fn a_string_is_measured_as_it_will_lie_in_memory() {
    let limits = innerbox::ExtensionLimits { crossing_bytes: 1_000, ..tight() };
    let guest = strings("utf16");
    let mut sandbox = Sandbox::builder(&ENGINE).extension_with(&guest, limits).build().unwrap();
    let source = "import { length, echo } from 'guest';
        const caught = (text) => { try { return length(text); } catch (error) { return `${error.limit} ${error.used}`; } };
        export default [caught('a'.repeat(500)), caught('a'.repeat(501)), echo('b'.repeat(500)).length];";
    let seen: serde_json::Value = sandbox.run_module_source("test.js", source).into_value().unwrap();
    assert_eq!(seen, serde_json::json!([500, "crossing bytes 1002", 500]));
}

#[test]
fn each_function_has_its_own_memory() {
    let guest = load(MEMORIES);
    assert_eq!(guest.door_reason(), "its functions have several memories");
    assert_eq!(guest.memory_bytes(), 2 * 65536);
    check(
        &guest,
        "import { sayA, sayB, firstA, firstB } from 'guest';
         export default [sayA(), sayB(), firstA('x'), firstB('y')];",
        "[\"from a\", \"from b\", 120, 121]",
    );
}

#[test]
fn a_composed_component_is_one_module_with_several_interfaces() {
    let guest = load(COMPOSED);
    assert_eq!(guest.door_reason(), "its exports lie in several core modules");
    check(
        &guest,
        r"import { things, user } from 'guest';
          const { Thing } = things;
          export default [Object.keys(things), Object.keys(user), things.echo('\u{1f600}\ud800'),
            user.echo('\u{e9}\u{1f600}'.repeat(100)) === '\u{e9}\u{1f600}'.repeat(100), new Thing(7).value()];",
        "[[\"Thing\", \"echo\"], [\"make\", \"peek\", \"keep\", \"pass\", \"eat\", \"echo\"], \"\u{1f600}\u{fffd}\", true, 7]",
    );
}

#[test]
fn resources_cross_between_the_parts_of_a_composed_component() {
    check(
        &load(COMPOSED),
        "import { things, user } from 'guest';
         const { Thing } = things;
         const caught = (call) => { try { return call(); } catch (error) { return `${error.name} ${error.code ?? '-'}`; } };
         const seen = [];
         {
           using a = new Thing(1);
           const b = user.make(2);
           seen.push(b instanceof Thing, b.value(), user.peek(a), user.peek(b), Thing.live());
           const c = user.pass(b);
           seen.push(caught(() => b.value()), c.value(), c instanceof Thing, Thing.live());
           user.eat(c);
           seen.push(caught(() => c.value()), Thing.live());
         }
         seen.push(Thing.live());
         export default seen;",
        "[true, 2, 1, 2, 2, \"TypeError ERR_STALE_HANDLE\", 2, true, 2, \"TypeError ERR_STALE_HANDLE\", 1, 0]",
    );
}

#[test]
fn a_borrow_that_is_kept_is_a_trap_and_the_next_call_has_a_fresh_instance() {
    check(
        &load(COMPOSED),
        "import { things, user } from 'guest';
         const { Thing } = things;
         const caught = (call) => { try { return call(); } catch (error) { return [error.name, error.message]; } };
         const a = new Thing(1);
         const kept = caught(() => user.keep(a));
         const stale = caught(() => a.value());
         const trapped = caught(() => user.peek(new Thing(666)));
         export default [kept, stale[0], trapped[0], new Thing(3).value(), Thing.live()];",
        "[[\"TrapError\", \"`keep`: component `guest` trapped: borrow handles still remain at the end of the call\"],
          \"TypeError\", \"TrapError\", 3, 1]",
    );
}

#[test]
fn a_part_of_a_composed_component_calls_what_javascript_gives() {
    check(
        &load(OUTWARD),
        r"import { instantiate } from 'innerbox:component';
          class Sink {
            static disposed = 0;
            constructor(name) { this.name = name; }
            [Symbol.dispose]() { Sink.disposed += 1; }
          }
          const guest = instantiate('guest', { 'test:host/host': {
            Sink,
            greet: (name) => `hello, ${name}${name}\ud800`,
            pick: (from, index) => from[index],
            choose: (it) => (it === undefined ? new Sink('made') : undefined),
            spill: (...all) => all.slice(0, 16).reduce((a, b) => a + b) + all[16][0] + (all[16][1].val === b ? 100 : 200),
          } });
          const caught = (call) => { try { return call(); } catch (error) { return `${error.name} ${error.message.split(': ').at(-1)}`; } };
          const [a, b] = [new Sink('a'), new Sink('b')];
          export default [
            guest.greet('\u{e9}\u{1f600}') === 'hello, \u{e9}\u{1f600}\u{e9}\u{1f600}\ufffd',
            guest.greet('x'.repeat(1000)).length,
            guest.pick(a, b, 1, 0) === b, guest.pick(a, b, 0, 0) === a, guest.pick(a, a, 1, 0) === a,
            caught(() => guest.pick(a, b, 0, 77)).startsWith('TrapError '), guest.pick(a, b, 1, 0) === b,
            guest.choose(undefined).name, guest.choose(a) ?? null, Sink.disposed,
            guest.spill(b, 0), guest.spill(b, 1), caught(() => guest.spill(b, 2)),
          ];",
        "[true, 2008, true, true, true, true, true, \"made\", null, 0, 139, 239,
          \"TrapError result has no case 2\"]",
    );
}

#[test]
fn wasi_0_2_is_lent_nothing_and_its_clocks_are_coarse() {
    let guest = load(WASI);
    assert!(guest.door_reason().starts_with("it imports "), "{}", guest.door_reason());
    assert!(guest.imports().iter().any(|import| import.field == "[method]pollable.block"));
    check(
        &guest,
        "import { now, resolution, random, arguments as given } from 'guest';
         const before = now();
         export default [String(before % 1_000_000n), String(resolution()), given(), random() !== random()];",
        "[\"0\", \"1000000\", 0, true]",
    );
}

#[test]
fn a_component_that_polls_sleeps_as_long_as_it_may_and_no_longer() {
    let started = Instant::now();
    check(
        &load(WASI),
        "import { sleep, sooner } from 'guest';
         const caught = (call) => { try { return call(); } catch (error) { return `${error.name} ${error.limit}`; } };
         const ms = 1_000_000n;
         export default [sleep(20n * ms), sleep(0n), sooner(3_600_000n * ms, 20n * ms), sooner(10n * ms, 1n << 63n),
           caught(() => sleep(3_600_000n * ms)), caught(() => sooner((1n << 64n) - 1n, 3_600_000n * ms)), sleep(1n)];",
        "[true, true, 1, 0, \"LimitError wall time of one call\", \"LimitError wall time of one call\", true]",
    );
    let elapsed = started.elapsed();
    assert!(elapsed > Duration::from_millis(50) && elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn a_component_that_hoards_what_wasi_gives_ends_at_a_limit() {
    check(
        &load(WASI),
        "import { hoard, arguments as given } from 'guest';
         let name;
         try { hoard(); } catch (error) { name = `${error.name} ${error.limit}`; }
         export default [name, given()];",
        "[\"LimitError open things of WASI\", 0]",
    );
}

#[test]
fn a_component_waits_on_a_thread_that_runs_futures() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        check(&load(WASI), "import { sleep } from 'guest'; export default sleep(1_000_000n);", "true");
    });
}

#[test]
fn a_pool_with_room_for_few_instances_says_so() {
    let engine = Engine::new(Config::new().instances(1)).unwrap();
    let bytes = wat::parse_str(COMPOSED).unwrap();
    let guest = Extension::from_bytes(&engine, "guest", &bytes).unwrap();
    let source = "import { things } from 'guest'; export default new things.Thing(5).value();";
    let mut first = Sandbox::builder(&engine).extension(&guest).build().unwrap();
    assert_eq!(first.run_module_source("a.js", source).into_value::<u32>().unwrap(), 5);
    let mut second = Sandbox::builder(&engine).extension(&guest).build().unwrap();
    let error = second.run_module_source("b.js", source).into_value::<u32>().unwrap_err();
    assert!(error.to_string().contains("maximum concurrent limit of 1 for component instances"), "{error}");
    drop(first);
    assert_eq!(second.run_module_source("c.js", source).into_value::<u32>().unwrap(), 5);
}

/// A component whose import needs the memory of the module that calls it. The import is reached through a table that
/// another module fills, last.
const KNOT: &str = r#"(component
    (import "measure" (func $measure (param "text" string) (result u32)))
    (core module $tie
      (table (export "slots") 1 1 funcref)
      (type $f (func (param i32 i32) (result i32)))
      (func (export "measure") (type $f) BODY))
    (core module $main
      (import "" "measure" (func $measure (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "seven!!")
      (func (export "f") (result i32) (call $measure (i32.const 16) (i32.const 7))))
    (core module $fill
      (import "" "slots" (table 1 1 funcref))
      (import "" "measure" (func $measure (param i32 i32) (result i32)))
      (elem (i32.const 0) func $measure))
    (core instance $tie (instantiate $tie))
    (core instance $main (instantiate $main (with "" (instance (export "measure" (func $tie "measure"))))))
    (core func $lowered (canon lower (func $measure) (memory (core memory $main "memory"))))
    (core instance (instantiate $fill (with "" (instance (export "slots" (table $tie "slots")) (export "measure" (func $lowered))))))
    (func (export "f") (result u32) (canon lift (core func $main "f"))))"#;

#[test]
fn a_function_that_only_calls_another_one_through_a_table_is_that_one() {
    let source = "import { instantiate } from 'innerbox:component';
        export default instantiate('guest', { measure: (text) => text.length }).f();";
    let passed_on = "(call_indirect (type $f) (local.get 0) (local.get 1) (i32.const 0))";
    // What does anything else besides is no mere detour: the general door runs it as it is.
    let shorter = "(call_indirect (type $f) (local.get 0) (i32.const 6) (i32.const 0))";
    let counted = format!("(drop (i32.const 1)) {passed_on}");
    for (body, kind, expected) in
        [(passed_on, DoorKind::Direct, 7), (shorter, DoorKind::General, 6), (&counted, DoorKind::General, 7)]
    {
        let guest = load(&KNOT.replace("BODY", body));
        assert_eq!(guest.door_kind(), kind, "{body}: {}", guest.door_reason());
        let mut sandbox = Sandbox::builder(&ENGINE).extension_with(&guest, tight()).build().unwrap();
        let length: u32 = sandbox.run_module_source("test.js", source).into_value().unwrap();
        assert_eq!(length, expected, "{body}");
    }
}
