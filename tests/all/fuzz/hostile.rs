//! Components whose core module answers with anything: pointers, lengths, discriminants, handles; that trap, grow their memory,
//! loop or call imports in `realloc` and post-return. The script gets a value of the type or an error of a known class.

use std::sync::LazyLock;
use std::time::Duration;

use innerbox::{DoorChoice, Extension, ExtensionLimits, Limits, Sandbox};
use serde_json::Value;

use super::module::{self, World};
use super::types::spread;
use super::{ENGINE, arguments, campaign};
use crate::crossing::generate::Generator;
use crate::support::DOORS;

/// Calls of each function of a component.
const CALLS: usize = 3;

/// A type: its WIT, a JavaScript expression that gives a value of it, and one that tells whether `v` is a value of it.
pub(super) struct Sample {
    pub(super) wit: &'static str,
    pub(super) value: &'static str,
    check: &'static str,
    pub(super) of: Whose,
}

/// Where a type may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Anybody,
    /// It holds the component's own resource.
    Component,
    /// It holds the resource that JavaScript gives.
    JavaScript,
}

const fn sample(wit: &'static str, value: &'static str, check: &'static str) -> Sample {
    Sample { wit, value, check, of: Whose::Anybody }
}

const fn of(of: Whose, wit: &'static str, value: &'static str, check: &'static str) -> Sample {
    Sample { wit, value, check, of }
}

pub(super) const SAMPLES: &[Sample] = &[
    sample("bool", "true", "typeof v === 'boolean'"),
    sample("u8", "200", "integer(v, 0, 255)"),
    sample("s16", "-7", "integer(v, -32768, 32767)"),
    sample("u32", "4294967295", "integer(v, 0, 4294967295)"),
    sample("u64", "1n << 63n", "typeof v === 'bigint' && v === BigInt.asUintN(64, v)"),
    sample("f32", "0.5", "typeof v === 'number' && Object.is(v, Math.fround(v))"),
    sample("f64", "-0", "typeof v === 'number'"),
    sample("char", "'\\u{1f980}'", "isChar(v)"),
    sample("string", "below(3) ? 'text \\u{1f980}' : ''", "isString(v)"),
    sample("col", "'g'", "['r', 'g', 'b'].includes(v)"),
    sample("fla", "{ x: true }", "['x', 'y', 'z'].every((key) => typeof v[key] === 'boolean')"),
    sample("list<u8>", "new Uint8Array(below(3) * 9)", "v.constructor === Uint8Array"),
    sample("list<u64>", "new BigUint64Array(3)", "v.constructor === BigUint64Array"),
    sample("list<bool>", "[true, false]", "isArray(v, (v) => typeof v === 'boolean')"),
    sample("list<string>", "['', 'a', 'ccc'].slice(below(4))", "isArray(v, isString)"),
    sample("list<list<string>>", "[['a'], []]", "isArray(v, (v) => isArray(v, isString))"),
    sample("rec", "record", "isRecord(v)"),
    sample("list<rec>", "[record, record]", "isArray(v, isRecord)"),
    sample("vari", "{ tag: 's', val: 'x' }", "isVariant(v)"),
    sample("list<vari>", "[{ tag: 'n' }, { tag: 'c', val: 'c' }]", "isArray(v, isVariant)"),
    sample("option<string>", "undefined", "v === undefined || isString(v)"),
    sample(
        "option<option<u32>>",
        "{ tag: 'some', val: 1 }",
        "v === undefined || (v.tag === 'some' && (v.val === undefined || integer(v.val, 0, 4294967295)))",
    ),
    sample(
        "tuple<char, bool, s64>",
        "['a', true, -1n]",
        "v.length === 3 && isChar(v[0]) && typeof v[2] === 'bigint'",
    ),
    sample(
        "tuple<result<string, u8>>",
        "[{ tag: 'err', val: 3 }]",
        "v[0].tag === 'ok' ? isString(v[0].val) : v[0].tag === 'err' && integer(v[0].val, 0, 255)",
    ),
    of(Whose::Component, "thing", "thing()", "v instanceof guest.Thing"),
    of(Whose::Component, "option<thing>", "thing()", "v === undefined || v instanceof guest.Thing"),
    of(Whose::Component, "list<thing>", "[thing(), thing()]", "isArray(v, (v) => v instanceof guest.Thing)"),
    of(Whose::JavaScript, "sink", "new Sink(1)", "v instanceof Sink"),
    of(Whose::JavaScript, "list<sink>", "[new Sink(1), new Sink(2)]", "isArray(v, (v) => v instanceof Sink)"),
];

/// Types of one component.
const TYPES: usize = 6;

