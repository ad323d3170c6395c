//! From the component to JavaScript: core values and linear memory become values of the isolate's realm.
//!
//! Whatever the component answers is a claim: every pointer, length, discriminant, character and handle is checked
//! before it is used. What breaks the canonical ABI is a [`Fault`], and the instance is dead.

pub(crate) mod lists;

use innerbox_binding::value;

use crate::door::{Flat, Handles};
use crate::fault::{Fault, Problem};
use crate::handle::Entry;
use crate::instance::Instance;
use crate::object::wrap;
use crate::plan::{Cases, FLAT_PARAMS_MAX, Field, Function, Kind, NameId, Scalar, Type};
use crate::room::Room;
use crate::scalar;
use crate::text::Encoding;
use crate::text::Stored;
use crate::transfer;

/// Reads the answer of one call.
pub(crate) struct Lifter<'a> {
    pub(crate) memory: &'a [u8],
    pub(crate) handles: &'a mut dyn Handles,
    pub(crate) encoding: Encoding,
    pub(crate) instance: &'a Instance,
    pub(crate) generation: u32,
    /// Bytes of lists and strings that the answer may still have.
    pub(crate) room: Room,
}

type Scope<'a, 's, 'i> = &'a mut v8::PinScope<'s, 'i>;
type Lifted<'s> = Result<v8::Local<'s, v8::Value>, Problem>;

/// Core values in order.
struct Slots<'a> {
    flat: &'a [u64],
}

impl Slots<'_> {
    fn take(&mut self) -> u64 {
        match self.flat.split_first() {
            Some((first, rest)) => {
                self.flat = rest;
                *first
            }
            None => 0,
        }
    }

    /// Skips values until so many are left.
    fn skip_to(&mut self, left: usize) {
        self.flat = &self.flat[self.flat.len().saturating_sub(left)..];
    }
}

