//! Sandboxes, their answers, and the record of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use innerbox::{Config, Engine, Error, Grant, Limits, Outcome, Sandbox, Value};
use serde::Deserialize;
use serde_json::json;

fn engine() -> Engine {
    Engine::new(Config::new().cache_off()).expect("the default configuration works")
}

fn sandbox() -> Sandbox {
    Sandbox::builder(&engine()).build().expect("a default sandbox")
}

#[test]
fn answers_are_typed() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Shape {
        Circle { radius: f64 },
        Empty,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Answer {
        id: u64,
        ratio: f32,
        name: Option<String>,
        tags: Vec<String>,
        shapes: Vec<Shape>,
        counts: BTreeMap<String, i32>,
        bytes: Vec<u8>,
        big: i128,
        pair: (bool, char),
    }
    let answer: Answer = sandbox()
        .eval(
            "({ id: 7, ratio: 0.5, name: null, tags: ['a', 'b'], shapes: [{ circle: { radius: 2 } }, 'empty'],
               counts: { one: 1, two: -2 }, bytes: new Uint8Array([1, 255]), big: -(2n ** 100n), pair: [true, 'x'] })",
        )
        .into_value()
        .expect("it is such an answer");
    let counts = BTreeMap::from([("one".to_owned(), 1), ("two".to_owned(), -2)]);
    let expected = Answer {
        id: 7,
        ratio: 0.5,
        name: None,
        tags: vec!["a".into(), "b".into()],
        shapes: vec![Shape::Circle { radius: 2.0 }, Shape::Empty],
        counts,
        bytes: vec![1, 255],
        big: -(1 << 100),
        pair: (true, 'x'),
    };
    assert_eq!(answer, expected);
}

#[test]
fn an_answer_of_another_type_is_an_error_that_says_so() {
    let error = sandbox().eval("'text'").into_value::<u32>().expect_err("it is a string");
    assert_eq!(
        error.to_string(),
        "the script's answer is of another type: invalid type: string \"text\", expected u32"
    );
    assert!(matches!(sandbox().eval("() => 1").into_value::<u32>(), Err(Error::Answer(_))));
}

#[test]
fn values_are_copied_whole() {
    let value = |source: &str| match sandbox().eval(source).outcome {
        Outcome::Returned { value } => value,
        outcome => panic!("{source}: {outcome:?}"),
    };
    assert_eq!(value("undefined"), Value::Undefined);
    assert_eq!(value("new Date(0)"), Value::String("1970-01-01T00:00:00.000Z".into()));
    assert_eq!(value("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)"), Value::Bytes(vec![2, 3]));
    assert_eq!(value("new Uint8Array([1, 2]).buffer"), Value::Bytes(vec![1, 2]));
    assert_eq!(value("new Float32Array([0.5])"), Value::Array(vec![Value::Number(0.5)]));
    assert_eq!(value("new Set(['a'])"), Value::Array(vec![Value::String("a".into())]));
    let pair = Value::Array(vec![Value::String("k".into()), Value::Null]);
    assert_eq!(value("new Map([['k', null]])"), Value::Array(vec![pair]));
    assert_eq!(value("function named() {}; named"), Value::Other("function named".into()));
    let circular = value("const circular = { list: [] }; circular.list.push(circular); circular");
    let reference = Value::Array(vec![Value::Other("circular reference".into())]);
    assert_eq!(circular.get("list"), Some(&reference));
    assert_eq!(value("'\\ud800'"), Value::String("\u{fffd}".into()));
    assert_eq!(value("[, 1]"), Value::Array(vec![Value::Undefined, Value::Number(1.0)]));
}

#[test]
fn a_completion_is_stable_json() {
    let mut sandbox = sandbox();
    let mut record = |source: &str| {
        let mut record = serde_json::to_value(sandbox.eval_as("a.js", source)).expect("it is JSON");
        let usage = record.as_object_mut().and_then(|record| record.remove("usage")).expect("it has a usage");
        for part in ["wall_ms", "cpu_ms", "heap_bytes", "array_buffer_bytes"] {
            assert!(usage[part].is_number(), "{part} in {usage}");
        }
        record
    };
    assert_eq!(record("({ a: 1, b: undefined })"), json!({ "outcome": "returned", "value": { "a": 1 } }));
    assert_eq!(
        record("throw new RangeError('no')"),
        json!({ "outcome": "threw", "error": {
            "name": "RangeError", "message": "no", "stack": "RangeError: no\n    at a.js:1:7",
            "position": { "file": "a.js", "line": 1, "column": 1, "source_line": "throw new RangeError('no')" },
        } })
    );
    let limits = Limits { source_bytes: 0, ..Limits::default() };
    let mut tight = Sandbox::builder(&engine()).limits(limits).build().expect("a sandbox");
    let record = serde_json::to_value(tight.eval("1").outcome).expect("it is JSON");
    let limit = json!({ "which": "source_bytes", "used": 1, "allowed": 0 });
    assert_eq!(record, json!({ "outcome": "limit", "limit": limit }));
}

