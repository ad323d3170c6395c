//! Whether the plan and wasmtime mean the same by a function: every type, every size, every offset.
//!
//! The plan comes from the WIT that a component carries, wasmtime's types from the component's own type section. They
//! describe the same bytes, and are compared here before the first call, for what the walkers write is not checked by
//! wasmtime again.

use std::sync::Arc;

use innerbox_bridge_component::plan::{
    Cases, Field, Function, Kind, Layout, Plan, ResourceId, Returns, Scalar, Type,
};
use wasmtime::component::__internal::{CanonicalAbiInfo, ComponentTypes, InterfaceType};
use wasmtime_environ::component::{TypeMap, TypeResourceTableIndex, VariantInfo};

use super::dynamic::Signature;

/// What of a function's types wasmtime has to be told again when values cross.
#[derive(Default)]
pub(crate) struct Tables {
    /// The tables of resources, by `ResourceId`.
    pub(crate) resources: Vec<Option<TypeResourceTableIndex>>,
    /// The types of streams and futures, by `TransmitId`.
    pub(crate) transmits: Vec<Option<InterfaceType>>,
    /// The types that futures come to, and what the plan says of them.
    pub(crate) futures: Vec<(InterfaceType, Arc<Type>)>,
}

/// Compares a function's plan with its signature.
///
/// # Errors
/// What differs, in words.
pub(crate) fn agree(plan: &Plan, function: &Function, signature: &Signature) -> Result<Tables, String> {
    let mut agreement = Agreement::new(plan, &signature.types);
    agreement.params(function, signature.params)?;
    agreement.result(&function.result, signature.result)?;
    Ok(agreement.into_tables())
}

/// The tables of what an import gives back, where it is seen from inside of a component: each part of a composed one has
/// its own.
///
/// # Errors
/// What differs, in words.
pub(crate) fn result_tables(
    plan: &Plan,
    function: &Function,
    types: &ComponentTypes,
    result: InterfaceType,
) -> Result<Tables, String> {
    let mut agreement = Agreement::new(plan, types);
    agreement.result(&function.result, result)?;
    Ok(agreement.into_tables())
}

/// The same of what an import is passed.
///
/// # Errors
/// What differs, in words.
pub(crate) fn param_tables(
    plan: &Plan,
    function: &Function,
    types: &ComponentTypes,
    params: InterfaceType,
) -> Result<Tables, String> {
    let mut agreement = Agreement::new(plan, types);
    agreement.params(function, params)?;
    Ok(agreement.into_tables())
}

struct Agreement<'a> {
    types: &'a ComponentTypes,
    tables: Vec<Option<TypeResourceTableIndex>>,
    transmits: Vec<Option<InterfaceType>>,
    futures: Vec<(InterfaceType, Arc<Type>)>,
}

type Agreed = Result<(), String>;

impl<'a> Agreement<'a> {
    fn new(plan: &Plan, types: &'a ComponentTypes) -> Self {
        let (tables, transmits) = (vec![None; plan.resources.len()], vec![None; plan.transmits]);
        Self { types, tables, transmits, futures: Vec::new() }
    }

    fn into_tables(self) -> Tables {
        let Self { tables, transmits, futures, .. } = self;
        Tables { resources: tables, transmits, futures }
    }

    fn params(&mut self, function: &Function, ty: InterfaceType) -> Agreed {
        let InterfaceType::Tuple(tuple) = ty else { return Err("its parameters are no list".to_owned()) };
        let tuple = &self.types[tuple];
        let count = function.params.len();
        expect(tuple.types.len() == count, || format!("it has {} parameters", tuple.types.len()))?;
        self.layout(&tuple.abi, function.spill, function.flat_params, "the parameters")?;
        let mut end = 0;
        for (param, ty) in function.params.iter().zip(&tuple.types) {
            let offset = self.types.canonical_abi(ty).next_field32(&mut end);
            expect(offset == param.offset, || format!("`{}` lies elsewhere", param.name))?;
            self.ty(&param.ty, *ty)?;
        }
        Ok(())
    }

    fn result(&mut self, result: &Returns, ty: InterfaceType) -> Agreed {
        let InterfaceType::Tuple(tuple) = ty else { return Err("its result is no list".to_owned()) };
        match (result, &*self.types[tuple].types) {
            (Returns::Nothing, []) => Ok(()),
            (Returns::Value(plan) | Returns::OrThrows(plan), [ty]) => self.ty(plan, *ty),
            (_, types) => Err(format!("it has {} results", types.len())),
        }
    }

