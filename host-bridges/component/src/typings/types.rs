//! Types as TypeScript writes them: as an argument, where more is taken, and as an answer, where all is told.

use std::collections::{HashMap, HashSet};

use super::names::{Names, quoted};
use super::{Component, Origin};
use crate::plan::{
    Cases, Field, Function, Interface, Kind, ResourceId, Returns, Scalar, Type, TypeNameId, upper_camel,
};

/// A list of a fixed length is declared as a tuple up to this one.
const FIXED_SHOWN_MAX: u32 = 16;

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// From a script.
    Argument,
    /// To a script.
    Answer,
}

/// The types that an interface uses, by the names they have in its scope.
pub(super) struct Types<'a> {
    pub(super) component: &'a Component<'a>,
    pub(super) origin: Origin,
    /// Named types in the order of their first use.
    pub(super) named: Vec<Named<'a>>,
    by_id: HashMap<TypeNameId, usize>,
    /// The name of what is taken for a list of bytes, where the interface takes one.
    pub(super) bytes: Option<String>,
    /// The names of its classes.
    pub(super) classes: HashMap<ResourceId, String>,
}

/// A named type, and which of its two forms are used.
pub(super) struct Named<'a> {
    pub(super) id: TypeNameId,
    pub(super) ty: &'a Type,
    used: [bool; 2],
    /// Its name as an argument and as an answer; one name where both are the same.
    names: [String; 2],
}

impl Named<'_> {
    /// The name of one of its forms.
    pub(super) fn name(&self, side: Side) -> &str {
        &self.names[side as usize]
    }

    /// The forms that are declared: one, where only one is used or both are the same.
    pub(super) fn forms(&self) -> &'static [Side] {
        match self.used {
            [true, true] if differs(self.ty) => &[Side::Answer, Side::Argument],
            [true, false] => &[Side::Argument],
            _ => &[Side::Answer],
        }
    }
}

impl<'a> Types<'a> {
    /// Finds the types of an interface's functions, and names them.
    pub(super) fn of(
        component: &'a Component<'a>,
        origin: Origin,
        interface: &'a Interface,
        names: &mut Names,
    ) -> Self {
        let plan = component.plan;
        let class = |id: &ResourceId| (*id, names.claim(&plan.resources[*id].js_name));
        let classes = interface.resources.iter().map(class).collect();
        let (named, by_id) = (Vec::new(), HashMap::new());
        let mut types = Self { component, origin, named, by_id, bytes: None, classes };
        let mut bytes = false;
        for function in interface.all_functions(plan) {
            bytes |= types.uses(component.function(origin, function));
        }
        types.claim(names);
        types.bytes = bytes.then(|| names.claim("Bytes"));
        types
    }

    /// Notes the types of a function; true where it takes a list of bytes.
    fn uses(&mut self, function: &'a Function) -> bool {
        let mut bytes = false;
        for param in &function.params[function.role.receivers()..] {
            bytes |= self.visit(&param.ty, self.origin.params());
        }
        match &function.result {
            Returns::Nothing => {}
            Returns::Value(ty) => bytes |= self.visit(ty, self.origin.result()),
            Returns::OrThrows(ty) => bytes |= self.visit_parts(ty, self.origin.result()),
        }
        bytes
    }

    fn visit(&mut self, ty: &'a Type, side: Side) -> bool {
        let Some(id) = ty.name else { return self.visit_parts(ty, side) };
        let index = *self.by_id.entry(id).or_insert_with(|| {
            self.named.push(Named { id, ty, used: [false; 2], names: Default::default() });
            self.named.len() - 1
        });
        let seen = std::mem::replace(&mut self.named[index].used[side as usize], true);
        !seen && self.visit_parts(ty, side)
    }

    fn visit_parts(&mut self, ty: &'a Type, side: Side) -> bool {
        let bytes = side == Side::Argument && ty.typed_array() == Some(Scalar::U8);
        parts(ty).into_iter().fold(bytes, |bytes, part| self.visit(part, side) || bytes)
    }

    /// Names what was found: first everything as WIT has it, then the second forms.
    fn claim(&mut self, names: &mut Names) {
        let plan = self.component.plan;
        for named in &mut self.named {
            let name = names.claim(&upper_camel(&plan.type_names[named.id].name));
            named.names = [name.clone(), name];
        }
        for named in self.named.iter_mut().filter(|named| named.forms().len() > 1) {
            let like = format!("{}Like", upper_camel(&plan.type_names[named.id].name));
            named.names[Side::Argument as usize] = names.claim(&like);
        }
    }

