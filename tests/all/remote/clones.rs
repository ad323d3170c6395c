//! Structured clones from one sandbox to another.

use innerbox::{Completion, Limit, Limits, Outcome, Reference, Sandbox, Serialized};

use super::{limited, sandbox, told};

/// Compares what came with what the same expression makes here.
fn arrives(expression: &str) {
    let (mut from, mut to) = (sandbox(), sandbox());
    let value: Serialized = from.eval_into(&format!("({expression})")).into_returned().unwrap();
    let check = format!(
        "import('node:assert').then(({{ deepStrictEqual }}) => (came) => {{ deepStrictEqual(came, ({expression})); }})"
    );
    let check: Reference = to.eval_into(&check).into_returned().unwrap();
    for _ in 0..2 {
        let completion = to.call(&check, &[value.clone().into()]);
        assert!(matches!(completion.outcome, Outcome::Returned { .. }), "{expression}: {completion:?}");
    }
}

/// What `test` says of the value that came.
fn holds(expression: &str, test: &str) -> bool {
    let (mut from, mut to) = (sandbox(), sandbox());
    let value: Serialized = from.eval_into(expression).into_returned().unwrap();
    let test: Reference = to.eval_into(test).into_returned().unwrap();
    to.call(&test, &[value.into()]).into_value().unwrap()
}

#[test]
fn what_has_a_clone_arrives_as_it_was() {
    for expression in [
        "undefined",
        "null",
        "true",
        "-0",
        "NaN",
        "2 ** 53",
        "-(2n ** 200n)",
        "0n",
        "'text'",
        "'\\ud800 alone'",
        "'\\u00e9\\u0000'",
        "'\\u{1f600}'",
        "{ a: 1, b: { c: [1, 2, { d: null }] } }",
        "{ 1: 'one', 4294967295: 'no index', '-1': 'neither' }",
        "Object.defineProperty({}, '__proto__', { value: 1, enumerable: true, configurable: true, writable: true })",
        "[1, , 3]",
        "Object.assign([1, 2], { named: 3 })",
        "Object.assign([], { length: 4294967295 })",
        "[[], [[]], [[1]]]",
        "new Date(1234567890123)",
        "new Date(NaN)",
        "/a(?<b>c)\\/\\n/dgimsuy",
        "/[\\p{L}--a]/v",
        "new Map([[1, { a: 1 }], [{ b: 2 }, 'two'], [NaN, -0]])",
        "new Set([1, 'two', [3]])",
        "Object(true)",
        "Object(-0)",
        "Object('text')",
        "Object(7n)",
        "new Uint8Array([1, 2, 255])",
        "new Float64Array([1.5, NaN, -0])",
        "new BigInt64Array([-1n, 2n ** 63n - 1n])",
        "new Float16Array([1.5])",
        "new Uint16Array(new Uint8Array([0, 0, 1, 2, 3, 4]).buffer, 2, 2)",
        "new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1)",
        "new ArrayBuffer(0)",
        "Array.from({ length: 1000 }, (_, i) => ({ i, square: i * i }))",
    ] {
        arrives(expression);
    }
}

#[test]
fn one_object_stays_one_and_circles_stay_circles() {
    assert!(holds(
        "const o = { list: [] }; o.self = o; o.list.push(o, o.list); const m = new Map(); m.set(m, o); ({ o, m, again: o })",
        "({ o, m, again }) => o === again && o.self === o && o.list[0] === o && o.list[1] === o.list && m.get(m) === o",
    ));
    assert!(holds(
        "const buffer = new ArrayBuffer(8); [new Uint8Array(buffer), new Uint32Array(buffer, 4), buffer]",
        "([bytes, words, buffer]) => { bytes[4] = 7; return words[0] === 7 && bytes.buffer === buffer; }",
    ));
}

#[test]
fn depth_is_not_limited_and_a_gap_costs_nothing() {
    assert!(holds(
        "let deep = null; for (let i = 0; i < 200_000; i++) deep = { deep }; deep",
        "(deep) => { let n = 0; for (; deep; deep = deep.deep) n++; return n === 200_000; }",
    ));
    assert!(holds("new Array(4_000_000_000)", "(list) => list.length === 4_000_000_000 && !(0 in list)"));
}

