//! Functions of the host's that scripts call.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use innerbox::{Limits, Outcome, Reference, Sandbox, SandboxBuilder, Value};
use serde::{Deserialize, Serialize};

use super::told;
use crate::support::ENGINE;

fn builder() -> SandboxBuilder<'static> {
    Sandbox::builder(&ENGINE)
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_name: String,
    roles: Vec<Role>,
}

#[derive(Serialize, Deserialize)]
enum Role {
    Admin,
    Member { since: u32 },
}

#[test]
fn arguments_and_answers_are_rust_types() {
    let calls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&calls);
    let mut sandbox = builder()
        .function("count", move |(): ()| {
            counted.set(counted.get() + 1);
            Ok(counted.get())
        })
        .function("promote", |(mut user, year): (User, u32)| {
            user.roles.push(Role::Member { since: year });
            Ok(user)
        })
        .function("all", |values: Vec<f64>| Ok(values.len()))
        .function("optional", |(first, second): (String, Option<bool>)| Ok(format!("{first} {second:?}")))
        .function("table", |(): ()| Ok(BTreeMap::from([(1, "one"), (2, "two")])))
        .build()
        .unwrap();
    assert_eq!(sandbox.eval("count(); count('too', 'many')").into_value::<u32>().unwrap(), 2);
    assert_eq!(calls.get(), 2);
    let json: String = sandbox
        .eval("JSON.stringify(promote({ userName: 'ada', roles: ['Admin'] }, 1843))")
        .into_value()
        .unwrap();
    assert_eq!(json, r#"{"userName":"ada","roles":["Admin",{"Member":{"since":1843}}]}"#);
    assert_eq!(sandbox.eval("all(1, 2, 3)").into_value::<u32>().unwrap(), 3);
    assert_eq!(
        sandbox.eval("optional('a') + optional('b', true)").into_value::<String>().unwrap(),
        "a Noneb Some(true)"
    );
    assert_eq!(sandbox.eval("table()[2]").into_value::<String>().unwrap(), "two");
}

#[test]
fn arguments_of_other_types_are_named() {
    let mut sandbox = builder().function("area", |(w, h): (f64, f64)| Ok(w * h)).build().unwrap();
    for (call, message) in [
        ("area(1, 'x')", "`area`: argument 2: invalid type: string \"x\", expected f64"),
        ("area({}, 1)", "`area`: argument 1: invalid type: map, expected f64"),
        ("area()", "`area`: argument 1: invalid type: unit value, expected f64"),
        ("area(1, () => 1)", "`area`: argument 2: invalid type: function, expected f64"),
    ] {
        let (code, said) = told(sandbox.eval(call));
        assert_eq!((code.as_str(), said.as_str()), ("ERR_INVALID_ARG_TYPE", message), "{call}");
    }
}

#[test]
fn errors_are_thrown_with_their_causes_and_panics_are_host_faults() {
    let mut sandbox = builder()
        .function("open", |(name,): (String,)| -> anyhow::Result<()> {
            Err(anyhow::anyhow!("no such row")).with_context(|| format!("user `{name}`"))
        })
        .function("panics", |(): ()| -> anyhow::Result<()> { panic!("by design") })
        .promising_function("later", |(fail,): (bool,)| if fail { bail!("not now") } else { Ok("done") })
        .promising_function("panicsLater", |(): ()| -> anyhow::Result<()> { panic!("by design") })
        .build()
        .unwrap();
    assert_eq!(told(sandbox.eval("open('ada')")).1, "user `ada`: no such row");
    assert_eq!(told(sandbox.eval("panics()")).0, "ERR_HOST_FAULT");
    assert_eq!(sandbox.eval("later(false)").into_value::<String>().unwrap(), "done");
    assert_eq!(told(sandbox.eval("later(true)")).1, "not now");
    assert_eq!(told(sandbox.eval("panicsLater()")).0, "ERR_HOST_FAULT");
    assert_eq!(sandbox.eval("1").into_value::<u32>().unwrap(), 1, "it lives on");
}

#[test]
fn promising_functions_run_beside_each_other_and_end_with_the_run() {
    let nap = |(milliseconds,): (u64,)| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        Ok(milliseconds)
    };
    let mut sandbox = builder()
        .limits(Limits { wall: Some(Duration::from_secs(2)), ..Limits::default() })
        .promising_function("nap", nap)
        .build()
        .unwrap();
    let naps: Vec<u64> = sandbox.eval("Promise.all([nap(50), nap(1)])").into_value().unwrap();
    assert_eq!(naps, [50, 1]);
    let before = Instant::now();
    let completion = sandbox.eval("nap(4000)");
    assert!(matches!(completion.outcome, Outcome::Limit { .. }), "{completion:?}");
    assert!(before.elapsed() < Duration::from_millis(3500));
}