    /// A type, by its name where it has one.
    pub(super) fn expression(&self, ty: &Type, side: Side) -> String {
        union(self.members(ty, side))
    }

    /// What a named type is.
    pub(super) fn definition(&self, ty: &Type, side: Side) -> String {
        union(self.structure(ty, side))
    }

    /// The members of a type as a union; one where it is none.
    pub(super) fn members(&self, ty: &Type, side: Side) -> Vec<String> {
        match ty.name.and_then(|id| self.by_id.get(&id)) {
            Some(index) => vec![self.named[*index].name(side).to_owned()],
            None => self.structure(ty, side),
        }
    }

    fn structure(&self, ty: &Type, side: Side) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match &ty.kind {
            Kind::Scalar(scalar) => one(scalar_type(*scalar)),
            Kind::String => one("string"),
            Kind::List(element) => self.list(ty, element, side),
            Kind::Fixed { element, length } => self.fixed(ty, element, *length, side),
            Kind::Map(entry) => vec![self.map(entry, side)],
            Kind::Tuple(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| self.expression(&field.ty, side)).collect();
                vec![format!("{}[{}]", readonly(side), fields.join(", "))]
            }
            Kind::Record(fields) => vec![inline(fields.iter().map(|field| self.field(field, side)))],
            Kind::Flags(names) => {
                let plan = self.component.plan;
                vec![inline(names.iter().map(|name| flag(plan.name(*name), side)))]
            }
            Kind::Enum(names) => names.iter().map(|name| quoted(self.component.plan.name(*name))).collect(),
            Kind::Variant(cases) | Kind::Result(cases) => {
                (0..cases.list.len()).map(|index| self.case(cases, index, side)).collect()
            }
            Kind::Option { cases, nested } => self.option(cases, *nested, side),
            Kind::Own(resource) | Kind::Borrow(resource) => vec![self.class(*resource)],
            Kind::Stream { element, .. } => {
                let array = typed_array(*element).map_or("Uint8Array", |(array, _)| array);
                vec![format!(
                    "ReadableStream<{array}{}>",
                    if side == Side::Answer { "<ArrayBuffer>" } else { "" }
                )]
            }
            Kind::Future { payload, .. } => self.future(payload.as_deref(), side),
        }
    }

    fn fixed(&self, ty: &Type, element: &Type, length: u32, side: Side) -> Vec<String> {
        if ty.typed_array().is_some() {
            return self.list(ty, element, side);
        }
        let element = self.expression(element, side);
        let elements = vec![element.clone(); length as usize].join(", ");
        match length <= FIXED_SHOWN_MAX {
            true => vec![format!("{}[{elements}]", readonly(side))],
            false if side == Side::Argument => vec![format!("ReadonlyArray<{element}>")],
            false => vec![format!("Array<{element}>")],
        }
    }

    fn map(&self, entry: &Type, side: Side) -> String {
        let parts: Vec<_> = parts(entry).into_iter().map(|part| self.expression(part, side)).collect();
        match side {
            Side::Argument => format!("ReadonlyMap<{}>", parts.join(", ")),
            Side::Answer => format!("Map<{}>", parts.join(", ")),
        }
    }

    /// A promise; as an argument, its value will do. The error case of a `result` is thrown, as a function's is.
    fn future(&self, value: Option<&Type>, side: Side) -> Vec<String> {
        let value = match value.map(|ty| (ty, &ty.kind)) {
            Some((_, Kind::Result(cases))) => payload(cases, 0),
            other => other.map(|(ty, _)| ty),
        };
        let value = value.map_or_else(|| "void".to_owned(), |ty| self.expression(ty, side));
        match side {
            Side::Argument => vec![format!("PromiseLike<{value}>"), value],
            Side::Answer => vec![format!("Promise<{value}>")],
        }
    }

    fn list(&self, ty: &Type, element: &Type, side: Side) -> Vec<String> {
        match (ty.typed_array().and_then(typed_array), side) {
            (Some((array, _)), Side::Answer) => return vec![format!("{array}<ArrayBuffer>")],
            (Some(("Uint8Array", _)), Side::Argument) => return self.bytes.iter().cloned().collect(),
            (Some((array, number)), Side::Argument) => {
                return vec![array.to_owned(), format!("readonly {number}[]")];
            }
            (None, _) => {}
        }
        let element = self.expression(element, side);
        let simple = !element.contains(' ');
        vec![match (side, simple) {
            (_, true) => format!("{}{element}[]", readonly(side)),
            (Side::Argument, false) => format!("ReadonlyArray<{element}>"),
            (Side::Answer, false) => format!("Array<{element}>"),
        }]
    }

    fn option(&self, cases: &Cases, nested: bool, side: Side) -> Vec<String> {
        let Some(value) = payload(cases, 1) else { return vec!["undefined".to_owned()] };
        let mut members = match (nested, side) {
            (false, _) => self.members(value, side),
            (true, Side::Answer) => vec![self.case(cases, 1, side)],
            (true, Side::Argument) => {
                let mut members = self.untagged(value);
                members.extend([self.case(cases, 1, side), self.case(cases, 0, side)]);
                members
            }
        };
        if side == Side::Argument {
            members.push("null".to_owned());
        }
        members.push("undefined".to_owned());
        members
    }

    /// What an option of an option takes without a tag. What has a `tag` itself would be taken for the option's.
    fn untagged(&self, value: &Type) -> Vec<String> {
        let plan = self.component.plan;
        match &value.kind {
            Kind::Option { cases, .. } => {
                payload(cases, 1).map_or_else(Vec::new, |value| self.untagged(value))
            }
            Kind::Variant(_) | Kind::Result(_) => Vec::new(),
            Kind::Record(fields) if fields.iter().any(|field| plan.name(field.name) == "tag") => Vec::new(),
            Kind::Flags(names) if names.iter().any(|name| plan.name(*name) == "tag") => Vec::new(),
            Kind::Own(id) | Kind::Borrow(id) if self.component.has_method(&plan.resources[*id], "tag") => {
                Vec::new()
            }
            _ => self.members(value, Side::Argument),
        }
    }

    /// A case of a variant.
    pub(super) fn case(&self, cases: &Cases, index: usize, side: Side) -> String {
        let case = &cases.list[index];
        let tag = quoted(self.component.plan.name(case.name));
        match &case.payload {
            None => format!("{{ tag: {tag} }}"),
            Some(value) => {
                let optional = if may_be_left_out(value, side) { "?" } else { "" };
                format!("{{ tag: {tag}; val{optional}: {} }}", self.expression(value, side))
            }
        }
    }

    /// A field of a record.
    pub(super) fn field(&self, field: &Field, side: Side) -> String {
        let optional = if may_be_left_out(&field.ty, side) { "?" } else { "" };
        format!("{}{optional}: {}", self.component.plan.name(field.name), self.expression(&field.ty, side))
    }

    fn class(&self, id: ResourceId) -> String {
        match self.classes.get(&id) {
            Some(name) => name.clone(),
            None => self.component.class_elsewhere(&self.component.plan.resources[id]),
        }
    }
}