#[test]
fn an_instance_of_a_class_arrives_as_its_own_properties() {
    assert!(holds(
        "class Point { x = 1; #y = 2; get y() { return this.#y; } } new Point()",
        "(point) => Object.getPrototypeOf(point) === Object.prototype && JSON.stringify(point) === '{\"x\":1}'",
    ));
    assert!(holds(
        "Object.prototype.evil = 1; Array.prototype[0] = 'no'; [, 1]",
        "(list) => { let asked = false; Object.defineProperty(Array.prototype, 1, { set() { asked = true; } });
            return !(0 in list) && list[1] === 1 && !asked; }"
    ));
}

#[test]
fn what_the_receiver_has_done_to_its_prototypes_is_not_asked() {
    let (mut from, mut to) = (sandbox(), sandbox());
    let value: Serialized = from
        .eval_into("[new Map([[1, 2]]), new Set([1]), { a: 1 }, [{}], new Error('x')]")
        .into_returned()
        .unwrap();
    let test: Reference = to
        .eval_into(
            "var asked = [];
             for (const [object, key] of [[Map.prototype, 'set'], [Set.prototype, 'add'], [Array.prototype, 0],
                 [Object.prototype, 'a'], [Error.prototype, 'message']]) {
                 Object.defineProperty(object, key, { set() { asked.push(key); }, get() { asked.push(key); } });
             }
             globalThis.Error = function () { asked.push('Error'); };
             () => asked",
        )
        .into_returned()
        .unwrap();
    assert_eq!(to.call(&test, &[value.into()]).into_value::<Vec<String>>().unwrap(), [""; 0]);
}

#[test]
fn errors_arrive_with_class_name_stack_cause_and_their_own_properties() {
    assert!(holds(
        "class HttpError extends RangeError { name = 'HttpError'; status = 404; code = 'ERR_HTTP'; }
         function fails() { return new HttpError('not found', { cause: new TypeError('inner') }); }
         fails()",
        "(error) => error instanceof RangeError && error.name === 'HttpError' && error.message === 'not found'
            && error.status === 404 && error.code === 'ERR_HTTP' && error.cause instanceof TypeError
            && error.stack.includes('at fails') && error.stack.includes('<another isolate>')
            && !Object.keys(error).includes('message')",
    ));
    assert!(holds(
        "new AggregateError([new URIError('a')])",
        "(error) => error.errors[0] instanceof URIError"
    ));
    assert!(holds(
        "class Odd extends SyntaxError {} Odd.prototype.name = 'Odd'; new Odd('x')",
        "(error) => error instanceof SyntaxError && error.name === 'Odd'",
    ));
}

#[test]
fn what_has_no_clone_is_refused_and_named() {
    for (expression, message) in [
        ("() => 1", "a function cannot be cloned"),
        ("({ list: [{ call() {} }] })", "`call`: a symbol cannot be cloned"),
        ("Symbol('s')", "a symbol cannot be cloned"),
        ("({ a: { s: Symbol() } })", "`s`: a symbol cannot be cloned"),
        ("new Proxy({}, {})", "a proxy cannot be cloned"),
        ("new Proxy([], {})", "a proxy cannot be cloned"),
        ("[Promise.resolve()]", "a promise cannot be cloned"),
        ("new WeakMap()", "a weak collection cannot be cloned"),
        ("(function* () {})()", "a generator cannot be cloned"),
        ("new Map().entries()", "an iterator cannot be cloned"),
        ("const b = new ArrayBuffer(1); b.transfer(); b", "an ArrayBuffer that is detached cannot be cloned"),
        (
            "const d = new Uint8Array(1); d.buffer.transfer(); d",
            "a view of an ArrayBuffer that is detached or too short cannot be cloned",
        ),
    ] {
        let (code, said) = told(sandbox().eval_into::<Serialized>(expression));
        assert_eq!(code, "ERR_DATA_CLONE", "{expression}: {said}");
        if !expression.contains("call()") {
            assert_eq!(said, message, "{expression}");
        }
    }
}

