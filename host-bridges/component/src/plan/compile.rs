//! From WIT to a plan.

mod types;

use std::collections::{HashMap, HashSet};
use std::fmt;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{
    FunctionKind, InterfaceId, Resolve, SizeAlign, Type as Wit, TypeDefKind, TypeId, WorldId, WorldItem,
    WorldKey,
};

use types::{narrow, narrow_align};

use super::names::{lower_camel, upper_camel};
use super::{
    FLAT_PARAMS_MAX, Function, FunctionId, Interface, Kind, Layout, NameId, Param, Plan, Resource,
    ResourceId, Returns, Role, Scalars, TransmitId, Type, TypeNameId,
};

/// Why a component has no plan.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes are no component.
    NotAComponent(String),
    /// It uses a type or a kind of function that cannot cross yet.
    Unsupported {
        /// The function or import.
        item: String,
        /// What it uses.
        what: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAComponent(detail) => write!(f, "not a component: {detail}"),
            Self::Unsupported { item, what } => write!(f, "`{item}` uses {what}, which cannot cross"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Compiles the plan of a component, from the WIT inside its binary form.
///
/// # Errors
/// See [`Refusal`].
pub fn compile(component: &[u8]) -> Result<Plan, Refusal> {
    match decode(component).map_err(|error| Refusal::NotAComponent(format!("{error:#}")))? {
        DecodedWasm::Component(resolve, world) => Compiler::new(&resolve).world(world),
        DecodedWasm::WitPackage(..) => {
            Err(Refusal::NotAComponent("a WIT package, which has no code".to_owned()))
        }
    }
}

/// How the names of WASI's interfaces start.
const WASI: &str = "wasi:";

/// Where each name of JavaScript may stand once.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    /// Whether it is imported, and its full name.
    Interface(bool, String),
    Methods(ResourceId),
    Statics(ResourceId),
}

struct Compiler<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    plan: Plan,
    name_ids: HashMap<String, NameId>,
    resource_ids: HashMap<TypeId, ResourceId>,
    type_name_ids: HashMap<TypeId, TypeNameId>,
    interface_names: HashMap<InterfaceId, String>,
    taken: HashSet<(Place, String)>,
    /// The function being compiled, for refusals.
    item: String,
    /// True while what the component imports is compiled.
    importing: bool,
}

