//! Several contexts in one sandbox.

use innerbox::{Context, Error, Limits, Outcome, Reference, Sandbox};

use crate::support::{ENGINE, sandbox_with};

fn sandbox() -> Sandbox {
    Sandbox::builder(&ENGINE).function("host", |(n,): (u32,)| Ok(n + 1)).build().unwrap()
}

fn text(sandbox: &mut Sandbox, context: &Context, source: &str) -> String {
    sandbox.switch_to(context).unwrap();
    sandbox.eval(source).into_value().unwrap_or_else(|error| panic!("{source}: {error}"))
}

#[test]
fn each_has_its_own_globals_classes_and_modules_and_all_that_is_lent() {
    let mut sandbox = sandbox();
    let first = sandbox.context();
    let second = sandbox.new_context().unwrap();
    text(
        &mut sandbox,
        &first,
        "Array.prototype.spoilt = true; globalThis.mine = 1; delete globalThis.URL; 'done'",
    );
    let missing = "`${typeof mine} ${[].spoilt} ${typeof URL} ${host(1)} ${typeof process.version}`";
    assert_eq!(text(&mut sandbox, &second, missing), "undefined undefined function 2 string");
    assert_eq!(text(&mut sandbox, &first, missing), "number true undefined 2 string");
    for context in [&first, &second] {
        sandbox.switch_to(context).unwrap();
        let source = "import path from 'node:path'; path.seen ??= 0; export default ++path.seen";
        assert_eq!(sandbox.run_module_source("main.js", source).into_value::<u32>().unwrap(), 1);
    }
    for source in [
        "try { structuredClone(() => 1) } catch (error) { String(error instanceof DOMException) }",
        "import('node:fs').then(fs => fs.readFileSync('/etc/passwd')).catch(error => String(error instanceof DeniedError))",
        "String(new Uint8Array(1) instanceof Uint8Array && [] instanceof Array)",
        "new Promise(resolve => setTimeout(() => resolve('true'), 1))",
    ] {
        assert_eq!(text(&mut sandbox, &second, source), "true", "{source}");
    }
}

#[test]
fn an_extension_is_another_instance_in_each() {
    let mut sandbox = sandbox_with(&["fixture-echo", "fixture-trap"]);
    let first = sandbox.context();
    let second = sandbox.new_context().unwrap();
    let make = "import('fixture-echo').then(({ echo }) => { globalThis.Counter = echo.Counter; globalThis.counter = new Counter(7); return String(counter instanceof Counter); })";
    assert_eq!(text(&mut sandbox, &first, make), "true");
    assert_eq!(text(&mut sandbox, &second, make), "true");
    let theirs: Reference = sandbox.eval_into("counter").into_returned().unwrap();
    sandbox.switch_to(&first).unwrap();
    let own: Reference =
        sandbox.eval_into("(counter) => counter instanceof Counter").into_returned().unwrap();
    assert!(!sandbox.call(&own, &[theirs.into()]).into_value::<bool>().unwrap());
    let trap = "import('fixture-trap').then(({ trap }) => { try { trap.unreachable(); } catch (error) { return String(error instanceof TrapError); } })";
    for context in [&first, &second] {
        assert_eq!(text(&mut sandbox, context, trap), "true");
    }
}

#[test]
fn async_stores_of_one_are_never_those_of_another() {
    let mut sandbox = sandbox();
    let first = sandbox.context();
    let second = sandbox.new_context().unwrap();
    let enter = "import { AsyncLocalStorage } from 'node:async_hooks';
        globalThis.store = new AsyncLocalStorage(); store.enterWith('of this'); export default 1";
    for context in [&first, &second] {
        sandbox.switch_to(context).unwrap();
        sandbox.run_module_source("main.js", enter).into_returned().unwrap();
    }
    for context in [&first, &second] {
        let seen = text(&mut sandbox, context, "String(store.getStore())");
        assert_eq!(seen, "undefined", "a run begins with none");
    }
    // A function of the first is called in a flow of the second.
    sandbox.switch_to(&first).unwrap();
    let theirs: Reference = sandbox
        .eval_into("async () => { await null; return String(store.getStore()); }")
        .into_returned()
        .unwrap();
    sandbox.switch_to(&second).unwrap();
    let call: Reference = sandbox
        .eval_into("(theirs) => store.run('second', async () => `${await theirs()} ${store.getStore()}`)")
        .into_returned()
        .unwrap();
    assert_eq!(sandbox.call(&call, &[theirs.into()]).into_value::<String>().unwrap(), "undefined second");
}

#[test]
fn those_that_nobody_has_any_more_are_collected() {
    let limits = Limits { heap_bytes: 32 << 20, ..Limits::default() };
    let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).build().unwrap();
    let first = sandbox.context();
    for round in 0..500 {
        let context = sandbox.new_context().unwrap_or_else(|error| panic!("{round}: {error}"));
        sandbox.switch_to(&context).unwrap();
        let made: u32 =
            sandbox.eval("var list = new Array(10_000).fill(1); list.length").into_value().unwrap();
        assert_eq!(made, 10_000);
        sandbox.switch_to(&first).unwrap();
    }
    assert_eq!(text(&mut sandbox, &first, "'lives'"), "lives");
}

#[test]
fn too_many_reach_the_heap_limit_and_nothing_worse() {
    let limits = Limits { heap_bytes: 16 << 20, ..Limits::default() };
    let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).build().unwrap();
    let mut kept = Vec::new();
    let error = loop {
        match sandbox.new_context() {
            Ok(context) => kept.push(context),
            Err(error) => break error,
        }
        assert!(kept.len() < 10_000, "they take no heap");
    };
    assert!(matches!(&error, Error::Isolate(_)), "{error}");
    assert!(matches!(sandbox.eval("1").outcome, Outcome::Died { .. }));
    assert!(matches!(sandbox.new_context(), Err(Error::Died(_))));
    drop(sandbox);
    drop(kept);
}

#[test]
fn one_of_another_sandbox_is_refused_and_outlives_its_own() {
    let (mut one, other) = (sandbox(), sandbox());
    let theirs = other.context();
    let error = one.switch_to(&theirs).unwrap_err();
    assert_eq!(error.to_string(), "configuration: `context`: it is of another sandbox");
    drop(other);
    assert!(one.switch_to(&theirs).is_err());
}
