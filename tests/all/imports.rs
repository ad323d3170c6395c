//! Components that call functions and classes which JavaScript gives them.

use innerbox::{Outcome, Sandbox};

use crate::support::{DOORS, ENGINE, extension_by, sandbox_by, tight};

/// A host as a script writes it.
const HOST: &str = r"
class Sink {
  static all = [];
  constructor(name) { if (name === 'bad') throw new RangeError('no such name'); this.name = name; this.lines = []; Sink.all.push(this); }
  write(line) { this.lines.push(line); return this.lines.length; }
  static largest(sinks) { return sinks.reduce((a, b) => (a.lines.length > b.lines.length ? a : b)).name; }
  static open(name) { if (name === '') throw 'a name is needed'; return new Sink(name); }
  [Symbol.dispose]() { this.disposed = true; }
}
let poked = 0;
const host = {
  Sink,
  add: (a, b) => a + b,
  poke() { poked += 1; },
  greet: (name) => `hello, ${name}`,
  mirror: (value) => value,
  describe: (before, value, after) => `${before} ${value.tag} ${value.val} ${after}`,
  bytes: (value) => value.map((byte) => 255 - byte),
  parse(text) {
    const number = Number(text);
    if (!Number.isInteger(number)) throw Object.assign(new Error('said otherwise'), { payload: `'${text}' is no number` });
    return number;
  },
  many: (...all) => [BigInt(all.length), all.map((value) => (typeof value === 'object' ? [...value].join('+') : String(value))).join(' ')],
};
";

/// Runs a module with the fixture's functions as `guest` and the host's parts in scope; the same through each door.
fn run(body: &str) -> serde_json::Value {
    let [value, other] =
        DOORS.map(|door| run_in(&mut sandbox_by(&["fixture-given", "fixture-echo"], door), body));
    assert_eq!(value, other, "{body}");
    value
}

fn run_in(sandbox: &mut Sandbox, body: &str) -> serde_json::Value {
    let source = format!(
        "import {{ instantiate }} from 'innerbox:component';
         {HOST}
         const guest = instantiate('fixture-given', {{ 'test:given/host': host }});
         const thrown = (call) => {{
           try {{ call(); return 'nothing'; }} catch (error) {{ return `${{error.name}} ${{error.code ?? '-'}} ${{error.message}}`; }}
         }};
         {body}"
    );
    let completion = sandbox.run_module_source("imports.js", &source);
    let json = serde_json::to_value(&completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    json["value"].clone()
}

#[track_caller]
fn check(body: &str, expected: &str) {
    assert_eq!(run(body), serde_json::from_str::<serde_json::Value>(expected).unwrap());
}

#[test]
fn values_cross_outwards_and_back() {
    check(
        "guest.poke();
         const person = { name: 'Ada \u{1f980}', age: 36, tags: ['a', '', 'b'], email: undefined };
         const seen = guest.mirror(person);
         export default [
           guest.count(40, 2), poked, guest.greet('you'), [seen.name, seen.age, seen.tags, seen.email ?? 'none'],
           guest.describe({ tag: 'nothing' }), guest.describe({ tag: 'side', val: -0.5 }), guest.describe({ tag: 'named', val: 'n' }),
           guest.describe({ tag: 'corner', val: [200, -5n] }), [...guest.bytes(new Uint8Array([0, 1, 255]))],
           guest.parse('42'), guest.many(),
         ];",
        r#"[42, 1, "hello, you", ["Ada 🦀", 36, ["a", "", "b"], "none"],
            "9223372036854775808 nothing undefined 0.5", "9223372036854775808 side -0.5 0.5",
            "9223372036854775808 named n 0.5", "9223372036854775808 corner 200,-5 0.5", [255, 254, 0], 42,
            "15 255 65535 4294967295 18446744073709551615 -128 -32768 -2147483648 -9223372036854775808 0.5 -0.25 true 🦀 text 1+2+3 7"]"#,
    );
}

