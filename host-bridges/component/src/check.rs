//! From JavaScript arguments to a tape: every value checked against the plan, nothing of the component run yet.
//!
//! This may run the tenant's own code (getters, Proxy traps). The tape then holds what was seen, in the order in which
//! lowering wants it, so that nothing is read twice and nothing of the tenant's runs once the component is entered.

pub(crate) mod lists;

use std::sync::Arc;

use innerbox_binding::value::kind;
use innerbox_binding::{Failure, OrPending};
use smallvec::SmallVec;

use crate::fault::Fault;
use crate::handle::{Gone, Key};
use crate::instance::Instance;
use crate::path::Path;
use crate::plan::{Cases, Field, Kind, NameId, Param, ResourceId, Scalar, Type};
use crate::room::over;
use crate::scalar::to_bits;
use crate::transfer::{self, End};
use lists::is_detached;

/// Most values that one call may carry, so that a sparse array of 2^32 elements costs an error and no memory.
pub(crate) const TAPE_ITEMS_MAX: usize = 1 << 24;

/// One checked value, or the part of one that stands before its own parts.
pub(crate) enum Item<'s> {
    /// A scalar, a discriminant, flags, or a resource's representation.
    Bits(u64),
    /// A string, and its length in bytes of UTF-8.
    Text(v8::Local<'s, v8::String>, usize),
    /// The same, copied.
    Copied(String),
    /// The bytes of a list whose elements are in a typed array.
    View(v8::Local<'s, v8::ArrayBufferView>),
    /// The same bytes, copied.
    Bytes(Vec<u8>),
    /// The number of a list's elements, which follow.
    Count(u32),
    /// An object of a class that JavaScript gave.
    Given(v8::Local<'s, v8::Object>),
    /// A stream, or whatever a future comes from.
    Source(v8::Local<'s, v8::Value>, Flow),
    /// The readable end of either.
    End(End),
}

/// What flows from a [`Item::Source`].
#[derive(Clone)]
pub(crate) enum Flow {
    Stream(Scalar),
    Future(Option<Arc<Type>>),
}

/// The checked arguments of one call.
#[derive(Default)]
pub(crate) struct Tape<'s> {
    pub(crate) items: SmallVec<[Item<'s>; 16]>,
    /// Bytes that lists and strings will take in the component's memory.
    bytes: u64,
    /// Handles that the call takes for good.
    pub(crate) taken: SmallVec<[Key; 2]>,
    /// Handles that the call borrows.
    pub(crate) lent: SmallVec<[Key; 2]>,
}

impl<'s> Tape<'s> {
    /// One that was filled before, on another thread.
    pub(crate) fn of(items: impl Iterator<Item = Item<'s>>, bytes: u64) -> Self {
        Self { items: items.collect(), bytes, ..Self::default() }
    }

    /// Bytes that lists and strings will take.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Checks that lists and strings take no more than `allowed` bytes.
    ///
    /// # Errors
    /// The fault where they do.
    pub(crate) fn fits(&self, allowed: usize) -> Result<(), Box<Fault>> {
        match self.bytes > allowed as u64 {
            false => Ok(()),
            true => Err(over(self.bytes, allowed as u64)),
        }
    }
}

/// Checks arguments; holds what it needs to know besides the values.
pub(crate) struct Checker<'a> {
    pub(crate) instance: &'a Instance,
    /// The generation of its instance, 0 where none is live.
    pub(crate) generation: u32,
}

type Scope<'a, 's, 'i> = &'a v8::PinScope<'s, 'i>;
type Value<'s> = v8::Local<'s, v8::Value>;

impl Checker<'_> {
    pub(crate) fn param<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        param: &Param,
        value: Value<'s>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        self.value(scope, &param.ty, value, &Path::Param(&param.name), tape)
    }

    /// Checks what the function called `title`, which JavaScript gave, returned.
    pub(crate) fn result<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        title: &str,
        ty: &Type,
        value: Value<'s>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        self.value(scope, ty, value, &Path::Result(title), tape)
    }

    /// Checks the payload of the case that such a function came to.
    pub(crate) fn case<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        title: &str,
        cases: &Cases,
        index: usize,
        value: Value<'s>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        tape.items.push(Item::Bits(index as u64));
        self.payload(scope, cases, index, value, &Path::Result(title), tape)
    }

    fn value<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        if tape.items.len() >= TAPE_ITEMS_MAX {
            return Err(Failure::range_error(format!(
                "`{path}`: more than {TAPE_ITEMS_MAX} values in one call"
            )));
        }
        match &ty.kind {
            Kind::Scalar(scalar) => match to_bits(*scalar, value, scope) {
                Some(bits) => tape.items.push(Item::Bits(bits)),
                None => return Err(mismatch(scope, path, ty, value)),
            },
            Kind::String => match v8::Local::<v8::String>::try_from(value) {
                Ok(string) => {
                    let length = string.utf8_length(scope);
                    tape.bytes += length as u64;
                    tape.items.push(Item::Text(string, length));
                }
                Err(_) => return Err(mismatch(scope, path, ty, value)),
            },
            Kind::List(element) => self.list(scope, ty, element, value, path, tape)?,
            Kind::Fixed { element, length } => {
                self.fixed(scope, ty, (element, *length), value, path, tape)?
            }
            Kind::Map(entry) => self.map(scope, ty, entry, value, path, tape)?,
            Kind::Record(fields) => self.record(scope, ty, fields, value, path, tape)?,
            Kind::Tuple(fields) => self.tuple(scope, ty, fields, value, path, tape)?,
            Kind::Flags(names) => self.flags(scope, ty, names, value, path, tape)?,
            Kind::Enum(names) => match self.position(scope, names.iter().copied(), value) {
                Some(index) => tape.items.push(Item::Bits(index)),
                None => return Err(self.no_such_case(scope, path, ty, names.iter().copied(), value)),
            },
            Kind::Variant(cases) | Kind::Result(cases) => {
                self.variant(scope, ty, cases, value, path, tape)?
            }
            Kind::Option { cases, nested } => {
                if value.is_null_or_undefined() {
                    tape.items.push(Item::Bits(0));
                } else if *nested && self.is_tagged(scope, value)? {
                    self.variant(scope, ty, cases, value, path, tape)?;
                } else {
                    tape.items.push(Item::Bits(1));
                    self.payload(scope, cases, 1, value, path, tape)?;
                }
            }
            Kind::Own(resource) | Kind::Borrow(resource) if self.instance.plan.resources[*resource].given => {
                let object = self.given_object(scope, *resource, ty, value, path)?;
                tape.items.push(Item::Given(object));
            }
            Kind::Own(resource) => {
                let key = self.handle(scope, *resource, ty, value, path, tape)?;
                tape.taken.push(key);
            }
            Kind::Borrow(resource) => {
                let key = self.handle(scope, *resource, ty, value, path, tape)?;
                tape.lent.push(key);
            }
            Kind::Stream { element, .. } => {
                if !transfer::is_free_stream(scope, value, path)? {
                    return Err(mismatch(scope, path, ty, value));
                }
                tape.items.push(Item::Source(value, Flow::Stream(*element)));
            }
            Kind::Future { payload, .. } => {
                tape.items.push(Item::Source(value, Flow::Future(payload.clone())));
            }
        }
        Ok(())
    }

    fn record<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        fields: &[Field],
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let object = object(value).ok_or_else(|| mismatch(scope, path, ty, value))?;
        for field in fields {
            let value = object.get(scope, self.instance.names.get(scope, field.name).into()).or_pending()?;
            self.value(
                scope,
                &field.ty,
                value,
                &Path::Field(path, self.instance.plan.name(field.name)),
                tape,
            )?;
        }
        Ok(())
    }

    fn tuple<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        fields: &[Field],
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let array = v8::Local::<v8::Array>::try_from(value).map_err(|_| mismatch(scope, path, ty, value))?;
        if array.length() as usize != fields.len() {
            let (expected, got) = (&ty.wit, array.length());
            return Err(Failure::type_error(format!("`{path}`: expected {expected}, got array of {got}")));
        }
        for (index, field) in (0..).zip(fields) {
            let value = array.get_index(scope, index).or_pending()?;
            self.value(scope, &field.ty, value, &Path::Index(path, index), tape)?;
        }
        Ok(())
    }

    fn flags<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        names: &[NameId],
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let object = object(value).ok_or_else(|| mismatch(scope, path, ty, value))?;
        let mut bits = 0_u64;
        for (bit, name) in names.iter().enumerate() {
            let value = object.get(scope, self.instance.names.get(scope, *name).into()).or_pending()?;
            if value.is_true() {
                bits |= 1 << bit;
            } else if !value.is_false() && !value.is_undefined() {
                let path = Path::Field(path, self.instance.plan.name(*name));
                return Err(Failure::type_error(format!("`{path}`: expected boolean, got {}", kind(value))));
            }
        }
        tape.items.push(Item::Bits(bits));
        Ok(())
    }

    fn variant<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        ty: &Type,
        cases: &Cases,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        let object = object(value).ok_or_else(|| mismatch(scope, path, ty, value))?;
        let tag = object.get(scope, self.instance.names.tag(scope).into()).or_pending()?;
        let names = || cases.list.iter().map(|case| case.name);
        let Some(index) = self.position(scope, names(), tag) else {
            return Err(self.no_such_case(scope, &Path::Field(path, "tag"), ty, names(), tag));
        };
        tape.items.push(Item::Bits(index));
        let payload = match cases.list[index as usize].payload {
            Some(_) => object.get(scope, self.instance.names.val(scope).into()).or_pending()?,
            None => v8::undefined(scope).into(),
        };
        self.payload(scope, cases, index as usize, payload, &Path::Field(path, "val"), tape)
    }

    fn payload<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        cases: &Cases,
        index: usize,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<(), Failure> {
        match &cases.list[index].payload {
            Some(ty) => self.value(scope, ty, value, path, tape),
            None => Ok(()),
        }
    }

    /// Which of the names a value is.
    fn position(
        &self,
        scope: Scope<'_, '_, '_>,
        mut names: impl Iterator<Item = NameId>,
        value: Value<'_>,
    ) -> Option<u64> {
        if !value.is_string() {
            return None;
        }
        names
            .position(|name| value.strict_equals(self.instance.names.get(scope, name).into()))
            .map(|index| index as u64)
    }

    fn is_tagged(&self, scope: Scope<'_, '_, '_>, value: Value<'_>) -> Result<bool, Failure> {
        match object(value) {
            Some(object) => object.has(scope, self.instance.names.tag(scope).into()).or_pending(),
            None => Ok(false),
        }
    }

    fn given_object<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        resource: ResourceId,
        ty: &Type,
        value: Value<'s>,
        path: &Path<'_>,
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        let object = object(value).ok_or_else(|| mismatch(scope, path, ty, value))?;
        let class = self.instance.given.class(scope, resource)?;
        match object.instance_of(scope, class).or_pending()? {
            true => Ok(object),
            false => Err(mismatch(scope, path, ty, value)),
        }
    }

    fn handle<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        resource: ResourceId,
        ty: &Type,
        value: Value<'s>,
        path: &Path<'_>,
        tape: &mut Tape<'s>,
    ) -> Result<Key, Failure> {
        let (key, rep) = self.resource(scope, resource, ty, value, path)?;
        tape.items.push(Item::Bits(rep.into()));
        Ok(key)
    }

    /// The key that an object carries, and what the component knows its resource by.
    pub(crate) fn resource(
        &self,
        scope: Scope<'_, '_, '_>,
        resource: ResourceId,
        ty: &Type,
        value: Value<'_>,
        path: &Path<'_>,
    ) -> Result<(Key, u32), Failure> {
        let key = object(value).and_then(Key::of);
        let key = key.ok_or_else(|| mismatch(scope, path, ty, value))?;
        let entry = self
            .instance
            .realm
            .handles
            .borrow()
            .get(key)
            .map_err(|gone| gone.for_parameter(path, &ty.wit))?;
        if entry.owner != self.instance.number || entry.resource != resource {
            return Err(mismatch(scope, path, ty, value));
        }
        if entry.instance != self.generation {
            return Err(Gone::InstanceDied.for_parameter(path, &ty.wit));
        }
        Ok((key, entry.rep))
    }

    /// What only shows once every argument was read: a buffer detached by a later getter, a handle given away twice.
    pub(crate) fn finish(&self, scope: Scope<'_, '_, '_>, tape: &Tape<'_>) -> Result<(), Failure> {
        // A getter may have called into the component, and ended its instance.
        let live = self.instance.live_generation();
        for key in tape.taken.iter().chain(&tape.lent) {
            let why = match self.instance.realm.handles.borrow().get(*key) {
                Ok(entry) if entry.instance == live => continue,
                Ok(_) => "an argument died with the component's instance while the arguments were read",
                Err(_) => "an argument was disposed of while the arguments were read",
            };
            return Err(Failure::type_error(why).code("ERR_STALE_HANDLE"));
        }
        for (index, key) in tape.taken.iter().enumerate() {
            if tape.lent.contains(key) || tape.taken[..index].contains(key) {
                return Err(Failure::type_error("one call cannot take a resource for good and use it again"));
            }
        }
        for item in &tape.items {
            if let Item::View(view) = item
                && is_detached(scope, *view)
            {
                return Err(Failure::type_error(
                    "an argument's buffer was detached while the arguments were read",
                ));
            }
        }
        Ok(())
    }

    fn no_such_case(
        &self,
        scope: Scope<'_, '_, '_>,
        path: &Path<'_>,
        ty: &Type,
        names: impl Iterator<Item = NameId>,
        value: Value<'_>,
    ) -> Failure {
        if !value.is_string() {
            return mismatch(scope, path, ty, value);
        }
        let names: Vec<_> = names.map(|name| format!("'{}'", self.instance.plan.name(name))).collect();
        let got = clipped(scope, value);
        Failure::type_error(format!("`{path}`: expected {} ({}), got '{got}'", ty.wit, names.join(", ")))
    }
}

/// A value that is an object and no function; a class instance is an object too.
fn object(value: Value<'_>) -> Option<v8::Local<'_, v8::Object>> {
    v8::Local::<v8::Object>::try_from(value).ok()
}

/// The error for a value that is not of its type.
pub(crate) fn mismatch(scope: Scope<'_, '_, '_>, path: &Path<'_>, ty: &Type, value: Value<'_>) -> Failure {
    let got = if value.is_number() || value.is_big_int() || value.is_string() {
        format!("{} {}", kind(value), clipped(scope, value))
    } else {
        kind(value).to_owned()
    };
    Failure::type_error(format!("`{path}`: expected {}, got {got}", ty.wit))
}

/// The start of a primitive's text.
fn clipped(scope: Scope<'_, '_, '_>, value: Value<'_>) -> String {
    const CHARS_MAX: usize = 40;
    if v8::Local::<v8::String>::try_from(value).is_ok_and(|string| string.length() > 4096) {
        return "(long)".to_owned();
    }
    let text = value.to_rust_string_lossy(scope);
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