/// The types that a type is made of.
fn parts(ty: &Type) -> Vec<&Type> {
    match &ty.kind {
        Kind::Map(entry) => parts(entry),
        Kind::Future { payload: Some(payload), .. } => vec![payload],
        _ => ty.inner(),
    }
}

/// Whether more is taken as an argument than is given as an answer.
fn differs(ty: &Type) -> bool {
    match ty.kind {
        Kind::List(_)
        | Kind::Fixed { .. }
        | Kind::Map(_)
        | Kind::Tuple(_)
        | Kind::Flags(_)
        | Kind::Option { .. }
        | Kind::Stream { .. }
        | Kind::Future { .. } => true,
        _ => parts(ty).into_iter().any(differs),
    }
}

fn may_be_left_out(ty: &Type, side: Side) -> bool {
    side == Side::Argument && matches!(ty.kind, Kind::Option { .. })
}

/// The payload of a case.
pub(super) fn payload(cases: &Cases, index: usize) -> Option<&Type> {
    cases.list.get(index).and_then(|case| case.payload.as_ref())
}

/// A flag as a property.
pub(super) fn flag(name: &str, side: Side) -> String {
    match side {
        Side::Argument => format!("{name}?: boolean | undefined"),
        Side::Answer => format!("{name}: boolean"),
    }
}

/// A union, each member once.
pub(super) fn union(mut members: Vec<String>) -> String {
    let mut seen = HashSet::new();
    members.retain(|member| seen.insert(member.clone()));
    if members.is_empty() { "never".to_owned() } else { members.join(" | ") }
}

fn inline(properties: impl Iterator<Item = String>) -> String {
    format!("{{ {} }}", properties.collect::<Vec<_>>().join("; "))
}

fn readonly(side: Side) -> &'static str {
    match side {
        Side::Argument => "readonly ",
        Side::Answer => "",
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

/// The typed array of a scalar, and the type of its elements.
fn typed_array(element: Scalar) -> Option<(&'static str, &'static str)> {
    let array = match element {
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
    };
    Some((array, scalar_type(element)))
}