impl Lifter<'_> {
    /// Lifts a function's result: one core value is the value itself, more lie in memory where that value points.
    pub(crate) fn result<'s>(&mut self, scope: Scope<'_, 's, '_>, ty: &Type, flat: &Flat) -> Lifted<'s> {
        if ty.flat <= 1 {
            return self.flat(scope, ty, &mut Slots { flat: &flat[..1] });
        }
        let at = flat[0] as u32;
        self.claim(at, ty.layout.size, ty.layout.align)?;
        self.load(scope, ty, at)
    }

    /// Lifts the arguments of an import: flat, or from where the one core value points.
    pub(crate) fn params<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        function: &Function,
        flat: &[u64],
    ) -> Result<Vec<v8::Local<'s, v8::Value>>, Problem> {
        if function.flat_params <= FLAT_PARAMS_MAX {
            let mut slots = Slots { flat: &flat[..function.flat_params] };
            return function.params.iter().map(|param| self.flat(scope, &param.ty, &mut slots)).collect();
        }
        self.stored_params(scope, function, flat[0] as u32)
    }

    /// Lifts the arguments of an import that lie in memory.
    pub(crate) fn stored_params<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        function: &Function,
        at: u32,
    ) -> Result<Vec<v8::Local<'s, v8::Value>>, Problem> {
        self.claim(at, function.spill.size, function.spill.align)?;
        function.params.iter().map(|param| self.load(scope, &param.ty, at + param.offset)).collect()
    }

    /// Which case a `result` is, and where its payload lies; read before the payload is lifted.
    pub(crate) fn is_error(&self, ty: &Type, flat: &Flat) -> Result<bool, Box<Fault>> {
        if ty.flat <= 1 {
            return failed(ty, flat[0] as u32);
        }
        self.claim(flat[0] as u32, ty.layout.size, ty.layout.align)?;
        self.failed(ty, flat[0] as u32)
    }

    /// Which case a `result` is that lies in memory.
    pub(crate) fn failed(&self, ty: &Type, at: u32) -> Result<bool, Box<Fault>> {
        failed(ty, self.read(at, 1)? as u32)
    }

    /// The payload of a `result` that is a function's answer; `undefined` where the case has none.
    pub(crate) fn result_payload<'s>(
        &mut self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        flat: &Flat,
    ) -> Lifted<'s> {
        let Kind::Result(cases) = &ty.kind else { return Ok(value::undefined(scope)) };
        let index = usize::from(self.is_error(ty, flat)?);
        match &cases.list[index].payload {
            None => Ok(value::undefined(scope)),
            Some(payload) => self.load(scope, payload, flat[0] as u32 + cases.payload_offset),
        }
    }

    fn flat<'s>(&mut self, scope: Scope<'_, 's, '_>, ty: &Type, slots: &mut Slots<'_>) -> Lifted<'s> {
        match &ty.kind {
            Kind::Scalar(scalar) => self.scalar(scope, *scalar, slots.take()),
            Kind::Flags(names) => self.flags(scope, names, slots.take()),
            Kind::Enum(names) => self.case_name(scope, ty, names, slots.take() as u32),
            Kind::Record(fields) => {
                let object = v8::Object::new(scope);
                for field in fields {
                    let value = self.flat(scope, &field.ty, slots)?;
                    self.set(scope, object, field.name, value);
                }
                Ok(object.into())
            }
            Kind::Tuple(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                for field in fields {
                    values.push(self.flat(scope, &field.ty, slots)?);
                }
                Ok(v8::Array::new_with_elements(scope, &values).into())
            }
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                let after = slots.flat.len().saturating_sub(ty.flat);
                let index = slots.take() as u32;
                let case = cases.list.get(index as usize).ok_or_else(|| no_such_case(ty, index))?;
                let payload = match &case.payload {
                    Some(payload) => Some(self.flat(scope, payload, slots)?),
                    None => None,
                };
                // A case may have fewer values than the widest one.
                slots.skip_to(after);
                self.case(scope, ty, index, case.name, payload)
            }
            Kind::String => {
                let (at, length) = (slots.take() as u32, slots.take() as u32);
                self.string(scope, at, length)
            }
            Kind::List(element) => {
                let (at, count) = (slots.take() as u32, slots.take() as u32);
                self.list(scope, ty, element, at, count)
            }
            Kind::Map(entry) => {
                let (at, count) = (slots.take() as u32, slots.take() as u32);
                self.map(scope, entry, at, count)
            }
            Kind::Fixed { element, length } => self.flat_elements(scope, ty, element, *length, slots),
            Kind::Own(resource) => self.own(scope, *resource, slots.take() as u32),
            Kind::Borrow(resource) => self.borrowed(scope, *resource, slots.take() as u32),
            Kind::Stream { .. } | Kind::Future { .. } => self.end(scope, slots.take() as u32),
        }
    }

    /// Lifts a value that lies in memory.
    pub(crate) fn load<'s>(&mut self, scope: Scope<'_, 's, '_>, ty: &Type, at: u32) -> Lifted<'s> {
        match &ty.kind {
            Kind::Scalar(scalar) => {
                let bits = self.read(at, scalar::size(*scalar))?;
                self.scalar(scope, *scalar, bits)
            }
            Kind::Flags(names) => {
                let bits = self.read(at, ty.layout.size)?;
                self.flags(scope, names, bits)
            }
            Kind::Enum(names) => {
                let index = self.read(at, ty.layout.size)? as u32;
                self.case_name(scope, ty, names, index)
            }
            Kind::String => {
                let (at, length) = self.pair(at)?;
                self.string(scope, at, length)
            }
            Kind::List(element) => {
                let (at, count) = self.pair(at)?;
                self.list(scope, ty, element, at, count)
            }
            Kind::Map(entry) => {
                let (at, count) = self.pair(at)?;
                self.map(scope, entry, at, count)
            }
            Kind::Fixed { element, length } => match ty.typed_array() {
                Some(scalar) => self.typed_array(scope, scalar, at, ty.layout.size),
                None => self.elements(scope, element, at, *length),
            },
            Kind::Record(fields) => self.record(scope, fields, at),
            Kind::Tuple(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                for field in fields {
                    values.push(self.load(scope, &field.ty, at + field.offset)?);
                }
                Ok(v8::Array::new_with_elements(scope, &values).into())
            }
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                self.load_case(scope, ty, cases, at)
            }
            Kind::Own(resource) => {
                let handle = self.read(at, 4)? as u32;
                self.own(scope, *resource, handle)
            }
            Kind::Borrow(resource) => {
                let handle = self.read(at, 4)? as u32;
                self.borrowed(scope, *resource, handle)
            }
            Kind::Stream { .. } | Kind::Future { .. } => {
                let number = self.read(at, 4)? as u32;
                self.end(scope, number)
            }
        }
    }

    fn scalar<'s>(&self, scope: Scope<'_, 's, '_>, scalar: Scalar, bits: u64) -> Lifted<'s> {
        let value = scalar::from_bits(scalar, bits, scope);
        value.ok_or_else(|| Fault::abi(format!("{:#x} is no char", bits as u32)).into())
    }

    fn record<'s>(&mut self, scope: Scope<'_, 's, '_>, fields: &[Field], at: u32) -> Lifted<'s> {
        let object = v8::Object::new(scope);
        for field in fields {
            let value = self.load(scope, &field.ty, at + field.offset)?;
            self.set(scope, object, field.name, value);
        }
        Ok(object.into())
    }

    fn load_case<'s>(&mut self, scope: Scope<'_, 's, '_>, ty: &Type, cases: &Cases, at: u32) -> Lifted<'s> {
        let index = self.read(at, cases.tag_size)? as u32;
        let case = cases.list.get(index as usize).ok_or_else(|| no_such_case(ty, index))?;
        let payload = match &case.payload {
            Some(payload) => Some(self.load(scope, payload, at + cases.payload_offset)?),
            None => None,
        };
        self.case(scope, ty, index, case.name, payload)
    }

    /// A case in JavaScript: an option is its value or undefined; everything else is `{tag, val}`.
    fn case<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        index: u32,
        name: NameId,
        payload: Option<v8::Local<'s, v8::Value>>,
    ) -> Lifted<'s> {
        if let Kind::Option { nested, .. } = ty.kind
            && (!nested || index == 0)
        {
            return Ok(payload.unwrap_or_else(|| value::undefined(scope)));
        }
        let object = v8::Object::new(scope);
        let names = &self.instance.names;
        let tag = names.get(scope, name);
        object.create_data_property(scope, names.tag(scope).into(), tag.into());
        if let Some(payload) = payload {
            object.create_data_property(scope, names.val(scope).into(), payload);
        }
        Ok(object.into())
    }

    fn case_name<'s>(&self, scope: Scope<'_, 's, '_>, ty: &Type, names: &[NameId], index: u32) -> Lifted<'s> {
        let name = names.get(index as usize).ok_or_else(|| no_such_case(ty, index))?;
        Ok(self.instance.names.get(scope, *name).into())
    }

    fn flags<'s>(&self, scope: Scope<'_, 's, '_>, names: &[NameId], bits: u64) -> Lifted<'s> {
        let object = v8::Object::new(scope);
        for (bit, name) in names.iter().enumerate() {
            let value = v8::Boolean::new(scope, bits >> bit & 1 == 1);
            self.set(scope, object, *name, value.into());
        }
        Ok(object.into())
    }

    fn string<'s>(&mut self, scope: Scope<'_, 's, '_>, at: u32, length: u32) -> Lifted<'s> {
        let text = Stored::read(self.encoding, length)?;
        self.room.take(text.bytes)?;
        let bytes = self.bytes(at, text.bytes, text.align)?;
        Ok(text.value(scope, bytes)?.into())
    }

    /// The readable end of a stream or a future.
    fn end<'s>(&mut self, scope: Scope<'_, 's, '_>, number: u32) -> Lifted<'s> {
        let end = self.handles.end(number)?;
        transfer::to_script(scope, &self.instance.shared()?, self.generation, end)
    }

    /// An owned handle leaves the component's table and becomes an object of its class.
    fn own<'s>(&mut self, scope: Scope<'_, 's, '_>, resource: usize, handle: u32) -> Lifted<'s> {
        let rep = self.handles.take(resource, handle)?;
        if self.instance.plan.resources[resource].given {
            let object = self.instance.given.take(scope, rep);
            return Ok(object.ok_or_else(|| no_object(handle))?.into());
        }
        let entry = Entry { owner: self.instance.number, instance: self.generation, resource, rep };
        Ok(wrap(scope, self.instance, entry)?.into())
    }

    /// A handle that the component lends: only of what JavaScript gave, for its own it would have to know its class.
    fn borrowed<'s>(&mut self, scope: Scope<'_, 's, '_>, resource: usize, handle: u32) -> Lifted<'s> {
        let rep = self.handles.rep(resource, handle)?;
        Ok(self.instance.given.get(scope, rep).ok_or_else(|| no_object(handle))?.into())
    }

    fn set(
        &self,
        scope: Scope<'_, '_, '_>,
        object: v8::Local<v8::Object>,
        name: NameId,
        value: v8::Local<v8::Value>,
    ) {
        object.create_data_property(scope, self.instance.names.get(scope, name).into(), value);
    }

    /// Checks that the component may claim these bytes.
    #[inline]
    fn claim(&self, at: u32, size: u32, align: u32) -> Result<(), Box<Fault>> {
        if !at.is_multiple_of(align) {
            return Err(Fault::abi(format!("pointer {at:#x} is not aligned to {align}")));
        }
        self.bytes(at, size, 1).map(drop)
    }

    #[inline]
    fn bytes(&self, at: u32, size: u32, align: u32) -> Result<&[u8], Box<Fault>> {
        reach(self.memory, at, size, align)
    }

    #[inline]
    fn read(&self, at: u32, size: u32) -> Result<u64, Box<Fault>> {
        let mut bits = [0; 8];
        bits[..size as usize].copy_from_slice(self.bytes(at, size, 1)?);
        Ok(u64::from_le_bytes(bits))
    }

    #[inline]
    fn pair(&self, at: u32) -> Result<(u32, u32), Box<Fault>> {
        let bits = self.read(at, 8)?;
        Ok((bits as u32, (bits >> 32) as u32))
    }
}

