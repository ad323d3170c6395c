//! What a component exports, as a JavaScript programmer writes it: TypeScript's notation, from the plan of the component.

use std::collections::BTreeMap;

use innerbox_bridge_component::plan::{
    Cases, Field, Function, FunctionId, Interface, Kind, Plan, Resource, Returns, Role, Scalar, Type,
    upper_camel,
};
use serde::Serialize;

/// The exports of a component.
#[derive(Debug, Serialize)]
pub(crate) struct Signatures {
    /// Its interfaces, in the order of its world.
    pub(crate) interfaces: Vec<InterfaceSignature>,
    /// The named types that they use, and what each one is.
    pub(crate) types: BTreeMap<String, String>,
}

/// An exported interface.
#[derive(Debug, Serialize)]
pub(crate) struct InterfaceSignature {
    /// Its full name; empty for the functions of the world itself.
    pub(crate) name: String,
    /// The property under which a module of the component has it.
    pub(crate) property: String,
    /// Its freestanding functions.
    pub(crate) functions: Vec<String>,
    /// Its resources.
    pub(crate) classes: Vec<ClassSignature>,
}

/// A resource as a class.
#[derive(Debug, Serialize)]
pub(crate) struct ClassSignature {
    /// The name of the class.
    pub(crate) name: String,
    /// The constructor, if there is one, then static functions and methods.
    pub(crate) members: Vec<String>,
}

/// Reads the signatures of all exports.
pub(crate) fn signatures(plan: &Plan) -> Signatures {
    let mut writer = Writer { plan, types: BTreeMap::new() };
    let interfaces = plan.interfaces.iter().map(|interface| writer.interface(interface)).collect();
    Signatures { interfaces, types: writer.types }
}

struct Writer<'a> {
    plan: &'a Plan,
    types: BTreeMap<String, String>,
}