    fn ty(&mut self, plan: &Type, ty: InterfaceType) -> Agreed {
        use InterfaceType as I;
        let types = self.types;
        self.layout(types.canonical_abi(&ty), plan.layout, plan.flat, &plan.wit)?;
        match (&plan.kind, ty) {
            (Kind::Scalar(scalar), ty) if is_scalar(*scalar, ty) => Ok(()),
            (Kind::String, I::String) => Ok(()),
            (Kind::List(element), I::List(list)) => self.ty(element, types[list].element),
            (Kind::Fixed { element, length }, I::FixedLengthList(list)) => {
                let list = &types[list];
                same_count(plan, *length as usize, list.size as usize)?;
                self.ty(element, list.element)
            }
            (Kind::Map(entry), I::Map(map)) => self.entry(plan, entry, &types[map]),
            (Kind::Stream { id, element }, I::Stream(stream)) => {
                self.transmits[*id] = Some(ty);
                let payload = types[types[stream].ty].payload;
                expect(payload.is_some_and(|ty| is_scalar(*element, ty)), || {
                    format!("{} is another", plan.wit)
                })
            }
            (Kind::Future { id, payload }, I::Future(future)) => {
                self.transmits[*id] = Some(ty);
                match (payload, types[types[future].ty].payload) {
                    (None, None) => Ok(()),
                    (Some(value), Some(ty)) => {
                        self.futures.push((ty, Arc::clone(value)));
                        self.ty(value, ty)
                    }
                    _ => Err(format!("{} has another value", plan.wit)),
                }
            }
            (Kind::Record(fields), I::Record(record)) => {
                let others = types[record].fields.iter().map(|field| field.ty);
                self.fields(plan, fields, others)
            }
            (Kind::Tuple(fields), I::Tuple(tuple)) => {
                self.fields(plan, fields, types[tuple].types.iter().copied())
            }
            (Kind::Flags(names), I::Flags(flags)) => same_count(plan, names.len(), types[flags].names.len()),
            (Kind::Enum(names), I::Enum(cases)) => same_count(plan, names.len(), types[cases].names.len()),
            (Kind::Variant(cases), I::Variant(variant)) => {
                let variant = &types[variant];
                self.cases(plan, cases, &variant.info, variant.cases.values().copied())
            }
            (Kind::Option { cases, .. }, I::Option(option)) => {
                let option = &types[option];
                self.cases(plan, cases, &option.info, [None, Some(option.ty)].into_iter())
            }
            (Kind::Result(cases), I::Result(result)) => {
                let result = &types[result];
                self.cases(plan, cases, &result.info, [result.ok, result.err].into_iter())
            }
            (Kind::Own(resource), I::Own(table)) | (Kind::Borrow(resource), I::Borrow(table)) => {
                self.table(plan, *resource, table)
            }
            _ => Err(format!("{} is another type", plan.wit)),
        }
    }

    fn layout(&self, abi: &CanonicalAbiInfo, layout: Layout, flat: usize, what: &str) -> Agreed {
        let same_size = (abi.size32, abi.align32) == (layout.size, layout.align);
        // wasmtime does not count past what can be passed flat.
        let same_flat = abi.flat_count.is_none_or(|count| usize::from(count) == flat);
        expect(same_size && same_flat, || format!("{what} has another layout"))
    }

    fn fields(
        &mut self,
        plan: &Type,
        fields: &[Field],
        others: impl ExactSizeIterator<Item = InterfaceType>,
    ) -> Agreed {
        same_count(plan, fields.len(), others.len())?;
        let mut end = 0;
        for (field, ty) in fields.iter().zip(others) {
            let offset = self.types.canonical_abi(&ty).next_field32(&mut end);
            expect(offset == field.offset, || format!("a field of {} lies elsewhere", plan.wit))?;
            self.ty(&field.ty, ty)?;
        }
        Ok(())
    }

    fn cases(
        &mut self,
        plan: &Type,
        cases: &Cases,
        info: &VariantInfo,
        others: impl ExactSizeIterator<Item = Option<InterfaceType>>,
    ) -> Agreed {
        same_count(plan, cases.list.len(), others.len())?;
        let same_place =
            (u32::from(info.size), info.payload_offset32) == (cases.tag_size, cases.payload_offset);
        expect(same_place, || format!("the payload of {} lies elsewhere", plan.wit))?;
        for (case, ty) in cases.list.iter().zip(others) {
            match (&case.payload, ty) {
                (None, None) => {}
                (Some(payload), Some(ty)) => self.ty(payload, ty)?,
                _ => return Err(format!("a case of {} has another payload", plan.wit)),
            }
        }
        Ok(())
    }

    fn entry(&mut self, plan: &Type, entry: &Type, map: &TypeMap) -> Agreed {
        let Kind::Tuple(fields) = &entry.kind else { return Err(format!("{} has no entries", plan.wit)) };
        self.layout(&map.entry_abi, entry.layout, entry.flat, &plan.wit)?;
        let [key, value] = &fields[..] else { return Err(format!("{} has other entries", plan.wit)) };
        expect(value.offset == map.value_offset32, || format!("a value of {} lies elsewhere", plan.wit))?;
        self.ty(&key.ty, map.key)?;
        self.ty(&value.ty, map.value)
    }

    fn table(&mut self, plan: &Type, resource: ResourceId, table: TypeResourceTableIndex) -> Agreed {
        let known = self.tables[resource].get_or_insert(table);
        expect(*known == table, || format!("{} stands for two resources", plan.wit))
    }
}

fn is_scalar(scalar: Scalar, ty: InterfaceType) -> bool {
    use InterfaceType as I;
    matches!(
        (scalar, ty),
        (Scalar::Bool, I::Bool)
            | (Scalar::S8, I::S8)
            | (Scalar::U8, I::U8)
            | (Scalar::S16, I::S16)
            | (Scalar::U16, I::U16)
            | (Scalar::S32, I::S32)
            | (Scalar::U32, I::U32)
            | (Scalar::S64, I::S64)
            | (Scalar::U64, I::U64)
            | (Scalar::F32, I::Float32)
            | (Scalar::F64, I::Float64)
            | (Scalar::Char, I::Char)
    )
}

fn same_count(plan: &Type, count: usize, other: usize) -> Agreed {
    expect(count == other, || format!("{} has {other} parts", plan.wit))
}

fn expect(holds: bool, else_: impl FnOnce() -> String) -> Agreed {
    if holds { Ok(()) } else { Err(else_()) }
}