#[test]
fn what_an_import_throws_is_the_error_case_or_an_exception_of_the_outer_call() {
    check(
        "let error;
         host.greet = function inner(name) { throw new RangeError(`no ${name}`); };
         const other = instantiate('fixture-given', { 'test:given/host': host });
         function outer() { other.greet('you'); }
         try { outer(); } catch (caught) { error = caught; }
         const frames = error.stack.split('\\n').filter((line) => /inner|outer/.test(line)).length;
         export default [
           thrown(() => guest.parse('x')),
           [error.name, error.message, frames],
           other.count(1, 1),
           thrown(() => instantiate('fixture-given', { 'test:given/host': { ...host, parse() { throw 'plain'; } } }).parse('1')),
           thrown(() => instantiate('fixture-given', { 'test:given/host': { ...host, parse() { throw new TypeError('mine'); } } }).parse('1')),
           thrown(() => instantiate('fixture-given', { 'test:given/host': { ...host, parse() {
             throw { get payload() { throw new RangeError('of a getter'); } };
           } } }).parse('1')),
         ];",
        r#"["ComponentError ERR_COMPONENT `parse`: 'x' is no number", ["RangeError", "no you", 2], 2,
            "ComponentError ERR_COMPONENT `parse`: plain", "TypeError - mine", "RangeError - of a getter"]"#,
    );
}

#[test]
fn what_an_import_returns_is_checked() {
    check(
        "const given = (changes) => instantiate('fixture-given', { 'test:given/host': { ...host, ...changes } });
         export default [
           thrown(() => given({ add: () => -1 }).count(1, 1)),
           thrown(() => given({ greet: () => undefined }).greet('x')),
           thrown(() => given({ mirror: (p) => ({ ...p, tags: ['a', 7] }) }).mirror({ name: '', age: 1, tags: [] })),
           thrown(() => given({ parse: () => 'ten' }).parse('x')),
           thrown(() => given({ many: () => [1n] }).many()),
           thrown(() => given({ Sink: class extends Sink { static open() { return {}; } } }).open('x')),
         ];",
        r#"["TypeError - `add()`: expected u32, got number -1",
            "TypeError - `greet()`: expected string, got undefined",
            "TypeError - `mirror().tags[1]`: expected string, got number 7",
            "TypeError - `parse()`: expected u32, got string ten",
            "TypeError - `many()`: expected tuple<u64, string>, got array of 1",
            "TypeError - `Sink.open()`: expected Sink, got object"]"#,
    );
}

#[test]
fn what_is_missing_is_named_before_anything_runs() {
    check(
        "export default [
           thrown(() => instantiate('fixture-given')),
           thrown(() => instantiate('fixture-given', { host: { ...host, greet: 1 } })),
           thrown(() => instantiate('fixture-given', { host: { ...host, Sink: undefined } })),
           thrown(() => instantiate('fixture-given', 1)),
           thrown(() => instantiate('nothing-of-this-name', {})),
           typeof instantiate('fixture-given', { host }).greet,
           typeof instantiate('fixture-echo').add,
         ];",
        r#"["TypeError ERR_COMPONENT_IMPORT component `fixture-given` imports `test:given/host`, which it was not given: `instantiate` of `innerbox:component` gives it",
            "TypeError ERR_COMPONENT_IMPORT component `fixture-given` imports `greet` of `test:given/host`, which is no function",
            "TypeError ERR_COMPONENT_IMPORT component `fixture-given` imports `Sink` of `test:given/host`, which is no function",
            "TypeError - `imports`: expected an object",
            "Error ERR_MODULE_NOT_FOUND cannot find module 'nothing-of-this-name': a bare name is that of an extension or of a `node:` module, and a file begins with `./`",
            "function", "function"]"#,
    );
}

