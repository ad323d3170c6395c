//! The resources among the arguments of an import.
//!
//! wasmtime lifts an import's arguments before it says which import is called, so it is not known yet what to make of them.
//! Their handles, though, can only be read then: here they are found by the types alone, and their representations kept in
//! the order in which the bridge's walker will come to them.

use std::collections::VecDeque;

use innerbox_bridge_component::plan::ResourceId;
use innerbox_bridge_component::{Fault, Handles};
use wasmtime::component::__internal::{ComponentTypes, InterfaceType, LiftContext};
use wasmtime::{Result, ValRaw};
use wasmtime_environ::component::{TypeMap, VariantInfo};

/// Representations in the order of their handles.
#[derive(Default)]
pub(crate) struct Arriving(VecDeque<(u32, u32)>);

impl Arriving {
    fn next(&mut self, handle: u32) -> Result<u32, Box<Fault>> {
        match self.0.pop_front() {
            Some((known, rep)) if known == handle => Ok(rep),
            _ => Err(Fault::abi("host fault: resources arrive out of step with the plan")),
        }
    }
}

impl Handles for Arriving {
    fn give(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is given while an import's arguments come out"))
    }

    fn take(&mut self, _: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        self.next(handle)
    }

    fn lend(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is lent while an import's arguments come out"))
    }

    fn rep(&mut self, _: ResourceId, handle: u32) -> Result<u32, Box<Fault>> {
        self.next(handle)
    }
}

/// Where the arguments are.
pub(super) enum Place<'a> {
    /// They are core values.
    Flat(&'a [ValRaw]),
    /// They lie in memory from here on.
    Memory(usize),
}

/// Finds the resources among arguments; `params` is a tuple of all of them.
///
/// # Errors
/// Where the component names a handle that it does not have, or points outside of its memory.
pub(super) fn find(cx: &mut LiftContext<'_>, params: InterfaceType, place: Place<'_>) -> Result<Arriving> {
    let types = std::sync::Arc::clone(cx.types);
    if !holds_resource(&types, params) {
        return Ok(Arriving::default());
    }
    let mut finder = Finder { cx, types: &types, found: Arriving::default() };
    match place {
        Place::Flat(mut values) => finder.flat(params, &mut values)?,
        Place::Memory(at) => finder.memory(params, at)?,
    }
    Ok(finder.found)
}

struct Finder<'a, 'c> {
    cx: &'a mut LiftContext<'c>,
    types: &'a ComponentTypes,
    found: Arriving,
}

impl Finder<'_, '_> {
    fn flat(&mut self, ty: InterfaceType, values: &mut &[ValRaw]) -> Result<()> {
        let count = self.types.canonical_abi(&ty).flat_count(usize::MAX).unwrap_or(values.len());
        let (mut own, rest) = values.split_at(count.min(values.len()));
        *values = rest;
        if !holds_resource(self.types, ty) {
            return Ok(());
        }
        let take = |own: &mut &[ValRaw]| match own.split_first() {
            Some((first, rest)) => {
                *own = rest;
                first.get_u32()
            }
            None => 0,
        };
        match Shape::of(self.types, ty) {
            Shape::Handle => {
                let handle = take(&mut own);
                self.handle(ty, handle)
            }
            Shape::Fields(fields) => fields.into_iter().try_for_each(|field| self.flat(field, &mut own)),
            Shape::Cases(cases, _) => match cases.get(take(&mut own) as usize) {
                Some(Some(payload)) => self.flat(*payload, &mut own),
                _ => Ok(()),
            },
            Shape::List(element) => {
                let (at, length) = (take(&mut own), take(&mut own));
                self.list(element, at, length)
            }
            Shape::Repeated(element, count) => (0..count).try_for_each(|_| self.flat(element, &mut own)),
            Shape::Map(map) => {
                let (at, length) = (take(&mut own), take(&mut own));
                self.values(map, at, length)
            }
            Shape::Other => Ok(()),
        }
    }