#[test]
fn a_getter_that_throws_is_the_error_and_one_that_changes_things_does_no_harm() {
    let (_, said) = told(sandbox().eval_into::<Serialized>("({ get a() { throw new Error('mine'); } })"));
    assert_eq!(said, "mine");
    assert!(holds(
        "({ get a() { delete this.b; this.c = 3; return 1; }, b: 2 })",
        "(value) => JSON.stringify(value) === '{\"a\":1}'",
    ));
    // The buffer goes after the view of it was met.
    let gone = "const buffer = new ArrayBuffer(64);
        ({ view: new Uint8Array(buffer), get later() { buffer.transfer(); return 1; } })";
    assert_eq!(told(sandbox().eval_into::<Serialized>(gone)).0, "ERR_DATA_CLONE");
}

/// A clone of a string of 1,000 units takes 1,000 bytes and 16.
#[test]
fn the_limit_holds_at_it_and_one_past_it() {
    let take = |bytes, source: &str| {
        limited(Limits { value_bytes: bytes, ..Limits::default() }).eval_into::<Serialized>(source)
    };
    assert_eq!(take(1016, "'x'.repeat(1000)").into_returned().unwrap().bytes(), 1016);
    let past = |completion: Completion<Serialized>| match completion.outcome {
        Outcome::Limit { limit, .. } => (limit.which, limit.used, limit.allowed),
        outcome => panic!("{outcome:?}"),
    };
    assert_eq!(past(take(1015, "'x'.repeat(1000)")), (Limit::ValueBytes, 1016, 1015));
    for bomb in [
        "const long = 'x'.repeat(2 ** 20); Array(1000).fill(long)",
        "new Uint8Array(2 ** 27)",
        "Array.from({ length: 2 ** 17 }, () => 1)",
        "new Set(Array.from({ length: 2 ** 17 }, (_, i) => i))",
        "7n ** 2000000n",
    ] {
        assert_eq!(past(take(1 << 16, bomb)).0, Limit::ValueBytes, "{bomb}");
    }
}

#[test]
fn the_quota_of_the_receiver_counts() {
    let value: Serialized = sandbox().eval_into("new Uint8Array(2 ** 20)").into_returned().unwrap();
    let mut small = limited(Limits { array_buffer_bytes: 1 << 19, ..Limits::default() });
    let take: Reference = small.eval_into("(bytes) => bytes.length").into_returned().unwrap();
    let completion = small.call(&take, &[value.into()]);
    assert!(
        matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::ArrayBufferBytes),
        "{completion:?}"
    );
}

#[test]
fn an_endless_getter_ends_with_its_run() {
    let mut endless = limited(super::tight());
    let completion = endless.eval_into::<Serialized>("({ get a() { for (;;) {} } })");
    assert!(matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::WallMs));
    let mut wide = limited(super::tight());
    let completion =
        wide.eval_into::<Serialized>("const make = () => ({ get a() { return make(); } }); make()");
    assert!(
        matches!(&completion.outcome, Outcome::Limit { .. } | Outcome::Threw { .. }),
        "a graph without end ends at the time or at the bytes: {completion:?}"
    );
}

#[test]
fn a_clone_outlives_its_sandbox_and_goes_to_other_threads() {
    let value: Serialized = {
        let mut gone: Sandbox = sandbox();
        gone.eval_into("({ bytes: new Uint8Array([1, 2, 3]), text: 'kept' })").into_returned().unwrap()
    };
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let value = value.clone();
            std::thread::spawn(move || {
                let mut sandbox = sandbox();
                let take: Reference =
                    sandbox.eval_into("({ bytes, text }) => text + bytes.join()").into_returned().unwrap();
                sandbox.call(&take, &[value.into()]).into_value::<String>().unwrap()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "kept1,2,3");
    }
}