fn failed(ty: &Type, discriminant: u32) -> Result<bool, Box<Fault>> {
    match discriminant {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(no_such_case(ty, other)),
    }
}

/// The bytes that a component points to.
#[inline]
pub(crate) fn reach(memory: &[u8], at: u32, size: u32, align: u32) -> Result<&[u8], Box<Fault>> {
    if size == 0 {
        return Ok(&[]);
    }
    if !at.is_multiple_of(align) {
        return Err(Fault::abi(format!("pointer {at:#x} is not aligned to {align}")));
    }
    let end = at as usize + size as usize;
    let outside = || Fault::abi(format!("{size} bytes at {at:#x} lie outside the memory"));
    memory.get(at as usize..end).ok_or_else(outside)
}

impl Type {
    /// The bytes of a list of so many elements of this type.
    pub(crate) fn list_size(&self, count: u32) -> Result<u32, Box<Fault>> {
        let size = u64::from(count) * u64::from(self.layout.size);
        u32::try_from(size).map_err(|_| Fault::abi(format!("a list of {count} elements of {}", self.wit)))
    }

    /// True where a value of this type points to bytes elsewhere, or is a handle.
    pub(crate) fn has_parts_elsewhere(&self) -> bool {
        self.any(&|kind| {
            matches!(
                kind,
                Kind::String
                    | Kind::List(_)
                    | Kind::Map(_)
                    | Kind::Own(_)
                    | Kind::Borrow(_)
                    | Kind::Stream { .. }
                    | Kind::Future { .. }
            )
        })
    }
}

fn no_object(handle: u32) -> Box<Fault> {
    Fault::abi(format!("handle {handle} stands for no object"))
}

pub(crate) fn no_such_case(ty: &Type, index: u32) -> Box<Fault> {
    Fault::abi(format!("{} has no case {index}", ty.wit))
}
