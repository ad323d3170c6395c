//! V8 fast calls: optimised code and cold code must see the same values and the same errors.

use crate::support::sandbox_with;

/// Functions of scalars with arguments that fit, by the place in them that is varied.
const CALLS: [(&str, &[&str], usize); 18] = [
    ("echoBool", &["true"], 0),
    ("echoU8", &["1"], 0),
    ("echoU16", &["1"], 0),
    ("echoU32", &["1"], 0),
    ("echoU64", &["1n"], 0),
    ("echoS8", &["1"], 0),
    ("echoS16", &["1"], 0),
    ("echoS32", &["1"], 0),
    ("echoS64", &["1n"], 0),
    ("echoF32", &["1"], 0),
    ("echoF64", &["1"], 0),
    ("add", &["1", "2"], 0),
    ("add", &["1", "2"], 1),
    ("blend3", &["1", "2n", "3"], 0),
    ("blend3", &["1", "2n", "3"], 2),
    ("blend4", &["true", "2", "3n", "4"], 0),
    ("blend4", &["true", "2", "3n", "4"], 2),
    ("blend4", &["true", "2", "3n", "4"], 3),
];

/// What may come instead: the edges of every type, and other types.
const VALUES: [&str; 44] = [
    "0",
    "-0",
    "1.5",
    "-1",
    "127",
    "128",
    "-128",
    "-129",
    "255",
    "256",
    "32767",
    "32768",
    "-32768",
    "-32769",
    "65535",
    "65536",
    "2 ** 31 - 1",
    "2 ** 31",
    "-(2 ** 31)",
    "-(2 ** 31) - 1",
    "2 ** 32 - 1",
    "2 ** 32",
    "2 ** 53",
    "1e300",
    "1e-300",
    "NaN",
    "Infinity",
    "-Infinity",
    "0n",
    "2n ** 63n - 1n",
    "2n ** 63n",
    "-(2n ** 63n)",
    "-(2n ** 63n) - 1n",
    "2n ** 64n - 1n",
    "2n ** 64n",
    "false",
    "'1'",
    "null",
    "undefined",
    "[]",
    "Symbol('s')",
    "{ valueOf() { throw new Error('no code of the script runs'); } }",
    "new Number(1)",
    "() => 1",
];

/// Calls enough that V8 optimises the loop around them.
const WARM: usize = 6_000;

#[test]
fn a_fast_call_is_the_same_as_a_slow_one() {
    let mut source = format!(
        "import * as echo from 'fixture-echo';
         const show = (call) => {{
           try {{
             const value = call();
             return `${{typeof value}} ${{Object.is(value, -0) ? '-0' : String(value)}}`;
           }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }}
         }};
         const values = [{}];
         const failures = [];
         // The cold function is called once for each value, and the hot one has been optimised before.
         const compare = (name, hot, cold, fit) => {{
           for (const value of values) {{
             for (let i = 0; i < {WARM}; i++) hot(fit);
             const [got, expected] = [show(() => hot(value)), show(() => cold(value))];
             if (got !== expected) failures.push(`${{name}}(${{String(value)}}): ${{got}} is not ${{expected}}`);
           }}
         }};\n",
        VALUES.map(|value| format!("({value})")).join(", ")
    );
    for (name, fit, place) in CALLS {
        let mut arguments = fit.to_vec();
        arguments[place] = "value";
        let call = format!("(value) => echo.{name}({})", arguments.join(", "));
        source.push_str(&format!("compare('{name}', {call}, {call}, {});\n", fit[place]));
    }
    source.push_str("export default failures.join('\\n');");
    let before = innerbox_bridge_component::fast_calls();
    let failures: String =
        sandbox_with(&["fixture-echo"]).run_module_source("fast.js", &source).into_value().unwrap();
    assert!(failures.is_empty(), "{failures}");
    let (fast, all) = (innerbox_bridge_component::fast_calls() - before, CALLS.len() * VALUES.len() * WARM);
    assert!(fast > all as u64 / 3, "{fast} of {all} calls were fast: the comparison proves little");
}

#[test]
fn what_a_fast_call_throws_has_the_scripts_stack() {
    let source = "import { add } from 'fixture-echo';
        function hot(a) { return add(a, 1); }
        for (let i = 0; i < 100_000; i++) hot(i);
        let line;
        try { hot(-1); } catch (error) { line = error.stack.split('\\n').slice(0, 2).join(' '); }
        export default line;";
    let line: String =
        sandbox_with(&["fixture-echo"]).run_module_source("fast.js", source).into_value().unwrap();
    assert_eq!(line, "TypeError: `a`: expected u32, got number -1     at hot (fast.js:2:34)");
}

#[test]
fn a_trap_in_a_fast_call_is_an_exception_and_the_next_call_works() {
    let source = "import { divide } from 'fixture-trap';
        const hot = (a, b) => divide(a, b);
        let sum = 0, caught = 0;
        for (let i = 1; i < 50_000; i++) {
          try { sum += hot(i, i % 1000); } catch (error) { caught += error.name === 'TrapError' ? 1 : 0; }
        }
        export default [caught, hot(84, 2)];";
    let seen: Vec<u32> =
        sandbox_with(&["fixture-trap"]).run_module_source("fast.js", source).into_value().unwrap();
    assert_eq!(seen, [49, 42]);
}
