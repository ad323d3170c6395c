//! Start-up snapshots that users make of their own scripts.

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use innerbox::{Error, Grant, Limit, Limits, Outcome, Pool, PoolOptions, Sandbox, Snapshot};

use crate::cli::Scratch;
use crate::soak::resident_bytes;
use crate::support::ENGINE;

fn snapshot(source: &str) -> Snapshot {
    create(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn create(source: &str) -> Result<Snapshot, Error> {
    create_under(Limits::default(), source)
}

fn create_under(limits: Limits, source: &str) -> Result<Snapshot, Error> {
    Snapshot::builder(&ENGINE).limits(limits).script("warm.js", source).create()
}

fn sandbox(snapshot: &Snapshot) -> Sandbox {
    Sandbox::builder(&ENGINE).snapshot(snapshot).build().unwrap()
}

fn text(sandbox: &mut Sandbox, source: &str) -> String {
    sandbox.eval(source).into_value().unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// Everything that a snapshot can hold, made and used.
const MANY_THINGS: &str = "
    var plain = { list: [1, , 3], text: 'x\\u{1f600}', big: 10n ** 30n, date: new Date(5), nothing: null };
    let scoped = new Map([['a', new Set([1, 2])], [plain, new WeakMap([[plain, 'weak']])]]);
    const symbols = { [Symbol.for('shared')]: 1, [Symbol('own')]: 2 };
    class Base { #secret = 41; static made = 0; constructor() { Base.made++; } get secret() { return this.#secret; } }
    class Derived extends Base { get secret() { return super.secret + 1; } }
    var derived = new Derived();
    var bytes = new Uint8Array(100_000).fill(7), shared = new DataView(bytes.buffer, 4);
    var small = new Float64Array([0.5]);
    var encoded = new TextEncoder().encode('h\\u00e9llo');
    var buffer = Buffer.from('buffer');
    var counter = (() => { let n = 0; return () => ++n; })();
    var generator = (function* () { yield 1; yield 2; })(); generator.next();
    var pattern = /(?<year>\\d{4})-(\\d\\d)/gu; 'on 2024-05 and 2025-06'.match(pattern);
    for (let i = 0; i < 10_000; i++) /a(b+)c/.test('xxabbbc' + i);
    function hot(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum; }
    for (let i = 0; i < 2_000; i++) hot(1_000);
    var proxy = new Proxy({}, { get: (_, key) => `got ${String(key)}` });
    var failure = new Error('kept', { cause: new TypeError('cause') }); failure.stack;
    var pending = new Promise(() => {}), settled = Promise.resolve('settled');
    var weak = new WeakRef(plain), lost = new WeakRef({});
    var url = new URL('https://example.org/a?b=c'), event = new EventTarget(), controller = new AbortController();
    var stream = new ReadableStream({ pull(c) { c.enqueue('chunk'); c.close(); } });
    var clone = structuredClone({ deep: [plain.date] });
    var id = crypto.randomUUID();
    var frozen = Object.freeze({ frozen: true });
    var locale = new Date(5).toLocaleDateString('de-DE', { timeZone: 'UTC' }) + (1234.5).toLocaleString('de-DE');
    Array.prototype.last = function () { return this[this.length - 1]; };
    console.log('%o', [plain, scoped, derived, failure]);
    process.env.MINE = 'of the warm-up'; process.nextTick(() => {});
    performance.mark('made'); queueMicrotask(() => { globalThis.micro = 'ran'; });
    (async () => { await settled; globalThis.later = await new Promise((resolve) => setTimeout(resolve, 1, 'timed')); })();
";

const ABOUT_THEM: &[(&str, &str)] = &[
    (
        "`${plain.list.length} ${1 in plain.list} ${plain.text} ${plain.big} ${+plain.date}`",
        "3 false x\u{1f600} 1000000000000000000000000000000 5",
    ),
    ("`${[...scoped.get('a')]} ${scoped.get(plain).get(plain)} ${scoped.size}`", "1,2 weak 2"),
    ("`${symbols[Symbol.for('shared')]} ${Object.getOwnPropertySymbols(symbols).length}`", "1 2"),
    ("`${derived.secret} ${Base.made} ${new Derived().secret} ${derived instanceof Base}`", "42 1 42 true"),
    (
        "`${bytes.length} ${bytes[99_999]} ${shared.getUint8(0)} ${shared.buffer === bytes.buffer} ${small[0]}`",
        "100000 7 7 true 0.5",
    ),
    (
        "`${new TextDecoder().decode(encoded)} ${buffer} ${buffer instanceof Buffer}`",
        "h\u{e9}llo buffer true",
    ),
    ("`${counter()} ${counter()} ${generator.next().value}`", "1 2 2"),
    ("`${'in 2031-01'.match(pattern)[0]} ${pattern.lastIndex} ${hot(10)}`", "2031-01 0 24"),
    (
        "`${proxy.name} ${failure.cause.message} ${failure.stack.split('\\n', 2)}`",
        "got name cause Error: kept,    at warm.js:19:19",
    ),
    (
        "weak.deref() === plain && lost.deref() === undefined ? 'weak' : `${weak.deref()} ${lost.deref()}`",
        "weak",
    ),
    ("`${url.searchParams.get('b')} ${url instanceof URL} ${controller.signal.aborted}`", "c true false"),
    ("(async () => { for await (const chunk of stream) return chunk; })()", "chunk"),
    ("`${+clone.deep[0]} ${id.length} ${Object.isFrozen(frozen)} ${locale}`", "5 36 true 1.1.19701.234,5"),
    ("`${[1, 2].last()} ${micro} ${later} ${performance.getEntriesByName('made').length}`", "2 ran timed 1"),
    ("pending.then(() => 0); settled.then((value) => value)", "settled"),
    (
        "`${typeof Float16Array} ${typeof Symbol.dispose} ${typeof WebAssembly} ${typeof SuppressedError}`",
        "function symbol undefined function",
    ),
    (
        "`${new Intl.NumberFormat('de-DE').format(1234.5)} ${Intl.NumberFormat.prototype.constructor === Intl.NumberFormat}`",
        "1.234,5 true",
    ),
    ("typeof new FinalizationRegistry(() => {})", "object"),
    ("import('node:path').then((path) => path.join('a', '..', 'b'))", "b"),
    ("import('node:process').then((module) => String(module.default === process))", "true"),
    (
        "`${process.env.MINE} ${Object.keys(process.env)} ${process.argv} ${process.argv0}`",
        "undefined LENT innerbox,x.js innerbox",
    ),
];

fn lent(snapshot: &Snapshot) -> Sandbox {
    let builder = Sandbox::builder(&ENGINE).snapshot(snapshot).grant(Grant::variable("LENT", "1"));
    builder.arguments(["innerbox", "x.js"]).build().unwrap()
}

#[test]
fn what_a_script_leaves_is_there_in_every_sandbox_and_every_context() {
    // The value of the script is the promise of its last statement.
    let snapshot = snapshot(MANY_THINGS);
    let again = Snapshot::from_bytes(snapshot.as_bytes()).unwrap();
    assert_eq!(snapshot.as_bytes(), again.as_bytes());
    for snapshot in [snapshot, again] {
        let mut sandbox = lent(&snapshot);
        let contexts = [sandbox.context(), sandbox.new_context().unwrap(), sandbox.new_context().unwrap()];
        for context in contexts {
            sandbox.switch_to(&context).unwrap();
            for (source, expected) in ABOUT_THEM {
                assert_eq!(text(&mut sandbox, source), *expected, "{source}");
            }
        }
    }
}

#[test]
fn every_global_can_be_used_in_it() {
    let all = "
        var names = Object.getOwnPropertyNames(globalThis);
        var values = names.map((name) => globalThis[name]);
        console.table([[1, 2]]); console.error(new Map([[{}, new Set([1])]]), [1n, null], () => {}, new Proxy([], {}));
        atob(btoa('x')); new URLSearchParams('a=b').toString(); Buffer.from('a').indexOf('a'); process.hrtime.bigint();
        performance.toJSON(); process.cwd(); process.memoryUsage(); new TextDecoder('utf-16le').decode(new Uint8Array(2));
        names.length";
    let mut sandbox = sandbox(&snapshot(all));
    let missing = "names.filter((name, i) => globalThis[name] !== values[i] && !Object.is(globalThis[name], values[i])).join()";
    assert_eq!(text(&mut sandbox, missing), "FinalizationRegistry,values");
}

/// Scripts of which nothing can be kept, and what is said of each.
const REFUSED: &[(&str, &str)] = &[
    ("throw new TypeError('by design')", "the script threw: TypeError: by design"),
    ("let x = ;", "the script threw: SyntaxError: Unexpected token ';'"),
    ("Promise.reject(new Error('nobody handles it'))", "the script threw: Error: nobody handles it"),
    ("Promise.resolve().then(() => { throw new Error('later') }); 1", "the script threw: Error: later"),
    (
        "new Promise(() => {})",
        "the script threw: Error: nothing is left to wait for: the promise of the run will never be settled",
    ),
    ("setInterval(() => {}, 1); 1", "snapshot: `warm.js` left 1 timer, which a snapshot cannot hold"),
    (
        "setTimeout(() => {}, 1).unref(); setImmediate(() => {}); 1",
        "snapshot: `warm.js` left 2 timers, which a snapshot cannot hold",
    ),
    (
        "import('node:fs')",
        "the script threw: TypeError: cannot import `node:fs`: a snapshot holds no modules",
    ),
    (
        "import('innerbox:component')",
        "the script threw: TypeError: cannot import `innerbox:component`: a snapshot holds no modules",
    ),
    (
        "import('./codec.wasm')",
        "the script threw: TypeError: cannot import `./codec.wasm`: a snapshot holds no modules",
    ),
    ("var format = new Intl.DateTimeFormat('de')", "`Intl.DateTimeFormat`: a snapshot cannot hold one"),
    ("Intl.NumberFormat()", "`Intl.NumberFormat`: a snapshot cannot hold one"),
    (
        "Reflect.construct(Intl.Collator.prototype.constructor, [])",
        "`Intl.Collator`: a snapshot cannot hold one",
    ),
    ("new (class extends Intl.Segmenter {})()", "`Intl.Segmenter`: a snapshot cannot hold one"),
    ("new FinalizationRegistry(() => {})", "`FinalizationRegistry`: a snapshot cannot hold one"),
    (
        "new WebAssembly.Memory({ initial: 1 })",
        "the script threw: ReferenceError: WebAssembly is not defined",
    ),
    ("new SharedArrayBuffer(8)", "the script threw: ReferenceError: SharedArrayBuffer is not defined"),
    ("eval('1')", "the script threw: EvalError: Code generation from strings disallowed for this context"),
    ("process.exit(0)", "the script exited with code 0"),
    ("process.exit(7)", "the script exited with code 7"),
    (
        "Object.freeze(Math)",
        "snapshot: `Math` takes no more properties: V8 adds `f16round` to it in every sandbox",
    ),
    ("Object.preventExtensions(globalThis)", "snapshot: `globalThis` takes no more properties"),
    (
        "var SuppressedError = {}",
        "snapshot: `SuppressedError` cannot be deleted: V8 adds it to `globalThis` in every sandbox",
    ),
    ("(function deeper() { deeper() })()", "limit reached: "),
];

#[test]
fn what_cannot_be_kept_is_refused_by_its_name_and_the_process_lives_on() {
    for (source, expected) in REFUSED {
        let error = create(source).map(|_| ()).expect_err(source).to_string();
        assert!(error.contains(expected), "{source}: {error}");
    }
    // Whatever else the script had made by then.
    for (source, _) in REFUSED.iter().filter(|(source, _)| !source.contains("let x")) {
        let source = source.replacen("var ", "globalThis.", 1);
        let messy = format!("{MANY_THINGS}\nvar more = [() => more, new Error('x').stack];\n{source}");
        assert!(create(&messy).is_err(), "{source}");
    }
    assert_eq!(text(&mut sandbox(&snapshot("var lives = 'on'")), "lives"), "on");
    assert_eq!(text(&mut Sandbox::builder(&ENGINE).build().unwrap(), "'on'"), "on");
}

#[test]
fn a_limit_ends_it_and_is_named() {
    let usual = Limits::default();
    let wall = Limits { wall: Some(Duration::from_millis(100)), ..usual };
    let cpu = Limits { cpu: wall.wall, ..usual };
    let heap = Limits { heap_bytes: 32 << 20, ..usual };
    let cases: &[(Limit, Limits, &str)] = &[
        (Limit::WallMs, wall, "for (;;) {}"),
        (Limit::WallMs, wall, "new Promise(() => setInterval(() => {}, 1))"),
        (Limit::WallMs, wall, "(async () => { for (;;) await 1 })()"),
        (Limit::CpuMs, cpu, "Promise.resolve().then(() => { for (;;) {} })"),
        (Limit::HeapBytes, heap, "var a = []; for (;;) a.push(new Array(1000).fill({}))"),
        (Limit::HeapBytes, heap, "var a = []; for (;;) { a.push({ a }); Promise.resolve().then(() => a) }"),
        (Limit::ArrayBufferBytes, Limits { array_buffer_bytes: 1 << 20, ..usual }, "new Uint8Array(2 ** 21)"),
        (Limit::SourceBytes, Limits { source_bytes: 10, ..usual }, "'more than ten bytes'"),
        (Limit::ConsoleBytes, Limits { console_bytes: 10, ..usual }, "console.log('more than ten bytes')"),
        (Limit::Timers, Limits { timers: 1, ..usual }, "setTimeout(() => {}); setTimeout(() => {})"),
    ];
    for (which, limits, source) in cases {
        match create_under(*limits, source) {
            Err(Error::Limit(hit)) => assert_eq!(hit.which, *which, "{source}"),
            other => panic!("{source}: {other:?}"),
        }
    }
    let too_small = create_under(Limits { heap_bytes: 1 << 20, ..usual }, "1").map(|_| ());
    assert!(matches!(too_small, Err(Error::Config(_))), "{too_small:?}");
    assert_eq!(text(&mut sandbox(&snapshot("var lives = 'on'")), "lives"), "on");
}

#[test]
fn scripts_run_in_their_order_until_their_promises_are_settled() {
    let first = "
        const list = ['first'], sleep = (time) => new Promise((done) => setTimeout(done, time));
        sleep(5).then(() => { list.push('later') })";
    let second = "list.push('second'); var kept = setTimeout(() => { list.push('timer') }, 1); sleep(20)";
    let builder = Snapshot::builder(&ENGINE)
        .script("first.js", first)
        .script("second.js", second)
        .script("third.js", "list.push('third')");
    let mut sandbox = sandbox(&builder.create().unwrap());
    assert_eq!(text(&mut sandbox, "list.join()"), "first,later,second,timer,third");
    // A timer of then is none of now, whatever its number.
    let fires = "new Promise((resolve) => { setTimeout(resolve, 5, 'fired'); clearTimeout(kept); clearTimeout(+kept); })";
    assert_eq!(text(&mut sandbox, fires), "fired");
}

#[test]
fn what_v8_adds_later_replaces_what_a_script_has_put_in_its_place() {
    let polyfills = "
        globalThis.Float16Array = class Mine {}; Math.f16round = () => 'mine'; Promise.try = () => 'mine';
        Map.prototype.getOrInsert = () => 'mine'; Uint8Array.fromHex = () => 'mine'; Error.isError = () => 'mine';
        Iterator.prototype[Symbol.dispose] = () => 'mine'; globalThis.queueMicrotask = () => 'mine';
        Error.stackTraceLimit = 1; globalThis.WebAssembly = 'mine';";
    let mut sandbox = sandbox(&snapshot(polyfills));
    let native = "`${Math.f16round(1.337)} ${new Map().getOrInsert(1, 2)} ${Uint8Array.fromHex('07')} \
        ${Error.isError(new Error())} ${new Float16Array([1.5])} ${Error.stackTraceLimit} ${typeof WebAssembly} \
        ${queueMicrotask(() => {})}`";
    assert_eq!(text(&mut sandbox, native), "1.3369140625 2 7 true 1.5 10 undefined undefined");
    // Nothing of V8's may be there twice.
    let twice = "String([globalThis, Math, Promise, Map.prototype, Uint8Array, Error, Iterator.prototype]
        .map((object) => Reflect.ownKeys(object)).filter((keys) => new Set(keys).size !== keys.length).length)";
    assert_eq!(text(&mut sandbox, twice), "0");
}

/// Walks over everything that is reached from the global object.
const INVENTORY: &str = "function inventory() {
    const seen = new Set(), found = new Set();
    const queue = [['globalThis', globalThis], ['async', (async function* () {}).prototype]];
    for (const [path, object] of queue) {
        if (seen.has(object)) continue;
        seen.add(object);
        const prototype = Object.getPrototypeOf(object);
        if (prototype !== null) queue.push([`${path}.__proto__`, prototype]);
        for (const key of Reflect.ownKeys(object)) {
            const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
            found.add(`${path} ${String(key)}`);
            for (const next of [value, get, set]) if (Object(next) === next) queue.push([`${path}.${String(key)}`, next]);
        }
    }
    return found;
}";

#[test]
fn nothing_is_added_to_a_context_that_was_not_made_room_for() {
    // What V8 adds to what is there already; whatever that brings with it is new altogether.
    const ADDED: &[&str] = &[
        "Atomics pause",
        "DataView.prototype getFloat16",
        "DataView.prototype setFloat16",
        "Error isError",
        "Intl.Locale.prototype variants",
        "Iterator concat",
        "Iterator.prototype Symbol(Symbol.dispose)",
        "Map.prototype getOrInsert",
        "Map.prototype getOrInsertComputed",
        "Math f16round",
        "Math sumPrecise",
        "Promise try",
        "RegExp escape",
        "Uint8Array fromBase64",
        "Uint8Array fromHex",
        "Uint8Array.prototype setFromBase64",
        "Uint8Array.prototype setFromHex",
        "Uint8Array.prototype toBase64",
        "Uint8Array.prototype toHex",
        "WeakMap.prototype getOrInsert",
        "WeakMap.prototype getOrInsertComputed",
        "async.__proto__.__proto__ Symbol(Symbol.asyncDispose)",
        "globalThis AsyncDisposableStack",
        "globalThis DisposableStack",
        "globalThis Float16Array",
        "globalThis SuppressedError",
        "globalThis queueMicrotask",
    ];
    let snapshot = snapshot(&format!("{INVENTORY} var was = [...inventory()].join('\\n')"));
    let mut sandbox = sandbox(&snapshot);
    // V8 also gives the global object a `queueMicrotask` of its own, in whose place the realm puts its own again, `WebAssembly`,
    // which the realm takes away, and `Error` its `stackTraceLimit`, which is there while a snapshot is made.
    let added = "(() => {
        const known = new Set(was.split('\\n')), paths = new Set([...known].map((entry) => entry.split(' ')[0]));
        const news = [...inventory()].filter((entry) => !known.has(entry) && paths.has(entry.split(' ')[0]));
        return news.map((entry) => entry.replace('globalThis.', '')).concat('globalThis queueMicrotask').sort().join('\\n');
    })()";
    assert_eq!(text(&mut sandbox, added), ADDED.join("\n"));
}