/// What every sandbox has besides: after all that happened, it answers.
static OTHER: LazyLock<Extension> = LazyLock::new(|| arguments::load("fixture-bare", DoorChoice::Auto));

#[test]
fn a_component_that_answers_anything_harms_nobody() {
    campaign("hostile", |seed| {
        let mut chance = Generator::new(spread(seed));
        let imports = chance.below(2) == 0;
        let usable: Vec<&Sample> =
            SAMPLES.iter().filter(|sample| imports || sample.of != Whose::JavaScript).collect();
        let types: Vec<&Sample> = (0..TYPES).map(|_| usable[chance.below(usable.len())]).collect();
        let world = World { types, imports };
        let (text, bytes) = module::component(&world, &mut chance);
        let source = script(&world, chance.next() as u32 | 1);
        let mut seen = Vec::new();
        for door in DOORS {
            seen.push(run(door, &bytes, &source).map_err(|failure| format!("{door:?}: {failure}\n{text}"))?);
        }
        if let [one, other] = seen.as_slice()
            && let Some((one, other)) = differing(one, other)
        {
            return Err(format!("the doors differ: {one:?} and {other:?}\n{text}"));
        }
        Ok(seen.iter().map(Vec::len).sum())
    });
}

/// The first call of which the doors do not say the same; after a call that ran out of time there is none.
fn differing<'a>(one: &'a [Seen], other: &'a [Seen]) -> Option<(&'a Seen, &'a Seen)> {
    let late = |(_, message): &Seen| message.as_ref().is_some_and(|message| message.contains("wall time"));
    let pairs = one.iter().zip(other).take_while(|(one, other)| !late(one) && !late(other));
    pairs.into_iter().find(|(one, other)| !agree(&one.0, &other.0))
}

/// Whether both doors say the same. Which of two faults it was is a guess: growth that was refused before may have led to it.
fn agree(one: &str, other: &str) -> bool {
    one.replace("LimitError", "TrapError") == other.replace("LimitError", "TrapError")
}

/// What came of one call, and what the error says: its words may be other ones by the other door.
type Seen = (String, Option<String>);

/// Runs the script, and gives what came of each call.
fn run(door: DoorChoice, bytes: &[u8], source: &str) -> Result<Vec<Seen>, String> {
    let guest = Extension::from_bytes_by(&ENGINE, "guest", bytes, door).map_err(|error| error.to_string())?;
    let tight = ExtensionLimits {
        memory_bytes: 8 << 20,
        call_wall: Some(Duration::from_millis(20)),
        ..ExtensionLimits::default()
    };
    let limits = Limits { cpu: None, wall: Some(Duration::from_secs(600)), ..Limits::default() };
    let builder = Sandbox::builder(&ENGINE).limits(limits).extension_with(&guest, tight);
    let mut sandbox = builder.extension(&OTHER).build().unwrap();
    let completion = sandbox.run_module_source("hostile.js", source);
    let answer: Value = completion.into_value().map_err(|error| error.to_string())?;
    let failures = answer["failures"].as_array().unwrap();
    if !failures.is_empty() {
        return Err(format!("{failures:#?}"));
    }
    let after: u32 = sandbox.eval("1 + 1").into_value().map_err(|error| error.to_string())?;
    let other = "import { add } from 'fixture-bare'; export default add(1, 2) === 3";
    let alive: bool =
        sandbox.run_module_source("other.js", other).into_value().map_err(|error| error.to_string())?;
    assert!(after == 2 && alive);
    Ok(serde_json::from_value(answer["seen"].clone()).unwrap())
}

/// Calls every function of the component some times, and looks at what comes of it.
fn script(world: &World<'_>, state: u32) -> String {
    let mut functions = String::new();
    let mut hosts = String::new();
    for (index, sample) in world.types.iter().enumerate() {
        let Sample { value, check, .. } = sample;
        let is = format!("(v) => {check}");
        functions.push_str(&format!(
            "['take{index}', () => guest.take{index}({value}), u32],
             ['give{index}', () => guest.give{index}(), {is}],
             ['both{index}', () => guest.both{index}({value}, 'text'), {is}],
             ['fail{index}', () => guest.fail{index}(), {is}],\n"
        ));
        if world.gives(sample) {
            hosts.push_str(&format!("host{index}: (v) => given({is}, v, () => ({value})),\n"));
        }
    }
    include_str!("hostile.js")
        .replace("/* FUNCTIONS */", &functions)
        .replace("/* HOSTS */", &hosts)
        .replace("CALLS", &CALLS.to_string())
        .replace("SEED", &state.to_string())
}
