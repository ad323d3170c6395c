//! Calls from a hot loop of JavaScript into a component, by the shape of what crosses.

use criterion::Criterion;
use innerbox::DoorChoice;

use crate::pairs::Pairs;
use crate::subject::{Script, group};

/// Each loop checks its last answer: what is wrong is often fast.
const LOOPS: &str = include_str!("call/loops.js");

const CALLS: [(&str, &str); 8] = [
    ("nop", "nop"),
    ("add", "add"),
    ("string-1-kib", "string"),
    ("bytes-64-kib", "small"),
    ("bytes-4-mib", "large"),
    ("sum-64-kib", "sum"),
    ("record-8", "eight"),
    ("method", "method"),
];

/// The same through the general door.
const GENERAL_CALLS: [(&str, &str); 4] = [
    ("add-general", "add"),
    ("method-general", "method"),
    ("string-1-kib-general", "string"),
    ("bytes-64-kib-general", "small"),
];

/// `fixture-given` calls `add` of its host so many times.
const IMPORTS: &str = "
    import { instantiate } from 'innerbox:component';
    const nothing = () => {};
    class Sink { static largest() {} static open() {} }
    const host = { add: (a, b) => a + b, poke: nothing, greet: nothing, mirror: nothing, describe: nothing, bytes: nothing,
      parse: nothing, many: nothing, Sink };
    const { count } = instantiate('fixture-given', { host });
    globalThis.count = (n) => { if (count(0, n) !== n) throw new Error('it counts wrong'); };";

pub(crate) fn bench(criterion: &mut Criterion, pairs: &mut Pairs) {
    let mut script = Script::new("fixture-echo", LOOPS.to_owned());
    let mut group = group(criterion, "call");
    for (id, name) in CALLS {
        pairs.bench(&mut group, &mut script, id, name);
    }
    let mut script = Script::new("fixture-echo", LOOPS.to_owned()).by(DoorChoice::General);
    for (id, name) in GENERAL_CALLS {
        pairs.bench(&mut group, &mut script, id, name);
    }
    for (door, suffix) in [(DoorChoice::Auto, ""), (DoorChoice::General, "-general")] {
        let mut script = Script::new("fixture-given", IMPORTS.to_owned()).by(door);
        pairs.bench(&mut group, &mut script, &format!("import-javascript{suffix}"), "count");
        let mut script = Script::new("fixture-given", IMPORTS.to_owned()).by(door).answering();
        pairs.bench(&mut group, &mut script, &format!("import-host{suffix}"), "count");
    }
}
