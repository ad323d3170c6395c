//! What the direct door uses of a component's main module, by place: to find an export by its name takes 2 µs.

use innerbox_bridge_component::plan::{CoreType, FunctionId, Plan};
use wasmtime::{Extern, Func, Instance, Memory, Module, ModuleExport, Store};

use super::given::Realloc;
use super::shape::Shape;
use super::state::State;

/// Where the exports lie in the main module.
pub(super) struct Exports {
    /// By `FunctionId`.
    functions: Vec<FunctionExport>,
    /// By `ResourceId`.
    destructors: Vec<Option<ModuleExport>>,
    realloc: Option<ModuleExport>,
    memory: Option<ModuleExport>,
    initialize: Option<ModuleExport>,
}

struct FunctionExport {
    function: ModuleExport,
    /// Core values of its parameters.
    params: usize,
    /// True where its result has 64 bits.
    is_wide: bool,
    post_return: Option<ModuleExport>,
}

impl Exports {
    /// # Errors
    /// Where the module lacks one.
    pub(super) fn new(module: &Module, shape: &Shape, plan: &Plan) -> wasmtime::Result<Self> {
        let find = |name: &str| {
            let missing = || wasmtime::Error::msg(format!("`{name}` is not exported"));
            module.get_export_index(name).ok_or_else(missing)
        };
        let maybe = |name: &Option<String>| name.as_deref().map(find).transpose();
        let functions = shape.functions.iter().zip(&plan.functions).map(|(core, function)| {
            let result = function.core_signature().results.first().copied();
            let is_wide = matches!(result, Some(CoreType::I64 | CoreType::F64));
            let (function, post_return) = (find(&core.name)?, maybe(&core.post_return)?);
            Ok(FunctionExport { function, params: core.params, is_wide, post_return })
        });
        Ok(Self {
            functions: functions.collect::<wasmtime::Result<_>>()?,
            destructors: shape.destructors.iter().map(maybe).collect::<wasmtime::Result<_>>()?,
            realloc: maybe(&shape.realloc)?,
            memory: maybe(&shape.memory)?,
            initialize: maybe(&shape.initialize)?,
        })
    }
}

/// The core functions behind one export of a component.
#[derive(Clone, Copy)]
pub(super) struct CoreFunction {
    pub(super) function: Func,
    /// Core values of its parameters.
    pub(super) params: usize,
    /// True where its result has 64 bits. The upper half of what a narrower one lies in is not written.
    pub(super) is_wide: bool,
    pub(super) post_return: Option<Func>,
}

/// The exports of one instance. Functions are taken when they are first called: of forty, a script calls two.
pub(super) struct Taken {
    instance: Instance,
    /// By `FunctionId`.
    functions: Vec<Option<CoreFunction>>,
}

impl Taken {
    pub(super) fn new(exports: &Exports, instance: Instance) -> Self {
        Self { instance, functions: vec![None; exports.functions.len()] }
    }

    /// A function that was called before.
    #[inline]
    pub(super) fn known(&self, function: FunctionId) -> Option<&CoreFunction> {
        self.functions[function].as_ref()
    }

    /// A function that is called for the first time.
    #[cold]
    pub(super) fn take(
        &mut self,
        exports: &Exports,
        store: &mut Store<State>,
        function: FunctionId,
    ) -> wasmtime::Result<CoreFunction> {
        let FunctionExport { function: place, params, is_wide, post_return } = &exports.functions[function];
        let core = CoreFunction {
            function: self.func(store, place)?,
            params: *params,
            is_wide: *is_wide,
            post_return: post_return.as_ref().map(|place| self.func(store, place)).transpose()?,
        };
        self.functions[function] = Some(core);
        Ok(core)
    }

    /// The destructors of its resources, by `ResourceId`.
    pub(super) fn destructors(
        &self,
        exports: &Exports,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Vec<Option<Func>>> {
        let take = |place: &Option<ModuleExport>| {
            place.as_ref().map(|place| self.func(&mut *store, place)).transpose()
        };
        exports.destructors.iter().map(take).collect()
    }

    pub(super) fn realloc(
        &self,
        exports: &Exports,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Option<Realloc>> {
        let Some(place) = &exports.realloc else { return Ok(None) };
        self.func(store, place)?.typed(store).map(Some)
    }

    pub(super) fn memory(&self, exports: &Exports, store: &mut Store<State>) -> Option<Memory> {
        self.instance.get_module_export(store, exports.memory.as_ref()?).and_then(Extern::into_memory)
    }

    pub(super) fn initialize(
        &self,
        exports: &Exports,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Option<Func>> {
        exports.initialize.as_ref().map(|place| self.func(store, place)).transpose()
    }

    fn func(&self, store: &mut Store<State>, place: &ModuleExport) -> wasmtime::Result<Func> {
        let found = self.instance.get_module_export(store, place).and_then(Extern::into_func);
        found.ok_or_else(|| wasmtime::Error::msg("an export of the main module is no function"))
    }
}