#[test]
fn classes_that_javascript_gives_are_resources() {
    check(
        "const all = guest.writeAll('first', ['a', 'b', 'c']);
         const mine = new Sink('mine');
         const lent = guest.writeTo(mine, 'lent');
         const back = guest.passThrough(mine);
         const swallowed = new Sink('swallowed');
         guest.swallow(swallowed);
         const opened = guest.open('opened');
         const holder = new guest.Holder(new Sink('held'));
         holder[Symbol.dispose]();
         export default [
           all, Sink.all[0].lines, Sink.all[0].disposed, lent, back === mine, mine.lines, mine.disposed ?? false,
           swallowed.disposed, opened instanceof Sink, opened.disposed ?? false, thrown(() => guest.open('')),
           guest.largest(['x', 'y', 'z'], 2), Sink.all.at(-1).disposed, Sink.all.find((sink) => sink.name === 'held').disposed,
           thrown(() => guest.writeTo({}, 'x')), thrown(() => guest.writeAll('bad', [])),
         ];",
        r#"[3, ["a", "b", "c"], true, 1, true, ["lent", "passing through"], false, true, true, false,
            "ComponentError ERR_COMPONENT `open`: a name is needed", "z", true, true,
            "TypeError - `to`: expected Sink, got object", "RangeError - no such name"]"#,
    );
}

#[test]
fn a_component_that_waits_for_an_import_cannot_be_entered() {
    check(
        "let inside;
         const given = { ...host, poke() {
           inside = [thrown(() => other.greet('x')), guest.greet('another instance'), thrown(() => other.count(1, 1))];
         } };
         const other = instantiate('fixture-given', { 'test:given/host': given });
         other.poke();
         export default [inside, other.greet('after')];",
        r#"[["Error ERR_COMPONENT_BUSY `greet`: component `fixture-given` is already running a call", "hello, another instance",
             "Error ERR_COMPONENT_BUSY `count`: component `fixture-given` is already running a call"], "hello, after"]"#,
    );
}

#[test]
fn an_import_of_an_import_of_an_import() {
    check(
        "const depth = (n) => instantiate('fixture-given', { 'test:given/host': {
           ...host, greet: (name) => (n === 0 ? 'bottom' : `${n} ${depth(n - 1).greet(name)}`) } });
         export default depth(20).greet('x');",
        r#""20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 bottom""#,
    );
}

#[test]
fn instances_that_scripts_ask_for_are_counted() {
    check(
        "let made = 1;
         const last = thrown(() => { for (;;) { instantiate('fixture-given', { host }); made += 1; } });
         export default [made, last];",
        r#"[64, "RangeError ERR_LIMIT limit reached: instances of components: 64 allowed"]"#,
    );
}

#[test]
fn an_endless_import_ends_with_the_run() {
    for door in DOORS {
        let limits =
            innerbox::Limits { wall: Some(std::time::Duration::from_millis(500)), ..Default::default() };
        let mut sandbox = Sandbox::builder(&ENGINE)
            .limits(limits)
            .extension_with(&extension_by("fixture-given", door), tight())
            .imports(
                "fixture-given",
                format!("(() => {{ {HOST}; return {{ host: {{ ...host, poke() {{ for (;;); }} }} }}; }})()"),
            )
            .build()
            .unwrap();
        let source = "import { poke } from 'fixture-given'; try { poke(); } catch {} for (;;);";
        let completion = sandbox.run_module_source("endless.js", source);
        assert!(matches!(completion.outcome, Outcome::Limit { .. }), "{completion:?}");
    }
}

#[test]
fn the_host_gives_imports_and_without_them_an_import_of_the_component_says_so() {
    for door in DOORS {
        let host = format!("(() => {{ {HOST}; return {{ 'test:given/host': host }}; }})()");
        let mut sandbox = Sandbox::builder(&ENGINE)
            .extension(&extension_by("fixture-given", door))
            .imports("fixture-given", host)
            .build()
            .unwrap();
        let source = "import { greet } from 'fixture-given'; export default greet('host');";
        let text: String = sandbox.run_module_source("main.js", source).into_value().unwrap();
        assert_eq!(text, "hello, host");
        let completion = sandbox_by(&["fixture-given"], door).run_module_source("main.js", source);
        let Outcome::Threw { error } = completion.outcome else { panic!("{completion:?}") };
        assert_eq!(error.code.as_deref(), Some("ERR_COMPONENT_IMPORT"));
        assert!(
            error.message.starts_with("component `fixture-given` imports `test:given/host`"),
            "{}",
            error.message
        );
    }
}