#[test]
fn dates_and_intl_work() {
    let text = |source: &str| sandbox().eval(source).into_value::<String>().expect("a string");
    assert_eq!(text("new Date(0).toLocaleDateString('en-GB', { timeZone: 'UTC' })"), "01/01/1970");
    assert_eq!(text("new Intl.NumberFormat('de-DE').format(1234567.5)"), "1.234.567,5");
    assert_eq!(
        text("new Intl.DateTimeFormat('ja-JP', { dateStyle: 'full', timeZone: 'UTC' }).format(0)"),
        "1970年1月1日木曜日"
    );
    assert!(!text("new Date().toLocaleDateString()").is_empty());
}

#[test]
fn two_sandboxes_on_one_thread_do_not_see_each_other() {
    let engine = engine();
    let build = || Sandbox::builder(&engine).build().expect("a default sandbox");
    let (mut one, mut two) = (build(), build());
    one.eval("var mine = 'one'");
    two.eval("var mine = 'two'");
    assert_eq!(one.eval("mine").into_value::<String>().expect("a string"), "one");
    assert_eq!(two.eval("mine").into_value::<String>().expect("a string"), "two");
    drop(one);
    assert_eq!(two.eval("mine").into_value::<String>().expect("a string"), "two");
}

#[test]
fn an_engine_serves_many_threads() {
    let engine = engine();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let engine = engine.clone();
            std::thread::spawn(move || {
                for _ in 0..10 {
                    let mut sandbox = Sandbox::builder(&engine).build().expect("a default sandbox");
                    let answer = sandbox.eval(&format!("{number} * 2")).into_value::<u32>();
                    assert_eq!(answer.expect("a number"), number * 2);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

#[test]
fn every_sandbox_has_its_own_random_numbers() {
    let random = || sandbox().eval("Math.random()").into_value::<f64>().expect("a number");
    assert_ne!(random(), random());
}

#[test]
fn a_script_can_exit() {
    let mut sandbox = sandbox();
    let completion = sandbox.eval("try { process.exit(3) } finally { globalThis.after = 1 }");
    assert_eq!(
        serde_json::to_value(&completion.outcome).expect("it is JSON"),
        json!({ "outcome": "exited", "code": 3 })
    );
    let Outcome::Died { reason } = sandbox.eval("1").outcome else { panic!("the sandbox has ended") };
    assert_eq!(reason, "an earlier run ended it by process.exit(3)");
    assert_eq!(sandbox.death(), Some(reason.as_str()));
}

/// V8 forgets a termination in a microtask: the timer would go on until the wall limit.
#[test]
fn an_exit_in_a_microtask_ends_the_run_at_once() {
    let mut sandbox = sandbox();
    let completion = sandbox.eval("setInterval(() => {}, 1); Promise.resolve().then(() => process.exit(4))");
    assert!(matches!(completion.outcome, Outcome::Exited { code: 4 }), "{:?}", completion.outcome);
    assert!(completion.usage.wall < Duration::from_secs(5), "{:?}", completion.usage);
}

#[test]
fn a_module_can_leave_an_exit_code() {
    let mut sandbox = sandbox();
    let left = sandbox.run_module_source("main.js", "process.exitCode = 2; export default 1");
    assert!(matches!(left.outcome, Outcome::Exited { code: 2 }));
    let none = sandbox.run_module_source("other.js", "process.exitCode = 0; export default 1");
    assert_eq!(none.into_value::<u32>().expect("a number"), 1);
}

#[test]
fn nothing_is_lent_by_default() {
    let mut sandbox = sandbox();
    let mut text = |source: &str| sandbox.eval(source).into_value::<String>().expect("a string");
    assert_eq!(text("JSON.stringify(process.env)"), "{}");
    assert_eq!(
        text("import('node:fs').then(fs => fs.readFileSync('/etc/hostname')).catch(e => e.code)"),
        "ERR_ACCESS_DENIED"
    );
}

#[test]
fn web_assembly_works_where_it_is_lent() {
    let engine = engine();
    let mut sandbox = Sandbox::builder(&engine).grant(Grant::web_assembly()).build().expect("a sandbox");
    let source =
        "WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(({ instance }) =>
        instance instanceof WebAssembly.Instance)";
    assert!(sandbox.eval(source).into_value::<bool>().expect("a boolean"));
}

#[test]
fn what_is_lent_is_there() {
    let directory = tempfile::tempdir().expect("a directory for the test");
    std::fs::write(directory.path().join("in.txt"), "lent").expect("the directory is ours");
    let engine = engine();
    let mut sandbox = Sandbox::builder(&engine)
        .grants([Grant::read(directory.path()), Grant::write(directory.path())])
        .grant(Grant::variable("NAME", "value"))
        .arguments(["innerbox", "main.js", "one"])
        .cwd(directory.path())
        .build()
        .expect("the grants exist");
    let source = "import('node:fs').then(fs => {
        fs.writeFileSync('out.txt', fs.readFileSync('in.txt', 'utf8') + process.env.NAME + process.argv[2]) })";
    sandbox.eval(source).into_value::<()>().expect("it writes");
    let written = std::fs::read_to_string(directory.path().join("out.txt")).expect("it was written");
    assert_eq!(written, "lentvalueone");
}
