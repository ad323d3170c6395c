//! Asynchronous components that call what the host answers, or what JavaScript gives.

use std::time::Duration;

use innerbox::{DoorKind, Extension, Limits, Sandbox};

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