impl<'a> Compiler<'a> {
    fn new(resolve: &'a Resolve) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Self {
            resolve,
            sizes,
            plan: Plan::default(),
            name_ids: HashMap::new(),
            resource_ids: HashMap::new(),
            type_name_ids: HashMap::new(),
            interface_names: HashMap::new(),
            taken: HashSet::new(),
            item: String::new(),
            importing: false,
        }
    }

    fn world(mut self, world: WorldId) -> Result<Plan, Refusal> {
        let resolve = self.resolve;
        let world = &resolve.worlds[world];
        for (key, item) in world.imports.iter().chain(&world.exports) {
            if let WorldItem::Interface { id, .. } = item {
                self.interface_names.insert(*id, resolve.name_world_key(key));
            }
        }
        self.imports(world)?;
        let mut own = self.interface(String::new(), String::new());
        for (key, item) in &world.exports {
            match item {
                WorldItem::Interface { id, .. } => {
                    let interface = self.whole_interface(key, *id)?;
                    self.plan.interfaces.push(interface);
                }
                WorldItem::Function(function) => self.member(&mut own, function)?,
                WorldItem::Type { .. } => {}
            }
        }
        if !own.functions.is_empty() {
            self.plan.interfaces.push(own);
        }
        Ok(self.finish())
    }

    /// What only shows when all is known.
    fn finish(mut self) -> Plan {
        let plan = &mut self.plan;
        plan.asynchronous |= plan.imports.iter().any(|name| name.starts_with(WASI) && name.contains("@0.3."));
        if plan.asynchronous {
            // Their calls are made on other threads, so none is quick enough to be made by its core values alone.
            plan.functions.iter_mut().for_each(|function| function.scalars = None);
        }
        self.plan
    }

    /// What the component imports. WASI is the host's to give; an interface of types alone asks for nothing.
    fn imports(&mut self, world: &wit_parser::World) -> Result<(), Refusal> {
        self.importing = true;
        let mut own = self.interface(String::new(), String::new());
        for (key, item) in &world.imports {
            let name = self.resolve.name_world_key(key);
            match item {
                WorldItem::Type { .. } => continue,
                WorldItem::Interface { .. } if name.starts_with(WASI) => {}
                WorldItem::Interface { id, .. } => {
                    let interface = self.whole_interface(key, *id)?;
                    if !interface.functions.is_empty() || !interface.resources.is_empty() {
                        self.plan.given.push(interface);
                    }
                }
                WorldItem::Function(function) => self.member(&mut own, function)?,
            }
            self.plan.imports.push(name);
        }
        if !own.functions.is_empty() {
            self.plan.given.push(own);
        }
        self.importing = false;
        Ok(())
    }

    fn whole_interface(&mut self, key: &WorldKey, id: InterfaceId) -> Result<Interface, Refusal> {
        let resolve = self.resolve;
        let name = resolve.name_world_key(key);
        let short = resolve.interfaces[id].name.clone().unwrap_or_else(|| name.clone());
        let mut interface = self.interface(name, lower_camel(&short));
        for (name, id_of_type) in &resolve.interfaces[id].types {
            if matches!(resolve.types[*id_of_type].kind, TypeDefKind::Resource) {
                self.item.clone_from(name);
                self.distinct(Place::Interface(self.importing, interface.name.clone()), upper_camel(name))?;
                interface.resources.push(self.resource(name, &interface.name, *id_of_type));
            }
        }
        for function in resolve.interfaces[id].functions.values() {
            self.member(&mut interface, function)?;
        }
        Ok(interface)
    }

    fn interface(&self, name: String, js_name: String) -> Interface {
        Interface { name, js_name, functions: Vec::new(), resources: Vec::new() }
    }

    fn resource(&mut self, name: &str, interface: &str, id: TypeId) -> ResourceId {
        let index = self.plan.resources.len();
        self.plan.resources.push(Resource {
            given: self.importing,
            name: name.to_owned(),
            interface: interface.to_owned(),
            js_name: upper_camel(name),
            constructor: None,
            methods: Vec::new(),
            statics: Vec::new(),
        });
        self.resource_ids.insert(id, index);
        index
    }

    fn member(&mut self, interface: &mut Interface, function: &wit_parser::Function) -> Result<(), Refusal> {
        let role = self.role(function)?;
        let id = self.function(&interface.name, function, role)?;
        let name = lower_camel(function.item_name());
        let place = match role {
            Role::Free => Place::Interface(self.importing, interface.name.clone()),
            Role::Constructor(resource) => {
                self.plan.resources[resource].constructor = Some(id);
                return Ok(());
            }
            Role::Method(resource) => Place::Methods(resource),
            Role::Static(_) if name == "prototype" => {
                return Err(self.unsupported("a name that every class has for itself"));
            }
            Role::Static(resource) => Place::Statics(resource),
        };
        match role {
            Role::Method(resource) => self.plan.resources[resource].methods.push(id),
            Role::Static(resource) => self.plan.resources[resource].statics.push(id),
            _ => interface.functions.push(id),
        }
        self.distinct(place, name)
    }

    /// Refuses names that WIT tells apart and JavaScript does not: `a-1` and `a1`.
    fn distinct(&mut self, place: Place, name: String) -> Result<(), Refusal> {
        let message = format!("a name that is `{name}` in JavaScript, as another one is");
        if self.taken.insert((place, name)) { Ok(()) } else { Err(self.unsupported(&message)) }
    }

    fn role(&mut self, function: &wit_parser::Function) -> Result<Role, Refusal> {
        self.item.clone_from(&function.name);
        Ok(match function.kind {
            FunctionKind::Freestanding => Role::Free,
            FunctionKind::Constructor(id) => Role::Constructor(self.resource_id(id)?),
            FunctionKind::Method(id) => Role::Method(self.resource_id(id)?),
            FunctionKind::Static(id) => Role::Static(self.resource_id(id)?),
            FunctionKind::AsyncFreestanding => Role::Free,
            FunctionKind::AsyncMethod(id) => Role::Method(self.resource_id(id)?),
            FunctionKind::AsyncStatic(id) => Role::Static(self.resource_id(id)?),
        })
    }

    fn function(
        &mut self,
        interface: &str,
        function: &wit_parser::Function,
        role: Role,
    ) -> Result<FunctionId, Refusal> {
        let types: Vec<_> = function.params.iter().map(|param| param.ty).collect();
        let spill = self.sizes.params(&types);
        let offsets: Vec<u32> =
            self.sizes.field_offsets(&types).iter().map(|(offset, _)| narrow(*offset)).collect();
        let mut params = Vec::with_capacity(types.len());
        for (param, offset) in function.params.iter().zip(offsets) {
            params.push(Param { name: lower_camel(&param.name), offset, ty: self.ty(&param.ty)? });
        }
        let result = self.returns(function.result.as_ref())?;
        let flat_params = params.iter().map(|param| param.ty.flat).sum();
        let scalars = scalars(role, &params, &result);
        let asynchronous = function.kind.is_async();
        self.plan.asynchronous |= asynchronous;
        let member = function.item_name();
        let function = Function {
            interface: interface.to_owned(),
            name: function.name.clone(),
            js_name: lower_camel(member),
            title: self.title(role, member),
            params,
            result,
            role,
            asynchronous,
            flat_params,
            spill: Layout { size: narrow(spill.size), align: narrow_align(spill.align) },
            by_host: false,
            scalars,
        };
        let list = if self.importing { &mut self.plan.imported } else { &mut self.plan.functions };
        list.push(function);
        Ok(list.len() - 1)
    }

    fn title(&self, role: Role, member: &str) -> String {
        match role {
            Role::Free => lower_camel(member),
            Role::Constructor(resource) => format!("new {}", self.plan.resources[resource].js_name),
            Role::Method(resource) | Role::Static(resource) => {
                format!("{}.{}", self.plan.resources[resource].js_name, lower_camel(member))
            }
        }
    }

    fn returns(&mut self, result: Option<&Wit>) -> Result<Returns, Refusal> {
        let Some(result) = result else { return Ok(Returns::Nothing) };
        let ty = self.ty(result)?;
        Ok(if matches!(ty.kind, Kind::Result(_)) { Returns::OrThrows(ty) } else { Returns::Value(ty) })
    }

    fn resource_id(&self, id: TypeId) -> Result<ResourceId, Refusal> {
        let mut definition = id;
        while let TypeDefKind::Type(Wit::Id(next)) = self.resolve.types[definition].kind {
            definition = next;
        }
        let found = self.resource_ids.get(&definition).copied();
        found.ok_or_else(|| self.unsupported("a resource of WASI"))
    }

    /// Another mention of a stream or a future.
    fn transmit(&mut self) -> TransmitId {
        self.plan.asynchronous = true;
        self.plan.transmits += 1;
        self.plan.transmits - 1
    }

    fn name(&mut self, name: &str) -> NameId {
        if let Some(id) = self.name_ids.get(name) {
            return *id;
        }
        let id = self.plan.names.len();
        self.plan.names.push(name.to_owned());
        self.name_ids.insert(name.to_owned(), id);
        id
    }

    fn unsupported(&self, what: &str) -> Refusal {
        Refusal::Unsupported { item: self.item.clone(), what: what.to_owned() }
    }
}

/// The signature of a function whose parameters fit flat and, like its result, are scalars.
fn scalars(role: Role, params: &[Param], result: &Returns) -> Option<Scalars> {
    let scalar = |ty: &Type| match ty.kind {
        Kind::Scalar(scalar) => Some(scalar),
        _ => None,
    };
    let result = match result {
        Returns::Nothing => None,
        Returns::Value(ty) => Some(scalar(ty)?),
        Returns::OrThrows(_) => return None,
    };
    let params = params.get(role.receivers()..)?.iter().map(|param| scalar(&param.ty));
    let params = params.collect::<Option<Vec<_>>>()?;
    (params.len() + role.receivers() <= FLAT_PARAMS_MAX).then_some(Scalars { params, result })
}
