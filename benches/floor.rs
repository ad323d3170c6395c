//! The floors that V8, wasmtime and the memory of this machine set: nothing above them can be faster.

use std::hint::black_box;

use criterion::Criterion;

use crate::raw::Realm;
use crate::subject::{engine, group};

/// A small message, and the 4 MiB that a picture may have.
const SIZES: [(&str, usize); 2] = [("64-kib", 64 << 10), ("4-mib", 4 << 20)];

pub(crate) fn bench(criterion: &mut Criterion) {
    // Starts V8, with the flags that every sandbox has.
    engine();
    javascript(criterion);
    wasm(criterion);
    memory(criterion);
}

/// What V8 alone takes to leave JavaScript and come back.
fn javascript(criterion: &mut Criterion) {
    let mut realm = Realm::new();
    let mut group = group(criterion, "floor");
    let mut loops = |id: &str, body: &str| {
        realm.define(id, body);
        group.bench_function(id, |bencher| bencher.iter_custom(|times| realm.time(id, times)));
    };
    loops("empty-loop", "for (let i = 0; i < n; i++) {}");
    loops("callback", "for (let i = 0; i < n; i++) callback(i, 1);");
    loops("fast-callback", "for (let i = 0; i < n; i++) fastCallback(i, 1);");
    loops("callback-eight", "for (let i = 0; i < n; i++) echoEight(eight);");
    loops("callback-string-1-kib", "for (let i = 0; i < n; i++) echoString(text);");
    loops("callback-bytes-64-kib", "for (let i = 0; i < n; i++) echoBytes(small);");
    loops("array-buffer-64-kib-copied", "for (let i = 0; i < n; i++) small.slice();");
    loops("array-buffer-4-mib", "for (let i = 0; i < n; i++) new ArrayBuffer(4 << 20);");
    loops("array-buffer-4-mib-copied", "for (let i = 0; i < n; i++) bytes.slice();");
    group.bench_function("function-call", |bencher| bencher.iter_custom(|times| realm.time_calls(times)));
}

/// An engine set up as that of the sandboxes, in what touches a call.
fn wasm_engine() -> wasmtime::Engine {
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false).epoch_interruption(true);
    wasmtime::Engine::new(&config).unwrap()
}

/// A function of a core module with the same signature as the component's `add`, called from Rust; and the same function
/// of a component, called by wasmtime's component API.
fn wasm(criterion: &mut Criterion) {
    const ADD: &str =
        r#"(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"#;
    let engine = wasm_engine();
    let mut group = criterion.benchmark_group("floor");
    let module = wasmtime::Module::new(&engine, ADD).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    store.set_epoch_deadline(1);
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
    let add = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add").unwrap();
    group.bench_function("wasm-call", |bencher| {
        bencher.iter(|| add.call(&mut store, black_box((1, 2))).unwrap());
    });
    let component = format!(
        r#"(component (core {}
             (core instance $i (instantiate $m))
             (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))"#,
        &ADD[1..].replacen("module", "module $m", 1)
    );
    let component = wasmtime::component::Component::new(&engine, component).unwrap();
    let linker = wasmtime::component::Linker::new(&engine);
    let mut store = wasmtime::Store::new(&engine, ());
    store.set_epoch_deadline(1);
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let add = instance.get_typed_func::<(u32, u32), (u32,)>(&mut store, "add").unwrap();
    group.bench_function("component-call", |bencher| {
        bencher.iter(|| add.call(&mut store, black_box((1, 2))).unwrap());
    });
    group.finish();
}

/// One copy, and two in a row as an echo needs. The target is memory that has been written to before.
fn memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("floor");
    for (name, size) in SIZES {
        let source = vec![1_u8; size];
        let (mut first, mut second) = (vec![2_u8; size], vec![3_u8; size]);
        group.bench_function(format!("memcpy-{name}"), |bencher| {
            bencher.iter(|| black_box(&mut first).copy_from_slice(black_box(&source)));
        });
        group.bench_function(format!("two-memcpys-{name}"), |bencher| {
            bencher.iter(|| {
                black_box(&mut first).copy_from_slice(black_box(&source));
                black_box(&mut second).copy_from_slice(black_box(&first));
            });
        });
    }
}
