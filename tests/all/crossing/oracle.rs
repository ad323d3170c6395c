//! The same component through wasmtime's component API.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Func, Linker, ResourceTable, Type, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// An instance made by wasmtime alone.
pub(crate) struct Oracle {
    store: Store<State>,
    functions: Vec<Function>,
}

/// A function without resources in its signature.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) params: Vec<Type>,
    pub(crate) result: Option<Type>,
    function: Func,
}

impl Oracle {
    pub(crate) fn load(bytes: &[u8], interface: &str) -> Self {
        let engine = Engine::default();
        let component = Component::new(&engine, bytes).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
        let state = State { wasi: WasiCtxBuilder::new().build(), table: ResourceTable::new() };
        let mut store = Store::new(&engine, state);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let mut functions = Vec::new();
        for (name, item) in component.component_type().exports(&engine) {
            let ComponentItem::ComponentInstance(exports) = item.ty else { continue };
            let short = name.split('@').next().unwrap().rsplit('/').next().unwrap();
            if short != interface {
                continue;
            }
            let index = instance.get_export_index(&mut store, None, name).unwrap();
            for (name, item) in exports.exports(&engine) {
                let ComponentItem::ComponentFunc(ty) = item.ty else { continue };
                if name.starts_with('[') || mentions_resources(&ty) || takes_a_length(name) {
                    continue;
                }
                let index = instance.get_export_index(&mut store, Some(&index), name).unwrap();
                let function = instance.get_func(&mut store, index).unwrap();
                let params = ty.params().map(|(_, ty)| ty).collect();
                functions.push(Function {
                    name: name.to_owned(),
                    params,
                    result: ty.results().next(),
                    function,
                });
            }
        }
        Self { store, functions }
    }

    pub(crate) fn functions(&self) -> Vec<Function> {
        self.functions.clone()
    }

    pub(crate) fn call(&mut self, function: &Function, params: &[Val]) -> Option<Val> {
        let mut results: Vec<Val> = function.result.iter().map(|_| Val::Bool(false)).collect();
        function.function.call(&mut self.store, params, &mut results).unwrap();
        results.pop()
    }
}

/// The fixture's `bytes` makes as many as it is told: `Val` would need 40 bytes for each of 2^32.
fn takes_a_length(name: &str) -> bool {
    name == "bytes"
}

fn mentions_resources(ty: &ComponentFunc) -> bool {
    ty.params().map(|(_, ty)| ty).chain(ty.results()).any(|ty| holds_resource(&ty))
}

fn holds_resource(ty: &Type) -> bool {
    match ty {
        Type::Own(_) | Type::Borrow(_) => true,
        Type::List(list) => holds_resource(&list.ty()),
        Type::Record(record) => record.fields().any(|field| holds_resource(&field.ty)),
        Type::Tuple(tuple) => tuple.types().any(|ty| holds_resource(&ty)),
        Type::Variant(variant) => variant.cases().any(|case| case.ty.is_some_and(|ty| holds_resource(&ty))),
        Type::Option(option) => holds_resource(&option.ty()),
        Type::Result(result) => {
            [result.ok(), result.err()].into_iter().flatten().any(|ty| holds_resource(&ty))
        }
        _ => false,
    }
}
