//! What the functions cost that the prelude put in the place of V8's own, beside those.

use criterion::Criterion;
use innerbox::Sandbox;

use crate::raw::Realm;
use crate::subject::{done, engine, group, time};

/// What the loops stand on.
const PREPARE: &str = "
    globalThis.loops = {};
    globalThis.ints = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    globalThis.words = ints.map((number) => 'key' + number);
    globalThis.many = Array.from({ length: 1000 }, (_, number) => number);
    globalThis.line = 'GET /index.html HTTP/1.1 host: example.com accept: text/html';
    globalThis.mixed = [5, 3, 9, 1, 7, 2, 8, 6, 4, 0];
    globalThis.small = { a: 1, b: [1, 2, 3], c: 'text', d: { e: null } };
    globalThis.sink = 0;
";

/// Each function with short arrays and strings, where what it costs to ask about the length shows most.
const SUBJECTS: [(&str, &str); 21] = [
    ("index-of", "sink += ints.indexOf(i % 10)"),
    ("index-of-1000", "sink += many.indexOf(990 + i % 10)"),
    ("includes", "sink += words.includes(words[i % 10]) ? 1 : 0"),
    ("every", "sink += ints.every((x) => x > 0) ? 1 : 0"),
    ("some", "sink += ints.some((x) => x > 9) ? 1 : 0"),
    ("map", "sink += ints.map((x) => x + i).length"),
    ("filter", "sink += ints.filter((x) => x & 1).length"),
    ("for-each", "ints.forEach((x) => { sink += x; })"),
    ("reduce", "sink += ints.reduce((a, b) => a + b, i)"),
    ("push-and-shift", "ints.push(i); sink += ints.shift()"),
    ("slice", "sink += ints.slice(2, 7).length"),
    ("concat", "sink += ints.concat(words).length"),
    ("join", "sink += words.join('/').length"),
    ("string-index-of", "sink += line.indexOf('host')"),
    ("string-split", "sink += line.split(' ').length"),
    ("string-replace", "sink += line.replace(/e/g, 'E').length"),
    ("string-lower-case", "sink += line.toLowerCase().length"),
    ("sort", "sink += mixed.slice().sort((a, b) => a - b)[i % 10]"),
    ("sort-words", "sink += words.slice().sort().length"),
    ("json-stringify", "sink += JSON.stringify(small).length"),
    ("json-parse", r#"sink += JSON.parse('{"a":1,"b":[1,2,3]}').a"#),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    // Starts V8, with the flags that every sandbox has.
    engine();
    let mut natives = group(criterion, "native");
    let mut realm = Realm::new();
    realm.prepare(&PREPARE.replace("globalThis.loops = {};", ""));
    for (id, body) in SUBJECTS {
        realm.define(id, &format!("for (let i = 0; i < n; i++) {{ {body} }}"));
        natives.bench_function(id, |bencher| bencher.iter_custom(|times| realm.time(id, times)));
    }
    natives.finish();
    drop(realm);
    let mut replaced = group(criterion, "prelude");
    let mut sandbox =
        Sandbox::builder(engine()).limits(innerbox::Limits::without_deadline()).build().unwrap();
    done(sandbox.eval(PREPARE));
    for (id, body) in SUBJECTS {
        let define = format!("loops['{id}'] = (n) => {{ for (let i = 0; i < n; i++) {{ {body} }} }}; null");
        done(sandbox.eval(&define));
        let call = format!("loops['{id}']");
        replaced.bench_function(id, |bencher| bencher.iter_custom(|times| time(&mut sandbox, &call, times)));
    }
}
