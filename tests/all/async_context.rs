//! `AsyncLocalStorage` and `AsyncResource`: a flow keeps its store wherever it goes on, and nothing else ever sees it.

mod spans;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use innerbox::{Completion, ConsoleSink, Extension, Grant, Limits, Sandbox, SandboxBuilder, Stream};
use serde_json::{Value, json};

use crate::support::{ENGINE, component_with, extension, tight};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/async_context");

fn builder() -> SandboxBuilder<'static> {
    Sandbox::builder(&ENGINE).limits(Limits { wall: None, cpu: None, ..Limits::default() })
}

fn side() -> Extension {
    let module = wat::parse_str(include_str!("wat/side.wat")).unwrap();
    Extension::from_bytes(&ENGINE, "side", &component_with(include_str!("wat/side.wit"), module)).unwrap()
}

fn value(completion: &Completion) -> Value {
    let json = serde_json::to_value(completion).unwrap();
    assert_eq!(json["outcome"], "returned", "{json:#}");
    json["value"].clone()
}

/// Runs the matrix of a file, all of whose cells have to see their own store.
fn check_matrix(builder: SandboxBuilder<'_>, file: &str, rows: u64) {
    let mut sandbox = builder.grant(Grant::read(FOLDER)).build().unwrap();
    let seen = value(&sandbox.run_module(Path::new(FOLDER).join(file)).unwrap());
    assert_eq!(seen["wrong"], json!([]), "{seen:#}");
    assert_eq!(seen["cells"], json!(5 * rows));
    assert!(seen["calls"].as_f64().unwrap() > 15.0 * rows as f64, "{}", seen["calls"]);
}

#[test]
fn a_store_is_kept_wherever_the_language_and_the_host_go_on() {
    check_matrix(builder(), "language.js", 39);
}

#[test]
fn a_store_is_kept_through_calls_of_components() {
    let mut builder = builder().extension_with(&side(), tight());
    for name in ["fixture-echo", "fixture-given", "fixture-trap"] {
        builder = builder.extension_with(&extension(name), tight());
    }
    check_matrix(builder, "components.js", 11);
}

const HEAD: &str = "
    import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } from 'node:async_hooks';
    const a = new AsyncLocalStorage(), b = new AsyncLocalStorage({ name: 'second', defaultValue: 'none' });
    const both = () => [a.getStore(), b.getStore()];
    const thrown = (call) => { try { call(); return 'nothing'; } catch (error) { return `${error.name} ${error.code} ${error.message}`; } };
    const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));";

/// Runs a module that begins with [`HEAD`], and compares its default export with JSON.
#[track_caller]
fn check(body: &str, expected: Value) {
    let mut sandbox = builder().build().unwrap();
    assert_eq!(value(&sandbox.run_module_source("main.js", &format!("{HEAD}\n{body}"))), expected);
}

#[test]
fn storages_do_not_see_each_other() {
    check(
        "const seen = [both(), [a.name, b.name]];
         const sum = a.run(1, (x, y) => { seen.push(both()); return b.run(2, () => { seen.push(both()); return x + y; }); }, 20, 22);
         seen.push(sum, both());
         a.run(1, () => { b.enterWith(2); a.run(3, () => seen.push(both())); a.enterWith(4); seen.push(both(), a.exit(both)); });
         seen.push(both());
         thrown(() => a.run(5, () => { throw new Error('why'); }));
         seen.push(both());
         export default seen;",
        json!([
            [null, "none"],
            ["", "second"],
            [1, "none"],
            [1, 2],
            42,
            [null, "none"],
            [3, 2],
            [4, 2],
            [null, 2],
            [null, 2],
            [null, 2]
        ]),
    );
}

#[test]
fn a_disabled_storage_is_left_everywhere() {
    check(
        "const seen = [];
         let later;
         a.run(1, () => b.run(2, () => { later = tick().then(() => seen.push(both())); a.disable(); seen.push(both()); a.enterWith(3); seen.push(both()); }));
         await later;
         seen.push(both(), a.run(4, both));
         export default seen;",
        json!([[null, 2], [3, 2], [null, 2], [null, "none"], [4, "none"]]),
    );
}

#[test]
fn what_is_bound_runs_in_the_context_of_its_binding() {
    check(
        "const whose = function (x, y) { return [a.getStore(), this?.name ?? 'nobody', x, y]; };
         const [snapshot, bound, resource] = a.run(1, () => [AsyncLocalStorage.snapshot(), AsyncLocalStorage.bind(whose), new AsyncResource('mine')]);
         class Mine extends AsyncResource {}
         const ids = resource.runInAsyncScope(() => [executionAsyncId() === resource.asyncId(), triggerAsyncId(), executionAsyncResource() === resource]);
         const seen = a.run(2, () => [
           snapshot(whose, 1, 2), bound.call({ name: 'Ada' }, 3, 4), bound.length, resource.runInAsyncScope(whose, { name: 'Bob' }, 5, 6),
           resource.bind(whose).call({ name: 'Cyd' }, 7), resource.bind(whose, { name: 'Dan' })(8), AsyncResource.bind(whose, 'any', { name: 'Eve' })(9),
           new Mine('mine', 7).triggerAsyncId(), new Mine('mine').triggerAsyncId(), resource.emitDestroy() === resource, both(),
         ]);
         export default [seen, ids, executionAsyncId(), triggerAsyncId(), typeof executionAsyncResource()];",
        json!([
            [
                [1, "nobody", 1, 2],
                [1, "Ada", 3, 4],
                2,
                [1, "Bob", 5, 6],
                [1, "Cyd", 7, null],
                [1, "Dan", 8, null],
                [2, "Eve", 9, null],
                7,
                1,
                true,
                [2, "none"]
            ],
            [true, 1, true],
            1,
            0,
            "object"
        ]),
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    check(
        "export default [
           thrown(() => new AsyncLocalStorage(1)), thrown(() => new AsyncResource()), thrown(() => new AsyncResource('a', -2)),
           thrown(() => AsyncResource.bind(1)), thrown(() => AsyncLocalStorage.bind()), thrown(() => createHook({})),
           thrown(() => a.getStore.call({})).split(' ')[0],
         ];",
        json!([
            "TypeError ERR_INVALID_ARG_TYPE `options`: expected object, got number",
            "TypeError ERR_INVALID_ARG_TYPE `type`: expected string, got undefined",
            "RangeError ERR_INVALID_ASYNC_ID Invalid triggerAsyncId value: -2",
            "TypeError ERR_INVALID_ARG_TYPE `fn`: expected function, got number",
            "TypeError ERR_INVALID_ARG_TYPE `fn`: expected function, got undefined",
            "TypeError undefined async_hooks.createHook is not available in a sandbox",
            "TypeError"
        ]),
    );
}

