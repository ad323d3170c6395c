//! Every crossing against wasmtime's own component API on the same component: equal, or it fails.
//!
//! Values of each function's parameter types are generated, sent through the component API as `Val`, and, as JavaScript
//! literals, through a sandbox. What comes back must be the same.

pub(crate) mod generate;
pub(crate) mod literal;
pub(crate) mod oracle;

use crate::support::{DOORS, ENGINE, guest, tight};
use generate::Generator;
use innerbox::{Engine, Extension, ExtensionLimits, Limits, Sandbox};
use literal::{arguments, literal, lower_camel};
use oracle::Oracle;
use std::time::Duration;

/// Generated argument lists for each function; each seed is another start.
const CASES_PER_FUNCTION: usize = 60;

/// The test's own deep equality: types and bits, `-0` and NaN included, and no property more or less.
pub(crate) const SAME: &str = r"
const same = (a, b) => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && (!Array.isArray(a) || a.length === b.length)
    && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
};
const show = (value) => {
  try {
    return JSON.stringify(value, (_, v) => typeof v === 'bigint' ? `${v}n` : Object.is(v, -0) ? '-0' : v);
  } catch { return String(value); }
};
const failures = [];
const check = async (name, args, call, expected) => {
  let got;
  try { got = { ok: await call() }; } catch (error) { got = { error, payload: error.payload }; }
  const right = 'throws' in expected
    ? got.error instanceof ComponentError && same(got.payload, expected.throws)
    : 'ok' in got && same(got.ok, expected.ok);
  if (!right) failures.push(`${name}(${show(args)}): got ${'ok' in got ? show(got.ok) : got.error}, expected ${show(expected)}`);
};
";

/// How a function is called: as it is, or on another thread.
const WAYS: [&str; 2] = ["const by = (fn) => fn;", "import { promising as by } from 'innerbox:component';"];

/// A component whose every function is called with generated values, and what it is called by.
pub(crate) struct Subject<'a> {
    pub(crate) engine: &'a Engine,
    /// What scripts import it by.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) interface: &'a str,
    pub(crate) seed: u64,
    /// Argument lists for each function.
    pub(crate) rounds: usize,
}

/// Sends generated values through all functions of a component whose types hold no resources, by each door and in each
/// way. Gives how many calls were compared, or what differed.
pub(crate) fn compare(subject: &Subject<'_>) -> Result<usize, String> {
    let Subject { engine, name: file, bytes, interface, seed, rounds } = *subject;
    let mut oracle = Oracle::load(bytes, interface);
    let mut generator = Generator::new(seed);
    let mut source = format!("import * as guest from '{file}';\n{SAME}");
    let mut cases = 0;
    for function in oracle.functions() {
        for round in 0..rounds {
            let params = generator.params(&function.params, round);
            let (name, args) = (lower_camel(&function.name), arguments(&params, &function.params));
            if args.len() > LITERAL_BYTES_MAX {
                continue;
            }
            let answer = oracle.call(&function, &params);
            let expected = match literal::split_result(&answer, &function.result) {
                Ok(value) => format!("{{ok: {value}}}"),
                Err(payload) => format!("{{throws: {payload}}}"),
            };
            source.push_str(&format!(
                "await check('{name}', [{args}], () => by(guest.{interface}.{name})({args}), {expected});\n"
            ));
            cases += 1;
        }
    }
    source.push_str(FAILURES);
    for (door, way) in DOORS.into_iter().flat_map(|door| WAYS.map(|way| (door, way))) {
        let guest = Extension::from_bytes_by(engine, file, bytes, door).unwrap();
        let limits = Limits { wall: Some(Duration::from_secs(60)), cpu: None, ..Limits::default() };
        let patient = ExtensionLimits { call_wall: None, ..tight() };
        let mut sandbox =
            Sandbox::builder(engine).limits(limits).extension_with(&guest, patient).build().unwrap();
        let failures: String = sandbox
            .run_module_source("crossing.js", &format!("{way}\n{source}"))
            .into_value()
            .map_err(|error| format!("{door:?}, {way}: {error}"))?;
        if !failures.is_empty() {
            return Err(format!("{door:?}, {way}: {failures}"));
        }
    }
    Ok(cases)
}

/// A case whose arguments take more source text than this is left out: V8 would be parsing most of the time.
const LITERAL_BYTES_MAX: usize = 1 << 20;

/// The end of a script that has called `check`.
pub(crate) const FAILURES: &str = "export default failures.slice(0, 20).join('\\n') + (failures.length > 20 ? `\\n${failures.length} in all` : '');";

#[track_caller]
fn check_component(name: &str, interface: &str) -> usize {
    let bytes = std::fs::read(guest(name)).unwrap();
    let (seed, rounds) = (0x00c0_ffee, CASES_PER_FUNCTION);
    let subject = Subject { engine: &ENGINE, name, bytes: &bytes, interface, seed, rounds };
    compare(&subject).unwrap_or_else(|failures| panic!("{failures}"))
}

#[test]
fn every_type_crosses_as_the_component_api_has_it() {
    let cases = check_component("fixture-echo", "echo");
    // 100 functions and more: were the fixture not read, nothing would fail.
    assert!(cases > 90 * CASES_PER_FUNCTION, "{cases} cases");
}

#[test]
fn digests_are_what_the_component_api_says() {
    assert!(check_component("digest", "hash") > 3 * CASES_PER_FUNCTION);
}

#[test]
fn literals_are_what_they_look_like() {
    use wasmtime::component::{Type, Val};
    assert_eq!(literal(&Val::Float64(-0.0), &Type::Float64), "-0");
    assert_eq!(literal(&Val::U64(7), &Type::U64), "7n");
    assert_eq!(literal(&Val::String("a'\n".into()), &Type::String), "\"a'\\n\"");
}
