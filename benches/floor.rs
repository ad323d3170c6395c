//! The floors that V8, wasmtime and the memory of this machine set: nothing above them can be faster.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use wasmtime::component::{self, Component};
use wasmtime::{Instance, Module, Store, TypedFunc};

use crate::raw::Realm;
use crate::subject::{engine, group, guest};

/// What V8 alone takes to leave JavaScript and come back: loops of JavaScript.
const LOOPS: [(&str, &str); 9] = [
    ("empty-loop", "for (let i = 0; i < n; i++) {}"),
    ("callback", "for (let i = 0; i < n; i++) callback(i, 1);"),
    ("fast-callback", "for (let i = 0; i < n; i++) fastCallback(i, 1);"),
    ("callback-eight", "for (let i = 0; i < n; i++) echoEight(eight);"),
    ("callback-string-1-kib", "for (let i = 0; i < n; i++) echoString(text);"),
    ("callback-bytes-64-kib", "for (let i = 0; i < n; i++) echoBytes(small);"),
    ("array-buffer-64-kib-copied", "for (let i = 0; i < n; i++) small.slice();"),
    ("array-buffer-4-mib", "for (let i = 0; i < n; i++) new ArrayBuffer(4 << 20);"),
    ("array-buffer-4-mib-copied", "for (let i = 0; i < n; i++) bytes.slice();"),
];

/// What they stand on.
const SUBJECTS: &str = "
    const eight = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 };
    const bytes = new Uint8Array(4 << 20).fill(7);
    const small = new Uint8Array(64 << 10).fill(7);
    const text = 'A kibibyte of text. '.repeat(52).slice(0, 1024);";

/// The others: loops of Rust.
const OTHERS: [&str; 7] = [
    "function-call",
    "wasm-call",
    "component-call",
    "memcpy-64-kib",
    "two-memcpys-64-kib",
    "memcpy-4-mib",
    "two-memcpys-4-mib",
];

/// A small message, and the 4 MiB that a picture may have.
const SIZES: [usize; 2] = [64 << 10, 4 << 20];

/// Everything that floors are measured with, ready: they can be timed between the rounds of what stands on them.
///
/// An isolate of its own stays entered meanwhile. What else uses V8 on this thread must leave again what it enters.
pub(crate) struct Floors {
    realm: Realm,
    core: Core,
    component: General,
    copies: [Copies; 2],
}

impl Floors {
    pub(crate) fn new() -> Self {
        // Starts V8, with the flags that every sandbox has.
        engine();
        let mut realm = Realm::new();
        realm.prepare(SUBJECTS);
        LOOPS.iter().for_each(|(id, body)| realm.define(id, body));
        let engine = wasm_engine();
        let copies = SIZES.map(Copies::new);
        Self { realm, core: Core::new(&engine), component: General::new(&engine), copies }
    }

    /// How long the floor `id` takes so many times.
    pub(crate) fn time(&mut self, id: &str, times: u64) -> Duration {
        let [small, large] = &mut self.copies;
        match id {
            "function-call" => self.realm.time_calls(times),
            "wasm-call" => self.core.time(times),
            "component-call" => self.component.time(times),
            "memcpy-64-kib" => repeated(times, || small.first()),
            "two-memcpys-64-kib" => repeated(times, || small.both()),
            "memcpy-4-mib" => repeated(times, || large.first()),
            "two-memcpys-4-mib" => repeated(times, || large.both()),
            id => self.realm.time(id, times),
        }
    }
}

pub(crate) fn bench(criterion: &mut Criterion, floors: &mut Floors) {
    let mut group = group(criterion, "floor");
    for id in LOOPS.iter().map(|(id, _)| *id).chain(OTHERS) {
        group.bench_function(id, |bencher| bencher.iter_custom(|times| floors.time(id, times)));
    }
}

fn repeated(times: u64, mut body: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| body());
    start.elapsed()
}

/// An engine set up as that of the sandboxes, in what touches a call.
fn wasm_engine() -> wasmtime::Engine {
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false).epoch_interruption(true);
    wasmtime::Engine::new(&config).unwrap()
}

const ADD: &str =
    r#"(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"#;

fn store(engine: &wasmtime::Engine) -> Store<()> {
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1);
    store
}

/// A function of a core module with the same signature as the component's `add`, called from Rust.
struct Core {
    store: Store<()>,
    add: TypedFunc<(u32, u32), u32>,
}

impl Core {
    fn new(engine: &wasmtime::Engine) -> Self {
        let module = Module::new(engine, ADD).unwrap();
        let mut store = store(engine);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let add = instance.get_typed_func(&mut store, "add").unwrap();
        Self { store, add }
    }

    fn time(&mut self, times: u64) -> Duration {
        repeated(times, || {
            black_box(self.add.call(&mut self.store, black_box((1, 2))).unwrap());
        })
    }
}

/// The very function `add` of the component that scripts call, by wasmtime's component API: what that looks up in each call
/// takes longer the larger a component is.
struct General {
    store: Store<()>,
    add: component::TypedFunc<(u32, u32), (u32,)>,
}

impl General {
    fn new(engine: &wasmtime::Engine) -> Self {
        let component = Component::from_file(engine, guest("fixture-echo")).unwrap();
        let mut linker = component::Linker::new(engine);
        linker.define_unknown_imports_as_traps(&component).unwrap();
        let mut store = store(engine);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let echo = instance.get_export_index(&mut store, None, "test:echo/echo").unwrap();
        let add = instance.get_export_index(&mut store, Some(&echo), "add").unwrap();
        let add = instance.get_typed_func(&mut store, add).unwrap();
        Self { store, add }
    }

    fn time(&mut self, times: u64) -> Duration {
        repeated(times, || {
            black_box(self.add.call(&mut self.store, black_box((1, 2))).unwrap());
        })
    }
}

/// One copy, and two in a row as an echo needs. The target is memory that has been written to before.
struct Copies {
    source: Vec<u8>,
    targets: [Vec<u8>; 2],
}

impl Copies {
    fn new(size: usize) -> Self {
        Self { source: vec![1; size], targets: [vec![2; size], vec![3; size]] }
    }

    fn first(&mut self) {
        black_box(&mut self.targets[0]).copy_from_slice(black_box(&self.source));
    }

    fn both(&mut self) {
        self.first();
        let [first, second] = &mut self.targets;
        black_box(second).copy_from_slice(black_box(first));
    }
}