#[test]
fn a_listener_is_called_in_the_context_of_its_event() {
    check(
        "import { EventEmitter } from 'node:events';
         const seen = [];
         const listener = () => seen.push(a.getStore());
         const [target, emitter, controller] = [new EventTarget(), new EventEmitter(), new AbortController()];
         a.run('registered', () => {
           target.addEventListener('now', listener);
           emitter.on('now', listener).on('now', AsyncResource.bind(listener));
           controller.signal.addEventListener('abort', listener);
         });
         await tick();
         a.run('happened', () => { target.dispatchEvent(new Event('now')); emitter.emit('now'); controller.abort(); });
         export default seen;",
        json!(["happened", "happened", "registered", "happened"]),
    );
}

#[test]
fn a_timer_that_is_refreshed_stays_in_its_context_until_it_has_run() {
    check(
        "const seen = [];
         const timer = a.run('made', () => setTimeout(() => seen.push(a.getStore()), 20));
         a.run('refreshed', () => timer.refresh());
         await tick(40);
         a.run('refreshed', () => timer.refresh());
         await tick(40);
         export default seen;",
        json!(["made", "refreshed"]),
    );
}

#[test]
fn scripts_that_tampered_with_the_language_keep_their_stores() {
    check(
        "Object.defineProperty(Object.prototype, 'then', { get() { throw new Error('tampered'); }, configurable: true });
         Array.prototype[Symbol.iterator] = Promise.prototype.then = Reflect.apply = Symbol.prototype.toString = undefined;
         const seen = a.run(1, () => b.run(2, both));
         delete Object.prototype.then;
         export default { first: seen[0], second: seen[1] };",
        json!({"first": 1, "second": 2}),
    );
}

#[test]
fn a_run_begins_outside_of_every_store() {
    let mut sandbox = builder().build().unwrap();
    let entered = "import { AsyncLocalStorage } from 'node:async_hooks';
        globalThis.storage = new AsyncLocalStorage();
        storage.enterWith('left behind');";
    let leave = [
        "storage.enterWith('by a script')",
        "storage.enterWith('by one that threw'); throw 1",
        "storage.enterWith('by a promise'); Promise.resolve().then(() => storage.enterWith('in it'))",
        "setTimeout(() => storage.enterWith('by a timer'))",
        "({ get value() { storage.enterWith('by a getter'); return 1; } })",
        "storage.enterWith('by one that waits'); new Promise(() => {})",
    ];
    let _ = sandbox.run_module_source("main.js", entered);
    for source in leave {
        assert_eq!(value(&sandbox.eval("String(storage.getStore())")), "undefined", "before `{source}`");
        let _ = sandbox.eval(source);
    }
    assert_eq!(value(&sandbox.eval("String(storage.getStore())")), "undefined");
}

/// Runs the same script in another sandbox whenever something is written.
struct Nested(Rc<RefCell<(Sandbox, Vec<String>)>>);

impl ConsoleSink for Nested {
    fn write(&mut self, _: Stream, text: &str) {
        let (sandbox, seen) = &mut *self.0.borrow_mut();
        let inner = sandbox.eval("see('inner')").into_value::<String>().unwrap();
        seen.push(format!("{} {inner}", text.trim()));
    }
}

#[test]
fn two_sandboxes_on_a_thread_never_see_each_others_stores() {
    const SOURCE: &str = "import { AsyncLocalStorage } from 'node:async_hooks';
        const storage = new AsyncLocalStorage();
        globalThis.see = (name) => { const before = storage.getStore(); storage.enterWith(name); return `${name}: ${before}`; };
        globalThis.go = () => storage.run('outer', async () => {
          for (let i = 0; i < 3; i++) { console.log(storage.getStore()); await null; setTimeout(console.log, 1, storage.getStore()); }
          return storage.getStore();
        });";
    let mut inner = builder().build().unwrap();
    value(&inner.run_module_source("main.js", SOURCE));
    let shared = Rc::new(RefCell::new((inner, Vec::new())));
    let mut outer = builder().console(Nested(Rc::clone(&shared))).build().unwrap();
    value(&outer.run_module_source("main.js", SOURCE));
    assert_eq!(value(&outer.eval("go()")), "outer");
    assert_eq!(shared.borrow().1, ["outer inner: undefined"; 6]);
}
