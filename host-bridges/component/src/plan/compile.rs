//! From WIT to a plan.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{
    FunctionKind, Handle, Int, InterfaceId, Resolve, SizeAlign, Type as Wit, TypeDefKind, TypeId, TypeOwner,
    WorldId, WorldItem, WorldKey,
};

use super::names::{lower_camel, upper_camel};
use super::{
    Case, Cases, FLAT_PARAMS_MAX, Field, Function, FunctionId, Interface, Kind, Layout, NameId, Param, Plan,
    Resource, ResourceId, Returns, Role, Scalar, Scalars, TransmitId, Type, TypeName, TypeNameId,
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

/// Most bytes of a list of a fixed length: its size is part of the type, and of every type that holds it.
const FIXED_BYTES_MAX: u64 = 16 << 20;

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
        self.finish()
    }

    /// What only shows when all is known.
    fn finish(mut self) -> Result<Plan, Refusal> {
        let plan = &mut self.plan;
        plan.asynchronous |= plan.imports.iter().any(|name| name.starts_with(WASI) && name.contains("@0.3."));
        if !plan.asynchronous {
            return Ok(self.plan);
        }
        if let Some(function) = plan.imported.first() {
            let what = "an import that JavaScript gives, in an asynchronous component".to_owned();
            return Err(Refusal::Unsupported { item: function.title.clone(), what });
        }
        // Their calls are made on other threads, so none is quick enough to be made by its core values alone.
        plan.functions.iter_mut().for_each(|function| function.scalars = None);
        Ok(self.plan)
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

    fn ty(&mut self, wit: &Wit) -> Result<Type, Refusal> {
        let scalar = match wit {
            Wit::Id(id) => {
                let ty = self.defined(*id, wit)?;
                return Ok(self.named(*id, ty));
            }
            Wit::String => return Ok(self.make(wit, 2, "string".to_owned(), Kind::String)),
            Wit::ErrorContext => {
                return Err(self.unsupported("an `error-context`, which the host cannot read"));
            }
            Wit::Bool => Scalar::Bool,
            Wit::U8 => Scalar::U8,
            Wit::U16 => Scalar::U16,
            Wit::U32 => Scalar::U32,
            Wit::U64 => Scalar::U64,
            Wit::S8 => Scalar::S8,
            Wit::S16 => Scalar::S16,
            Wit::S32 => Scalar::S32,
            Wit::S64 => Scalar::S64,
            Wit::F32 => Scalar::F32,
            Wit::F64 => Scalar::F64,
            Wit::Char => Scalar::Char,
        };
        Ok(self.make(wit, 1, scalar.wit().to_owned(), Kind::Scalar(scalar)))
    }

    fn make(&self, wit: &Wit, flat: usize, text: String, kind: Kind) -> Type {
        let layout =
            Layout { size: narrow(self.sizes.size(wit)), align: narrow_align(self.sizes.align(wit)) };
        Type { layout, flat, parts: parts(&kind), wit: text, name: None, kind }
    }

    fn defined(&mut self, id: TypeId, wit: &Wit) -> Result<Type, Refusal> {
        let resolve = self.resolve;
        let definition = &resolve.types[id];
        let name = definition.name.clone();
        let named = |text: String| name.clone().unwrap_or(text);
        Ok(match &definition.kind {
            TypeDefKind::Type(alias) => self.ty(alias)?,
            TypeDefKind::List(element) => {
                let element = self.ty(element)?;
                let text = format!("list<{}>", element.wit);
                self.make(wit, 2, named(text), Kind::List(Box::new(element)))
            }
            TypeDefKind::FixedLengthList(element, length) => {
                let (element, length) = (self.ty(element)?, *length);
                if u64::from(element.layout.size) * u64::from(length) > FIXED_BYTES_MAX {
                    return Err(self.unsupported("a list of a fixed length of more than 16 MiB"));
                }
                let text = format!("list<{}, {length}>", element.wit);
                let flat = element.flat.saturating_mul(length as usize);
                self.make(wit, flat, named(text), Kind::Fixed { element: Box::new(element), length })
            }
            TypeDefKind::Map(key, value) => {
                let (fields, flat) = self.fields(&[("0".to_owned(), *key), ("1".to_owned(), *value)])?;
                let text = format!("map<{}, {}>", fields[0].ty.wit, fields[1].ty.wit);
                let sizes = [*key, *value];
                let record = self.sizes.record(&sizes);
                let layout = Layout { size: narrow(record.size), align: narrow_align(record.align) };
                let kind = Kind::Tuple(fields);
                let parts = parts(&kind);
                let entry = Type { layout, flat, parts, wit: "entry".to_owned(), name: None, kind };
                self.make(wit, 2, named(text), Kind::Map(Box::new(entry)))
            }
            TypeDefKind::Stream(element) => {
                let element = element.as_ref().map(|ty| self.ty(ty)).transpose()?;
                let (element, text) = match element {
                    Some(Type { kind: Kind::Scalar(scalar), wit, .. })
                        if !matches!(scalar, Scalar::Bool | Scalar::Char) =>
                    {
                        (scalar, format!("stream<{wit}>"))
                    }
                    Some(ty) => {
                        return Err(
                            self.unsupported(&format!("`stream<{}>`, whose elements are no numbers", ty.wit))
                        );
                    }
                    None => return Err(self.unsupported("a `stream` without elements")),
                };
                let id = self.transmit();
                self.make(wit, 1, text, Kind::Stream { id, element })
            }
            TypeDefKind::Future(payload) => {
                let payload = payload.as_ref().map(|ty| self.ty(ty)).transpose()?;
                let text = match &payload {
                    Some(ty) => format!("future<{}>", ty.wit),
                    None => "future".to_owned(),
                };
                if payload.as_ref().is_some_and(|ty| ty.any(&is_bound)) {
                    return Err(self
                        .unsupported(&format!("`{text}`, whose value is a resource, a stream or a future")));
                }
                let id = self.transmit();
                self.make(wit, 1, text, Kind::Future { id, payload: payload.map(Arc::new) })
            }
            TypeDefKind::Record(record) => {
                let fields: Vec<_> = record.fields.iter().map(|f| (lower_camel(&f.name), f.ty)).collect();
                let (fields, flat) = self.fields(&fields)?;
                self.make(wit, flat, named("record".to_owned()), Kind::Record(fields))
            }
            TypeDefKind::Tuple(tuple) => {
                let fields: Vec<_> =
                    tuple.types.iter().enumerate().map(|(i, ty)| (i.to_string(), *ty)).collect();
                let (fields, flat) = self.fields(&fields)?;
                let text = fields.iter().map(|field| field.ty.wit.as_str()).collect::<Vec<_>>().join(", ");
                self.make(wit, flat, named(format!("tuple<{text}>")), Kind::Tuple(fields))
            }
            TypeDefKind::Flags(flags) => {
                if flags.flags.len() > 32 {
                    return Err(self.unsupported("`flags` of more than 32 names"));
                }
                let names: Vec<_> = flags.flags.iter().map(|flag| lower_camel(&flag.name)).collect();
                if let Some(twice) = (1..names.len()).find(|index| names[..*index].contains(&names[*index])) {
                    let what = format!("two flags that are `{}` in JavaScript", names[twice]);
                    return Err(self.unsupported(&what));
                }
                let names = names.iter().map(|name| self.name(name)).collect();
                self.make(wit, 1, named("flags".to_owned()), Kind::Flags(names))
            }
            TypeDefKind::Enum(cases) => {
                let names = cases.cases.iter().map(|case| self.name(&case.name)).collect();
                self.make(wit, 1, named("enum".to_owned()), Kind::Enum(names))
            }
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> = variant.cases.iter().map(|case| (case.name.as_str(), case.ty)).collect();
                let (cases, flat) = self.cases(variant.tag(), &cases)?;
                self.make(wit, flat, named("variant".to_owned()), Kind::Variant(cases))
            }
            TypeDefKind::Option(value) => {
                let (cases, flat) = self.cases(Int::U8, &[("none", None), ("some", Some(*value))])?;
                let value = cases.list[1].payload.as_ref();
                let nested = value.is_some_and(|ty| matches!(ty.kind, Kind::Option { .. }));
                let text = format!("option<{}>", value.map_or("", |ty| &ty.wit));
                self.make(wit, flat, named(text), Kind::Option { cases, nested })
            }
            TypeDefKind::Result(result) => {
                let (cases, flat) = self.cases(Int::U8, &[("ok", result.ok), ("err", result.err)])?;
                self.make(wit, flat, named("result".to_owned()), Kind::Result(cases))
            }
            TypeDefKind::Handle(Handle::Own(resource)) => {
                let (id, text) = self.handle(*resource)?;
                self.make(wit, 1, text, Kind::Own(id))
            }
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                let (id, text) = self.handle(*resource)?;
                self.make(wit, 1, text, Kind::Borrow(id))
            }
            other => return Err(self.unsupported(&format!("`{}`", other.as_str()))),
        })
    }

    /// Notes the name of a type's definition. A resource's is that of its class.
    fn named(&mut self, id: TypeId, mut ty: Type) -> Type {
        let definition = &self.resolve.types[id];
        let Some(name) = &definition.name else { return ty };
        if matches!(ty.kind, Kind::Own(_) | Kind::Borrow(_)) {
            return ty;
        }
        let next = self.plan.type_names.len();
        let id = *self.type_name_ids.entry(id).or_insert(next);
        if id == next {
            let interface = match definition.owner {
                TypeOwner::Interface(owner) => self.interface_names.get(&owner).cloned(),
                TypeOwner::World(_) | TypeOwner::None => None,
            };
            let interface = interface.unwrap_or_default();
            self.plan.type_names.push(TypeName { interface, name: name.clone(), alias_of: ty.name });
        }
        ty.name = Some(id);
        ty
    }

    fn fields(&mut self, fields: &[(String, Wit)]) -> Result<(Vec<Field>, usize), Refusal> {
        let mut names = HashSet::new();
        if let Some((name, _)) = fields.iter().find(|(name, _)| !names.insert(name)) {
            return Err(self.unsupported(&format!("two fields that are `{name}` in JavaScript")));
        }
        let types: Vec<_> = fields.iter().map(|(_, ty)| *ty).collect();
        let offsets: Vec<u32> =
            self.sizes.field_offsets(&types).iter().map(|(offset, _)| narrow(*offset)).collect();
        let mut list = Vec::with_capacity(fields.len());
        for ((name, ty), offset) in fields.iter().zip(offsets) {
            list.push(Field { name: self.name(name), offset, ty: self.ty(ty)? });
        }
        let flat = list.iter().map(|field| field.ty.flat).sum();
        Ok((list, flat))
    }

    fn cases(&mut self, tag: Int, cases: &[(&str, Option<Wit>)]) -> Result<(Cases, usize), Refusal> {
        let payload_offset = narrow(self.sizes.payload_offset(tag, cases.iter().map(|(_, ty)| ty.as_ref())));
        let mut list = Vec::with_capacity(cases.len());
        for (name, payload) in cases {
            let payload = payload.map(|ty| self.ty(&ty)).transpose()?;
            list.push(Case { name: self.name(name), payload });
        }
        let widest = list.iter().filter_map(|case| case.payload.as_ref()).map(|ty| ty.flat).max();
        let tag_size = match tag {
            Int::U8 => 1,
            Int::U16 => 2,
            Int::U32 | Int::U64 => 4,
        };
        Ok((Cases { list, tag_size, payload_offset }, 1 + widest.unwrap_or(0)))
    }

    fn handle(&self, resource: TypeId) -> Result<(ResourceId, String), Refusal> {
        let id = self.resource_id(resource)?;
        Ok((id, self.plan.resources[id].js_name.clone()))
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

/// A size of the 32-bit canonical ABI. A validated component has none above 2^32; a saturated one would fail its bounds check.
fn narrow(size: wit_parser::ArchitectureSize) -> u32 {
    u32::try_from(size.size_wasm32()).unwrap_or(u32::MAX)
}

fn narrow_align(align: wit_parser::Alignment) -> u32 {
    u32::try_from(align.align_wasm32()).unwrap_or(1)
}

/// True for what belongs to one instance.
fn is_bound(kind: &Kind) -> bool {
    matches!(kind, Kind::Own(_) | Kind::Borrow(_) | Kind::Stream { .. } | Kind::Future { .. })
}

/// How many values of JavaScript's one of this kind is made of at most.
fn parts(kind: &Kind) -> u32 {
    let inner = match kind {
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().map(|field| field.ty.parts).fold(0, u32::saturating_add)
        }
        Kind::Flags(names) => names.len() as u32,
        Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
            let payloads = cases.list.iter().filter_map(|case| case.payload.as_ref());
            payloads.map(|payload| payload.parts).max().unwrap_or_default().saturating_add(1)
        }
        // Lists count their elements when they are lifted.
        Kind::Scalar(_)
        | Kind::String
        | Kind::List(_)
        | Kind::Fixed { .. }
        | Kind::Map(_)
        | Kind::Enum(_)
        | Kind::Own(_)
        | Kind::Borrow(_)
        | Kind::Stream { .. }
        | Kind::Future { .. } => 0,
    };
    inner.saturating_add(1)
}