impl Writer<'_> {
    fn interface(&mut self, interface: &Interface) -> InterfaceSignature {
        let plan = self.plan;
        InterfaceSignature {
            name: interface.name.clone(),
            property: interface.js_name.clone(),
            functions: interface.functions.iter().map(|id| self.function(*id)).collect(),
            classes: interface.resources.iter().map(|id| self.class(&plan.resources[*id])).collect(),
        }
    }

    fn class(&mut self, resource: &Resource) -> ClassSignature {
        let functions = resource.constructor.iter().chain(&resource.statics).chain(&resource.methods);
        let mut members: Vec<_> = functions.map(|id| self.function(*id)).collect();
        members.push("[Symbol.dispose](): void".to_owned());
        ClassSignature { name: resource.js_name.clone(), members }
    }

    fn function(&mut self, id: FunctionId) -> String {
        let plan = self.plan;
        let function = &plan.functions[id];
        let params = self.params(function);
        let (returns, throws) = self.returns(function);
        match function.role {
            Role::Free | Role::Method(_) => format!("{}({params}): {returns}{throws}", function.js_name),
            Role::Static(_) => format!("static {}({params}): {returns}{throws}", function.js_name),
            Role::Constructor(resource) => {
                format!("new {}({params}){throws}", plan.resources[resource].js_name)
            }
        }
    }

    /// The parameters; those that may be left out are marked, from the last one that may not.
    fn params(&mut self, function: &Function) -> String {
        let receiver = usize::from(matches!(function.role, Role::Method(_)));
        let params = &function.params[receiver..];
        let needed = params.iter().rposition(|param| !is_option(&param.ty)).map_or(0, |last| last + 1);
        let shown = params.iter().enumerate().map(|(index, param)| match option_value(&param.ty) {
            Some(value) if index >= needed => format!("{}?: {}", param.name, self.ty(value)),
            _ => format!("{}: {}", param.name, self.ty(&param.ty)),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    fn returns(&mut self, function: &Function) -> (String, String) {
        let (returns, throws) = self.value(function);
        match function.asynchronous {
            true => (format!("Promise<{returns}>"), throws),
            false => (returns, throws),
        }
    }

    fn value(&mut self, function: &Function) -> (String, String) {
        match &function.result {
            Returns::Nothing => ("void".to_owned(), String::new()),
            Returns::Value(ty) => (self.ty(ty), String::new()),
            Returns::OrThrows(ty) => {
                let Kind::Result(cases) = &ty.kind else { return (self.ty(ty), String::new()) };
                let [ok, error] =
                    [0, 1].map(|case: usize| cases.list.get(case).and_then(|case| case.payload.as_ref()));
                let returns = ok.map_or_else(|| "void".to_owned(), |ty| self.ty(ty));
                let throws = error.map_or_else(String::new, |ty| format!("<{}>", self.ty(ty)));
                (returns, format!(" throws ComponentError{throws}"))
            }
        }
    }

    fn ty(&mut self, ty: &Type) -> String {
        if let Some(array) = ty.typed_array().and_then(typed_array) {
            return array.to_owned();
        }
        match &ty.kind {
            Kind::Scalar(scalar) => scalar_type(*scalar).to_owned(),
            Kind::String => "string".to_owned(),
            Kind::List(element) | Kind::Fixed { element, .. } => format!("Array<{}>", self.ty(element)),
            Kind::Map(entry) => {
                let parts: Vec<_> = entry.inner().into_iter().map(|part| self.ty(part)).collect();
                format!("Map<{}>", parts.join(", "))
            }
            Kind::Stream { element, .. } => {
                format!("ReadableStream<{}>", typed_array(*element).unwrap_or("Uint8Array"))
            }
            Kind::Future { payload, .. } => {
                let value = payload.as_ref().map_or_else(|| "void".to_owned(), |ty| self.ty(ty));
                format!("Promise<{value}>")
            }
            Kind::Tuple(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| self.ty(&field.ty)).collect();
                format!("[{}]", fields.join(", "))
            }
            Kind::Option { cases, nested: false } => match payload(cases, 1) {
                Some(value) => format!("{} | undefined", self.ty(value)),
                None => "undefined".to_owned(),
            },
            Kind::Option { cases, nested: true } => format!("{} | undefined", self.case(cases, 1)),
            Kind::Result(cases) => self.cases(cases),
            Kind::Own(resource) | Kind::Borrow(resource) => self.plan.resources[*resource].js_name.clone(),
            Kind::Record(_) | Kind::Variant(_) | Kind::Enum(_) | Kind::Flags(_) => self.named(ty),
        }
    }

    /// A type that WIT makes its author name. What it is goes to the list of types, once.
    fn named(&mut self, ty: &Type) -> String {
        let name = upper_camel(&ty.wit);
        if !self.types.contains_key(&name) {
            // Entered before it is written: what it is made of is then listed once too.
            self.types.insert(name.clone(), String::new());
            let definition = self.definition(ty);
            self.types.insert(name.clone(), definition);
        }
        name
    }

    fn definition(&mut self, ty: &Type) -> String {
        let plan = self.plan;
        match &ty.kind {
            Kind::Record(fields) => self.record(fields),
            Kind::Variant(cases) => self.cases(cases),
            Kind::Enum(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("'{}'", plan.name(*name))).collect();
                names.join(" | ")
            }
            Kind::Flags(names) => {
                let names: Vec<_> =
                    names.iter().map(|name| format!("{}?: boolean", plan.name(*name))).collect();
                format!("{{ {} }}", names.join(", "))
            }
            _ => self.ty(ty),
        }
    }

    fn record(&mut self, fields: &[Field]) -> String {
        let fields = fields.iter().map(|field| {
            let name = self.plan.name(field.name);
            match option_value(&field.ty) {
                Some(value) => format!("{name}?: {}", self.ty(value)),
                None => format!("{name}: {}", self.ty(&field.ty)),
            }
        });
        format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
    }

    fn cases(&mut self, cases: &Cases) -> String {
        let cases: Vec<_> = (0..cases.list.len()).map(|index| self.case(cases, index)).collect();
        cases.join(" | ")
    }

    fn case(&mut self, cases: &Cases, index: usize) -> String {
        let tag = self.plan.name(cases.list[index].name);
        match payload(cases, index) {
            Some(value) => format!("{{ tag: '{tag}', val: {} }}", self.ty(value)),
            None => format!("{{ tag: '{tag}' }}"),
        }
    }
}

fn payload(cases: &Cases, index: usize) -> Option<&Type> {
    cases.list.get(index).and_then(|case| case.payload.as_ref())
}

fn is_option(ty: &Type) -> bool {
    matches!(ty.kind, Kind::Option { .. })
}

/// The type inside an option that is written as the value or nothing.
fn option_value(ty: &Type) -> Option<&Type> {
    match &ty.kind {
        Kind::Option { cases, nested: false } => payload(cases, 1),
        _ => None,
    }
}

fn scalar_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "boolean",
        Scalar::S64 | Scalar::U64 => "bigint",
        Scalar::Char => "string",
        Scalar::S8
        | Scalar::U8
        | Scalar::S16
        | Scalar::U16
        | Scalar::S32
        | Scalar::U32
        | Scalar::F32
        | Scalar::F64 => "number",
    }
}

fn typed_array(element: Scalar) -> Option<&'static str> {
    Some(match element {
        Scalar::U8 => "Uint8Array",
        Scalar::S8 => "Int8Array",
        Scalar::U16 => "Uint16Array",
        Scalar::S16 => "Int16Array",
        Scalar::U32 => "Uint32Array",
        Scalar::S32 => "Int32Array",
        Scalar::U64 => "BigUint64Array",
        Scalar::S64 => "BigInt64Array",
        Scalar::F32 => "Float32Array",
        Scalar::F64 => "Float64Array",
        Scalar::Bool | Scalar::Char => return None,
    })
}
