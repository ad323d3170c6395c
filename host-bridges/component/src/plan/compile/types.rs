//! From WIT types to the plan's: layout, flat values, and what messages call them.

use std::collections::HashSet;
use std::sync::Arc;

use wit_parser::{Handle, Int, Type as Wit, TypeDefKind, TypeId, TypeOwner};

use super::{Compiler, Refusal, lower_camel};
use crate::plan::{Case, Cases, Field, Kind, Layout, ResourceId, Scalar, Type, TypeName};

/// Most bytes of a list of a fixed length: its size is part of the type, and of every type that holds it.
const FIXED_BYTES_MAX: u64 = 16 << 20;

impl Compiler<'_> {
    pub(super) fn ty(&mut self, wit: &Wit) -> Result<Type, Refusal> {
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

    pub(super) fn handle(&self, resource: TypeId) -> Result<(ResourceId, String), Refusal> {
        let id = self.resource_id(resource)?;
        Ok((id, self.plan.resources[id].js_name.clone()))
    }
}

/// A size of the 32-bit canonical ABI. A validated component has none above 2^32; a saturated one would fail its bounds check.
pub(super) fn narrow(size: wit_parser::ArchitectureSize) -> u32 {
    u32::try_from(size.size_wasm32()).unwrap_or(u32::MAX)
}

pub(super) fn narrow_align(align: wit_parser::Alignment) -> u32 {
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