#[test]
fn the_store_of_the_caller_is_kept_over_a_promising_function() {
    let mut sandbox = builder().promising_function("nothing", |(): ()| Ok(())).build().unwrap();
    let source = "import { AsyncLocalStorage } from 'node:async_hooks';
        const store = new AsyncLocalStorage();
        export default await store.run('kept', async () => { await nothing(); await nothing(); return store.getStore(); })";
    assert_eq!(sandbox.run_module_source("main.js", source).into_value::<String>().unwrap(), "kept");
}

#[test]
fn what_crosses_meets_the_limit() {
    let mut sandbox = builder()
        .limits(Limits { value_bytes: 10_000, ..Limits::default() })
        .function("length", |(text,): (String,)| Ok(text.len()))
        .build()
        .unwrap();
    // Of the list and of the string there are 16 bytes each.
    assert_eq!(sandbox.eval("length('x'.repeat(9_952))").into_value::<u32>().unwrap(), 9952);
    assert_eq!(told(sandbox.eval("length('x'.repeat(9_953))")).0, "ERR_LIMIT");
    assert_eq!(told(sandbox.eval("length({ get a() { throw new TypeError('mine'); } })")).1, "mine");
}

/// Options with a function among them.
#[derive(Deserialize)]
struct Watch {
    path: String,
    on_change: Reference,
    on_end: Option<Reference>,
}

type Kept = Arc<Mutex<Vec<Reference>>>;

fn keeping(limits: Limits) -> (SandboxBuilder<'static>, Kept) {
    let kept = Kept::default();
    let keep = |kept: &Kept| {
        let kept = Arc::clone(kept);
        move |reference: Option<Reference>| kept.lock().unwrap().extend(reference)
    };
    let (watch, later, raw) = (keep(&kept), keep(&kept), keep(&kept));
    let builder = builder()
        .limits(limits)
        .function("watch", move |(options,): (Watch,)| {
            watch(Some(options.on_change));
            watch(options.on_end);
            Ok(options.path)
        })
        .promising_function("later", move |(name, reference): (String, Reference)| {
            later(Some(reference));
            Ok(name)
        })
        .function("raw", move |(reference,): (Reference,)| {
            raw(Some(reference.clone()));
            Ok(reference)
        });
    (builder, kept)
}

#[test]
fn functions_of_scripts_are_references_to_functions_of_the_host() {
    let (builder, kept) = keeping(Limits::default());
    let mut sandbox = builder.build().unwrap();
    let source = "import { Reference } from 'innerbox:reference';
        const same = (n) => n + 1;
        const seen = [watch({ path: 'a', on_change: (n) => n * 2 }), await later('b', async (n) => n * 3),
          raw(same) === same, typeof raw(new Reference({ value: 5 }))];
        export default seen.join();";
    assert_eq!(
        sandbox.run_module_source("main.js", source).into_value::<String>().unwrap(),
        "a,b,true,object"
    );
    let kept = std::mem::take(&mut *kept.lock().unwrap());
    let call = |sandbox: &mut Sandbox, index: usize| {
        sandbox.call(&kept[index], &[7.into()]).into_value::<u32>().unwrap()
    };
    assert_eq!([0, 1, 2].map(|index| call(&mut sandbox, index)), [14, 21, 8]);
    assert_eq!(sandbox.get_into::<Value>(&kept[3], "value").into_returned().unwrap(), Value::Number(5.0));
    // To another sandbox it is an object of the class.
    let mut other = self::builder().build().unwrap();
    let global = other.global().into_returned().unwrap();
    other.set(&global, "given", kept[0].clone()).into_returned().unwrap();
    assert_eq!(other.eval("given.constructor.name").into_value::<String>().unwrap(), "Reference");
}

#[test]
fn what_is_no_function_is_named_and_the_limit_of_handles_holds() {
    let (builder, kept) = keeping(Limits { handles: 3, ..Limits::default() });
    let mut sandbox = builder.build().unwrap();
    for (source, expected) in [
        (
            "watch({ path: 'a', on_change: 5 })",
            "`watch`: argument 1: invalid type: integer `5`, expected function",
        ),
        ("watch({ path: 'a', on_change: null })", "`watch`: argument 1: expected function"),
        ("watch({ path: 'a' })", "`watch`: argument 1: missing field `on_change`"),
        (
            "watch({ path: () => {}, on_change() {} })",
            "`watch`: argument 1: invalid type: function, expected a string",
        ),
    ] {
        assert_eq!(told(sandbox.eval(source)), ("ERR_INVALID_ARG_TYPE".to_owned(), expected.to_owned()));
    }
    assert!(kept.lock().unwrap().is_empty());
    let watch = "watch({ path: 'a', on_change() {} })";
    let all = sandbox.eval(&format!("for (let i = 0; i < 3; i++) {watch}; 1"));
    assert_eq!(all.into_value::<u32>().unwrap(), 1);
    assert_eq!(told(sandbox.eval(watch)).0, "ERR_LIMIT");
    kept.lock().unwrap().clear();
    assert_eq!(sandbox.eval(watch).into_value::<String>().unwrap(), "a");
    assert!(serde_json::to_string(&kept.lock().unwrap()[0]).is_err());
}
