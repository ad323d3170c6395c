//! Values that the host refers to and that stay in their sandbox.

use innerbox::{Argument, Limit, Limits, Outcome, Reference, Value};

use super::{limited, sandbox, told};

#[test]
fn the_host_reads_sets_deletes_calls_and_copies() {
    let mut sandbox = sandbox();
    let counter: Reference = sandbox
        .eval_into("({ n: 1, inner: { deep: true }, add(by) { return this.n += by; }, get twice() { return this.n * 2; } })")
        .into_returned()
        .unwrap();
    assert_eq!(counter.type_of(), "object");
    assert_eq!(sandbox.get(&counter, "n").into_value::<u32>().unwrap(), 1);
    assert!(sandbox.set(&counter, "n", 10).into_value::<bool>().unwrap());
    assert_eq!(sandbox.get(&counter, "twice").into_value::<u32>().unwrap(), 20);
    let add: Reference = sandbox.get_into(&counter, "add").into_returned().unwrap();
    let called = sandbox.apply_into::<Value>(&add, &Argument::from(&counter), &[5.into()]);
    assert_eq!(called.into_value::<u32>().unwrap(), 15);
    assert!(sandbox.delete(&counter, "inner").into_value::<bool>().unwrap());
    assert!(matches!(sandbox.get(&counter, "inner").into_returned().unwrap(), Value::Undefined));
    let list = sandbox_reference(&mut sandbox);
    let copy: Value = sandbox.copy_into(&list).into_returned().unwrap();
    assert_eq!(copy, Value::Array(vec![Value::Number(1.0), Value::Null]));
}

fn sandbox_reference(sandbox: &mut innerbox::Sandbox) -> Reference {
    sandbox.eval_into("[1, null]").into_returned().unwrap()
}

#[test]
fn a_reference_that_comes_home_is_the_value() {
    let mut sandbox = sandbox();
    let made: Reference = sandbox.eval_into("globalThis.made = { id: {} }").into_returned().unwrap();
    let same: Reference =
        sandbox.eval_into("(value) => value === made && value.id === made.id").into_returned().unwrap();
    assert!(sandbox.call(&same, &[(&made).into()]).into_value::<bool>().unwrap());
}

#[test]
fn a_call_waits_for_its_promise_and_its_errors_are_its_own() {
    let mut sandbox = sandbox();
    let later: Reference = sandbox
        .eval_into("async (n) => { await new Promise(resolve => setTimeout(resolve, 5)); if (n < 0) throw new RangeError('less'); return n; }")
        .into_returned()
        .unwrap();
    assert_eq!(sandbox.call(&later, &[3.into()]).into_value::<u32>().unwrap(), 3);
    assert_eq!(told(sandbox.call(&later, &[(-1).into()])).1, "less");
    assert_eq!(sandbox.call(&later, &[4.into()]).into_value::<u32>().unwrap(), 4, "it lives on");
}

#[test]
fn what_is_no_function_and_no_object_says_so() {
    let mut sandbox = sandbox();
    let number: Reference = sandbox.eval_into("7").into_returned().unwrap();
    assert_eq!(told(sandbox.call(&number, &[])).1, "`reference`: expected function, got number");
    assert_eq!(told(sandbox.get(&number, "x")).1, "`reference`: expected object, got number");
    let frozen: Reference = sandbox.eval_into("Object.freeze({ a: 1 })").into_returned().unwrap();
    assert!(matches!(sandbox.set(&frozen, "a", 2).outcome, Outcome::Returned { .. } | Outcome::Threw { .. }));
    assert_eq!(sandbox.get(&frozen, "a").into_value::<u32>().unwrap(), 1);
}

#[test]
fn a_reference_of_another_sandbox_is_refused() {
    let (mut one, mut other) = (sandbox(), sandbox());
    let theirs: Reference = other.eval_into("() => 1").into_returned().unwrap();
    let (code, said) = told(one.call(&theirs, &[]));
    assert_eq!(
        (code.as_str(), said.as_str()),
        ("ERR_REFERENCE_FOREIGN", "`reference`: it is of another isolate")
    );
}

#[test]
fn dropped_references_let_their_values_go_and_the_limit_holds() {
    let mut sandbox = limited(Limits { handles: 3, ..Limits::default() });
    let mut kept: Vec<Reference> =
        (0..3).map(|_| sandbox.eval_into("({})").into_returned().unwrap()).collect();
    let completion = sandbox.eval_into::<Reference>("({})");
    assert!(
        matches!(completion.outcome, Outcome::Limit { limit, .. } if limit.which == Limit::Handles && limit.used == 4),
        "{completion:?}"
    );
    let (code, said) = told(completion);
    assert_eq!((code.as_str(), said.as_str()), ("ERR_LIMIT", "limit reached: handles: 3 references allowed"));
    kept.pop();
    let again: Reference = sandbox.eval_into("({ again: 1 })").into_returned().unwrap();
    assert_eq!(sandbox.get(&again, "again").into_value::<u32>().unwrap(), 1);
}

#[test]
fn what_nobody_refers_to_is_collected() {
    let mut sandbox = sandbox();
    sandbox.eval("var gone = 0; const registry = new FinalizationRegistry(() => { gone++; })");
    for _ in 0..20 {
        let made: Reference = sandbox
            .eval_into("(() => { const made = { big: new Array(1000).fill(0) }; registry.register(made, 1); return made; })()")
            .into_returned()
            .unwrap();
        drop(made);
    }
    for _ in 0..3 {
        sandbox.eval("0");
        sandbox.collect_garbage();
    }
    let gone: u32 =
        sandbox.eval("new Promise(resolve => setTimeout(() => resolve(gone), 10))").into_value().unwrap();
    assert!(gone >= 18, "{gone} of 20 are gone");
}

#[test]
fn bytes_and_big_integers_go_in_as_they_are() {
    let mut sandbox = sandbox();
    let kinds: Reference = sandbox
        .eval_into("(...values) => values.map(value => `${Object.prototype.toString.call(value)} ${value}`)")
        .into_returned()
        .unwrap();
    let arguments = [
        vec![1_u8, 2].into(),
        Argument::of(&u64::MAX).unwrap(),
        Argument::of(&i64::MIN).unwrap(),
        Argument::of(&(1_u64 << 53)).unwrap(),
        Argument::of(&((1_u64 << 53) - 1)).unwrap(),
        Argument::of(&Some('x')).unwrap(),
        Argument::of(&None::<u8>).unwrap(),
    ];
    let told: Vec<String> = sandbox.call(&kinds, &arguments).into_value().unwrap();
    assert_eq!(
        told,
        [
            "[object Uint8Array] 1,2",
            "[object BigInt] 18446744073709551615",
            "[object BigInt] -9223372036854775808",
            "[object BigInt] 9007199254740992",
            "[object Number] 9007199254740991",
            "[object String] x",
            "[object Null] null",
        ]
    );
}

#[test]
fn a_sandbox_that_died_gives_nothing_any_more() {
    let mut sandbox = limited(super::tight());
    let value: Reference = sandbox.eval_into("({})").into_returned().unwrap();
    sandbox.eval("for (;;) {}");
    assert!(matches!(sandbox.get(&value, "x").outcome, Outcome::Died { .. }));
    assert!(matches!(sandbox.attend().outcome, Outcome::Died { .. }));
}