    fn memory(&mut self, ty: InterfaceType, at: usize) -> Result<()> {
        if !holds_resource(self.types, ty) {
            return Ok(());
        }
        match Shape::of(self.types, ty) {
            Shape::Handle => {
                let handle = self.read(at, 4)?;
                self.handle(ty, handle)
            }
            Shape::Fields(fields) => {
                let mut end = at;
                for field in fields {
                    let at = self.types.canonical_abi(&field).next_field32_size(&mut end);
                    self.memory(field, at)?;
                }
                Ok(())
            }
            Shape::Cases(cases, info) => {
                let case = self.read(at, u32::from(info.size) as usize)?;
                match cases.get(case as usize) {
                    Some(Some(payload)) => self.memory(*payload, at + info.payload_offset32 as usize),
                    _ => Ok(()),
                }
            }
            Shape::List(element) => {
                let (pointer, length) = (self.read(at, 4)?, self.read(at + 4, 4)?);
                self.list(element, pointer, length)
            }
            Shape::Repeated(element, count) => self.list(element, at as u32, count),
            Shape::Map(map) => {
                let (pointer, length) = (self.read(at, 4)?, self.read(at + 4, 4)?);
                self.values(map, pointer, length)
            }
            Shape::Other => Ok(()),
        }
    }

    fn values(&mut self, map: &TypeMap, at: u32, length: u32) -> Result<()> {
        for index in 0..length as usize {
            let entry = at as usize + index * map.entry_abi.size32 as usize;
            self.memory(map.value, entry + map.value_offset32 as usize)?;
        }
        Ok(())
    }

    fn list(&mut self, element: InterfaceType, at: u32, length: u32) -> Result<()> {
        let size = self.types.canonical_abi(&element).size32 as usize;
        for index in 0..length as usize {
            self.memory(element, at as usize + index * size)?;
        }
        Ok(())
    }

    fn handle(&mut self, ty: InterfaceType, handle: u32) -> Result<()> {
        let rep = match ty {
            InterfaceType::Own(table) => self.cx.guest_resource_lift_own(table, handle)?.0,
            InterfaceType::Borrow(table) => self.cx.guest_resource_lift_borrow(table, handle)?,
            _ => return Ok(()),
        };
        self.found.0.push_back((handle, rep));
        Ok(())
    }

    fn read(&self, at: usize, size: usize) -> Result<u32> {
        let bytes = self.cx.memory().get(at..at + size);
        let bytes = bytes.ok_or_else(|| wasmtime::Error::msg(format!("{at:#x} lies outside the memory")))?;
        let mut word = [0; 4];
        word[..size].copy_from_slice(bytes);
        Ok(u32::from_le_bytes(word))
    }
}

/// What a type that may hold a resource is made of.
enum Shape<'a> {
    Handle,
    Fields(Vec<InterfaceType>),
    Cases(Vec<Option<InterfaceType>>, &'a VariantInfo),
    List(InterfaceType),
    /// So many of them, one after the other.
    Repeated(InterfaceType, u32),
    Map(&'a TypeMap),
    Other,
}

impl<'a> Shape<'a> {
    fn of(types: &'a ComponentTypes, ty: InterfaceType) -> Self {
        use InterfaceType as I;
        match ty {
            I::Own(_) | I::Borrow(_) => Self::Handle,
            I::Record(record) => Self::Fields(types[record].fields.iter().map(|field| field.ty).collect()),
            I::Tuple(tuple) => Self::Fields(types[tuple].types.to_vec()),
            I::Variant(variant) => {
                Self::Cases(types[variant].cases.values().copied().collect(), &types[variant].info)
            }
            I::Option(option) => Self::Cases(vec![None, Some(types[option].ty)], &types[option].info),
            I::Result(result) => Self::Cases(vec![types[result].ok, types[result].err], &types[result].info),
            I::List(list) => Self::List(types[list].element),
            I::FixedLengthList(list) => Self::Repeated(types[list].element, types[list].size),
            I::Map(map) => Self::Map(&types[map]),
            _ => Self::Other,
        }
    }
}

fn holds_resource(types: &ComponentTypes, ty: InterfaceType) -> bool {
    match Shape::of(types, ty) {
        Shape::Handle => true,
        Shape::Fields(fields) => fields.into_iter().any(|field| holds_resource(types, field)),
        Shape::Cases(cases, _) => cases.into_iter().flatten().any(|payload| holds_resource(types, payload)),
        Shape::List(element) | Shape::Repeated(element, _) => holds_resource(types, element),
        // A key is never one.
        Shape::Map(map) => holds_resource(types, map.value),
        Shape::Other => false,
    }
}