#[test]
fn each_sandbox_has_its_own_copy_and_its_own_randomness() {
    let source = "var shared = { list: [] }, buffer = new Uint8Array(8); Math.random(); crypto.randomUUID()";
    let snapshot = snapshot(source);
    let mut random = Vec::new();
    for _ in 0..3 {
        let mut sandbox = sandbox(&snapshot);
        let source = "shared.list.push(1); buffer[0]++; `${shared.list} ${buffer[0]}`";
        assert_eq!(text(&mut sandbox, source), "1 1");
        random.push(text(&mut sandbox, "`${Math.random()} ${Math.random()}`"));
        random.push(text(&mut sandbox, "crypto.randomUUID()"));
    }
    let distinct: HashSet<_> = random.iter().collect();
    assert_eq!(distinct.len(), random.len(), "{random:?}");
}

#[test]
fn it_is_used_from_many_threads_and_in_a_pool() {
    let source = "
        var square = (n) => n * n;
        var table = new Map(Array.from({ length: 1000 }, (_, i) => [i, i * i]))";
    let snapshot = snapshot(source);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let snapshot = snapshot.clone();
            std::thread::spawn(move || {
                for number in 0..5 {
                    let mut sandbox = sandbox(&snapshot);
                    let source = format!("square({number}) + table.get({number})");
                    assert_eq!(sandbox.eval(&source).into_value::<u32>().unwrap(), 2 * number * number);
                }
                // Others are made while these run.
                create("var more = 1").unwrap();
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let options = PoolOptions { threads: 2, ..PoolOptions::default() };
    let of_pool = snapshot.clone();
    let pool = Pool::new(&ENGINE, options, move |engine| Sandbox::builder(engine).snapshot(&of_pool).build())
        .unwrap();
    drop(snapshot);
    let answers = pool.map((0..20).collect(), |sandbox, n: u32| {
        sandbox.eval(&format!("table.get({n})")).into_value::<u32>().unwrap()
    });
    let squares: Vec<_> = answers.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(squares, (0..20).map(|n| n * n).collect::<Vec<_>>());
}

#[test]
fn a_sandbox_that_has_no_room_for_it_is_refused() {
    let source = "
        var bytes = new Uint8Array(1_000_000);
        var list = Array.from({ length: 200_000 }, (_, i) => ({ i, text: 'text ' + i }))";
    let snapshot = snapshot(source);
    let build = |limits| Sandbox::builder(&ENGINE).snapshot(&snapshot).limits(limits).build();
    let refusal = |limits| build(limits).map(drop).unwrap_err().to_string();
    assert_eq!(
        refusal(Limits { array_buffer_bytes: 999_999, ..Limits::default() }),
        "configuration: `array_buffer_bytes`: 999999 given, and its snapshot needs 1000000"
    );
    let small = refusal(Limits { heap_bytes: Limits::HEAP_BYTES_MIN, ..Limits::default() });
    let needed = small.strip_prefix("configuration: `heap_bytes`: 8388608 given, and its snapshot needs ");
    let heap_bytes: usize = needed.unwrap_or_else(|| panic!("{small}")).parse().unwrap();
    // With what it asks for, it works; a further context is a copy more.
    let mut least = build(Limits { heap_bytes, array_buffer_bytes: 1_000_000, ..Limits::default() }).unwrap();
    assert_eq!(text(&mut least, "list[77].text"), "text 77");
    let mut sandbox = build(Limits { array_buffer_bytes: 2_500_000, ..Limits::default() }).unwrap();
    let second = sandbox.new_context().unwrap();
    let third = sandbox.new_context().map(drop).unwrap_err().to_string();
    assert_eq!(third, "cannot prepare an isolate: its array buffers have no room for another context");
    sandbox.switch_to(&second).unwrap();
    assert_eq!(text(&mut sandbox, "list[77].text"), "text 77");
    // Contexts until the heap is full: the sandbox ends, and not the process.
    let mut full = build(Limits { heap_bytes, ..Limits::default() }).unwrap();
    let made: Vec<_> = (0..100).map_while(|_| full.new_context().ok()).collect();
    assert!(made.len() < 10, "{} contexts", made.len());
    assert!(full.death().is_some());
}

#[test]
fn web_assembly_and_a_snapshot_refuse_each_other() {
    let snapshot = snapshot("1");
    let granted = Sandbox::builder(&ENGINE).snapshot(&snapshot).grant(Grant::web_assembly()).build();
    assert_eq!(
        granted.map(drop).unwrap_err().to_string(),
        "configuration: `snapshot`: no snapshot has V8's own WebAssembly, which a grant lends"
    );
}

#[test]
fn code_from_strings_is_lent_to_each_by_itself() {
    let made = Snapshot::builder(&ENGINE)
        .code_from_strings()
        .script("warm.js", "var made = new Function('return 7')");
    let made = made.create().unwrap();
    let mut without = sandbox(&made);
    assert_eq!(text(&mut without, "`${made()}`"), "7");
    let refused = without.eval("eval('1')").outcome;
    assert!(matches!(&refused, Outcome::Threw { error } if error.name == "EvalError"), "{refused:?}");
    let with = Sandbox::builder(&ENGINE).snapshot(&made).grant(Grant::code_from_strings()).build();
    assert_eq!(text(&mut with.unwrap(), "`${eval('made() + 1')}`"), "8");
}

#[test]
fn what_was_damaged_or_is_none_is_refused_before_v8_sees_it() {
    let whole = snapshot("var a = 1");
    let whole = whole.as_bytes();
    let refusal =
        |bytes: &[u8]| Snapshot::from_bytes(bytes).map(drop).expect_err("it is not whole").to_string();
    assert_eq!(refusal(b""), "snapshot: refused: not a snapshot of innerbox's");
    assert_eq!(refusal(&whole[1..]), "snapshot: refused: not a snapshot of innerbox's");
    assert_eq!(refusal(&[0; 4096]), "snapshot: refused: not a snapshot of innerbox's");
    let cut = refusal(&whole[..whole.len() - 1]);
    assert!(cut.starts_with("snapshot: refused: damaged: "), "{cut}");
    for place in (64..whole.len()).step_by(whole.len() / 50) {
        let mut bytes = whole.to_vec();
        bytes[place] ^= 0x10;
        assert_eq!(refusal(&bytes), "snapshot: refused: damaged: its checksum is of other bytes", "{place}");
    }
    let mut newer = whole.to_vec();
    newer[16] = 2;
    assert_eq!(refusal(&newer), "snapshot: refused: made in format 2, and this innerbox knows 1");
    assert!(Snapshot::from_bytes(whole).is_ok());
}

#[test]
fn the_command_line_makes_one_and_begins_with_it() {
    let scratch = Scratch::with(&[
        ("one.js", "const greet = (name) => `hello ${name}`; console.log('one')"),
        ("two.js", "globalThis.greeted = greet('two')"),
        ("main.mjs", "console.log(greeted, greet('main'))"),
        ("each.mjs", "export default (name) => greet(name)"),
        ("names.txt", "\"a\"\n\"b\"\n"),
        ("throws.js", "throw new Error('by design')"),
        ("spins.js", "for (;;) {}"),
        ("timer.js", "setInterval(() => {}, 1); 1"),
        ("exits.js", "process.exit(0)"),
        ("none.snapshot", "hello"),
    ]);
    let run = |line: &str| {
        let ended = scratch.innerbox(&line.split(' ').collect::<Vec<_>>());
        (ended.code, ended.out, ended.err)
    };
    let quiet = |out: &str| (0, out.to_owned(), String::new());
    assert_eq!(run("snapshot one.js two.js -o warm.snapshot"), quiet("one\n"));
    assert_eq!(run("run --snapshot warm.snapshot main.mjs"), quiet("hello two hello main\n"));
    assert_eq!(run("eval --snapshot warm.snapshot greeted"), quiet("'hello two'\n"));
    let (code, out, _) = run("map --snapshot warm.snapshot each.mjs names.txt");
    assert_eq!((code, out.as_str()), (0, "\"hello a\"\n\"hello b\"\n"));
    for (line, code, told) in [
        ("snapshot throws.js -o no.snapshot", 1, "Error: by design"),
        ("snapshot exits.js -o no.snapshot", 1, "the scripts ended themselves by `process.exit(0)`"),
        ("snapshot timer.js -o no.snapshot", 2, "`timer.js` left 1 timer, which a snapshot cannot hold"),
        ("snapshot spins.js -o no.snapshot --wall=100ms", 3, "limit reached"),
        ("snapshot nowhere.js -o no.snapshot", 2, "cannot read `nowhere.js`"),
        (
            "eval --snapshot none.snapshot 1",
            2,
            "`none.snapshot`: snapshot: refused: not a snapshot of innerbox's",
        ),
        ("eval --snapshot nowhere.snapshot 1", 2, "cannot read `nowhere.snapshot`"),
        ("eval --allow-wasm --snapshot warm.snapshot 1", 2, "no snapshot has V8's own WebAssembly"),
    ] {
        let (ended, _, err) = run(line);
        assert_eq!(ended, code, "{line}: {err}");
        assert!(err.contains(told), "{line}: {err}");
    }
    assert!(!scratch.0.join("no.snapshot").exists());
}

/// Set in the process that makes snapshots: others would grow beside it.
const CHILD: &str = "INNERBOX_SNAPSHOTS_CHILD";

/// By how much the process may grow. An isolate that was never disposed of has more than a mebibyte.
const NOISE_BYTES: f64 = 10_000_000.0;

#[test]
fn nothing_stays_of_the_isolates_that_they_are_made_of() {
    if std::env::var_os(CHILD).is_none() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "snapshots::nothing_stays_of_the_isolates_that_they_are_made_of"]);
        let output = command.env(CHILD, "1").stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let round = || {
        assert!(create(MANY_THINGS).is_ok());
        assert!(create(&format!("{MANY_THINGS}\nthrow new Error('by design')")).is_err());
        let limits = Limits { wall: Some(Duration::from_millis(20)), ..Limits::default() };
        assert!(create_under(limits, "for (;;) {}").is_err());
    };
    (0..20).for_each(|_| round());
    let before = resident_bytes();
    (0..40).for_each(|_| round());
    let grown = resident_bytes() - before;
    assert!(grown < NOISE_BYTES, "grown by {grown} bytes");
}
