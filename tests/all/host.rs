//! Components that call functions of Rust which the embedder gives them.

use std::fmt::Write as _;

use anyhow::anyhow;
use innerbox::{DoorChoice, DoorKind, Extension, ExtensionError, Limits, Loader, Sandbox};

use crate::support::{DOORS, ENGINE, guest, tight};

/// Each scalar type, the same as a core type, and values of it at its edges.
const SCALARS: [(&str, &str, &str); 12] = [
    ("bool", "i32", "[true, false]"),
    ("s8", "i32", "[-128, -1, 127]"),
    ("u8", "i32", "[0, 255]"),
    ("s16", "i32", "[-32768, -1, 32767]"),
    ("u16", "i32", "[0, 65535]"),
    ("s32", "i32", "[-2147483648, -1, 2147483647]"),
    ("u32", "i32", "[0, 4294967295]"),
    ("s64", "i64", "[-(2n ** 63n), -1n, 2n ** 63n - 1n]"),
    ("u64", "i64", "[0n, 2n ** 64n - 1n]"),
    ("f32", "f32", "[0.5, -0, NaN, -Infinity]"),
    ("f64", "f64", "[0.1, -0, NaN, 5e-324]"),
    ("char", "i32", "['a', '\\u{10ffff}']"),
];

/// A component that imports and exports an identity for each scalar type.
fn mirrors() -> Vec<u8> {
    let [mut imports, mut lowered, mut inner, mut with, mut lifted] = [const { String::new() }; 5];
    for (ty, core, _) in SCALARS {
        let _ = writeln!(imports, r#"(export "of-{ty}" (func (param "value" {ty}) (result {ty})))"#);
        let _ = writeln!(lowered, r#"(core func ${ty} (canon lower (func $host "of-{ty}")))"#);
        let _ = writeln!(inner, r#"(import "host" "of-{ty}" (func ${ty} (param {core}) (result {core})))"#);
        let _ = writeln!(with, r#"(export "of-{ty}" (func ${ty}))"#);
        let _ = writeln!(
            lifted,
            r#"(func (export "of-{ty}") (param "value" {ty}) (result {ty}) (canon lift (core func $i "of-{ty}")))"#
        );
    }
    for (ty, core, _) in SCALARS {
        let _ = writeln!(
            inner,
            r#"(func (export "of-{ty}") (param {core}) (result {core}) (call ${ty} (local.get 0)))"#
        );
    }
    let text = format!(
        r#"(component
             (import "test:host/mirrors@1.2.0" (instance $host {imports}))
             {lowered}
             (core module $m {inner})
             (core instance $i (instantiate $m (with "host" (instance {with}))))
             {lifted})"#
    );
    wat::parse_str(text).unwrap()
}

/// The host's identities.
fn mirroring(door: DoorChoice) -> Loader<'static> {
    const INTERFACE: &str = "test:host/mirrors";
    Extension::loader(&ENGINE)
        .door(door)
        .function(INTERFACE, "of-bool", |value: bool| value)
        .function(INTERFACE, "of-s8", |value: i8| value)
        .function(INTERFACE, "of-u8", |value: u8| value)
        .function(INTERFACE, "of-s16", |value: i16| value)
        .function(INTERFACE, "of-u16", |value: u16| value)
        .function(INTERFACE, "of-s32", |value: i32| value)
        .function(INTERFACE, "of-u32", |value: u32| value)
        .function(INTERFACE, "of-s64", |value: i64| value)
        .function(INTERFACE, "of-u64", |value: u64| value)
        .function("test:host/mirrors@1.2.0", "of-f32", |value: f32| value)
        .function(INTERFACE, "of-f64", |value: f64| anyhow::Ok(value))
        .function(INTERFACE, "of-char", |value: char| value)
}

fn sandbox(extension: &Extension) -> Sandbox {
    let limits = Limits { cpu: None, ..Limits::default() };
    Sandbox::builder(&ENGINE).limits(limits).extension_with(extension, tight()).build().unwrap()
}

/// The fixture whose `count` calls `add` of its host so many times; a script gives the rest.
fn counting<Params, Returned>(
    door: DoorChoice,
    add: impl innerbox::HostFunction<Params, Returned>,
) -> Result<Extension, ExtensionError> {
    Extension::loader(&ENGINE)
        .door(door)
        .function("test:given/host", "add", add)
        .load_file(guest("fixture-given"))
}

const REST: &str = "import { instantiate } from 'innerbox:component';
    const nothing = () => { throw new Error('not called'); };
    class Sink { static largest() {} static open() {} }
    const host = { poke: nothing, greet: nothing, mirror: nothing, describe: nothing, bytes: nothing, parse: nothing, many: nothing, Sink };
    const guest = instantiate('fixture-given', { host });";

#[test]
fn scalars_cross_as_they_are() {
    let bytes = mirrors();
    let mut script = "import * as guest from 'mirrors'; const wrong = [];".to_owned();
    for (ty, _, values) in SCALARS {
        let name = format!("of{}{}", ty[..1].to_uppercase(), &ty[1..]);
        let _ = write!(
            script,
            "for (const value of {values}) for (let i = 0; i < 200; i++) {{
               const got = guest.{name}(value);
               if (!Object.is(got, value)) {{ wrong.push(`{ty}: ${{got}}, not ${{value}}`); break; }}
             }}"
        );
    }
    script.push_str("export default wrong;");
    for door in DOORS {
        let extension = mirroring(door).load("mirrors", &bytes).unwrap();
        assert_eq!(extension.door_kind() == DoorKind::Direct, door == DoorChoice::Auto);
        let wrong: Vec<String> =
            sandbox(&extension).run_module_source("host.js", &script).into_value().unwrap();
        assert!(wrong.is_empty(), "{door:?}: {wrong:#?}");
    }
}

#[test]
fn a_char_that_is_none_is_a_trap() {
    let text = r#"(component
        (import "take" (func $take (param "value" char)))
        (core func $take (canon lower (func $take)))
        (core module $m
          (import "" "take" (func $take (param i32)))
          (func (export "f") (param i32) (call $take (local.get 0))))
        (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
        (func (export "f") (param "value" u32) (canon lift (core func $i "f"))))"#;
    let bytes = wat::parse_str(text).unwrap();
    let script = "import { f } from 'taker';
        export default [0x41, 0xd800, 0x110000].map((value) => { try { return f(value) ?? 'fine'; } catch (error) { return error.name; } });";
    for door in DOORS {
        let loader = Extension::loader(&ENGINE).door(door).function("", "take", |_: char| ());
        let extension = loader.load("taker", &bytes).unwrap();
        let seen: Vec<String> =
            sandbox(&extension).run_module_source("host.js", script).into_value().unwrap();
        assert_eq!(seen, ["fine", "TrapError", "TrapError"], "{door:?}");
    }
}

#[test]
fn the_host_answers_beside_a_script() {
    let script = format!("{REST} export default [guest.count(40, 2), guest.count(0xffffffff, 1)];");
    for door in DOORS {
        let extension = counting(door, u32::wrapping_add).unwrap();
        let sums: Vec<u32> = sandbox(&extension).run_module_source("host.js", &script).into_value().unwrap();
        assert_eq!(sums, [42, 0], "{door:?}");
    }
}

#[test]
fn an_error_of_the_host_is_a_trap_with_its_message() {
    let script = format!(
        "{REST} const seen = [];
         for (const times of [1, 0]) {{
           try {{ seen.push(String(guest.count(40, times))); }} catch (error) {{ seen.push(`${{error.code}} ${{error.message}}`); }}
         }}
         export default seen;"
    );
    for door in DOORS {
        let extension =
            counting(door, |_: u32, _: u32| Err::<u32, _>(anyhow!("the ledger is closed"))).unwrap();
        let seen: Vec<String> =
            sandbox(&extension).run_module_source("host.js", &script).into_value().unwrap();
        assert!(
            seen[0].starts_with("ERR_TRAP") && seen[0].contains("the ledger is closed"),
            "{door:?}: {seen:?}"
        );
        assert_eq!(seen[1], "40", "a fresh instance answers");
    }
}

#[test]
fn a_function_that_does_not_fit_is_refused() {
    let text = |result: Result<Extension, ExtensionError>| match result.unwrap_err() {
        ExtensionError::Component { source, .. } => source.to_string(),
        error => panic!("{error}"),
    };
    for door in DOORS {
        assert_eq!(
            text(counting(door, |_: u32| 0_u32)),
            "the host answers `add` of `test:given/host` as func(u32) -> u32, and the component imports func(u32, u32) -> u32"
        );
        assert_eq!(
            text(counting(door, |_: u32, _: u32| ())),
            "the host answers `add` of `test:given/host` as func(u32, u32), and the component imports func(u32, u32) -> u32"
        );
        let load = |interface, name| {
            let loader = Extension::loader(&ENGINE).door(door).function(interface, name, || ());
            text(loader.load_file(guest("fixture-given")))
        };
        assert_eq!(
            load("test:given/host", "ad"),
            "the host answers `ad` of `test:given/host`, which the component does not import"
        );
        assert_eq!(
            load("test:given/host", "greet"),
            "the host answers `greet` of `test:given/host` as func(), and the component imports more than scalars"
        );
        assert_eq!(load("", "add"), "the host answers `add` of ``, which the component does not import");
    }
}

#[test]
fn what_only_the_host_answers_runs_off_the_thread() {
    let bytes = mirrors();
    let script = "import { ofU32 } from 'mirrors'; import { promising } from 'innerbox:component';
        export default await Promise.all([1, 2, 3].map(promising(ofU32)));";
    for door in DOORS {
        let extension = mirroring(door).load("mirrors", &bytes).unwrap();
        let seen: Vec<u32> = sandbox(&extension).run_module_source("host.js", script).into_value().unwrap();
        assert_eq!(seen, [1, 2, 3], "{door:?}");
    }
}

#[test]
fn no_import_is_called_from_realloc() {
    let text = r#"(component
        (import "tick" (func $tick))
        (core func $tick (canon lower (func $tick)))
        (core module $m
          (import "" "tick" (func $tick))
          (memory (export "memory") 1)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $tick) (i32.const 64))
          (func (export "f") (param i32 i32) (result i32) (call $tick) (local.get 1)))
        (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick))))))
        (func (export "f") (param "text" string) (result u32)
          (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;
    let bytes = wat::parse_str(text).unwrap();
    let script = "import { f } from 'ticker'; let seen; try { seen = f('text'); } catch (error) { seen = error.name; } export default String(seen);";
    for door in DOORS {
        let loader = Extension::loader(&ENGINE).door(door).function("", "tick", || ());
        let extension = loader.load("ticker", &bytes).unwrap();
        let seen: String = sandbox(&extension).run_module_source("host.js", script).into_value().unwrap();
        assert_eq!(seen, "TrapError", "{door:?}");
    }
}
