//! The plan of a component: everything that lowering, lifting, error messages and typings need to know of it, compiled
//! once from the WIT that the component itself carries.
//!
//! Sizes, alignments and offsets are those of the Component Model's canonical ABI for 32-bit memories:
//! <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>.

mod compile;
mod flatten;
mod names;

use std::sync::Arc;

pub use compile::{Refusal, compile};
pub use flatten::{CoreSignature, CoreType};
pub use names::{lower_camel, upper_camel};

/// Most core values that a function's parameters may flatten to; past that they go through memory.
pub const FLAT_PARAMS_MAX: usize = 16;

/// What a component exports, and how each export is called. Shared by all sandboxes that use the component.
#[derive(Debug, Default)]
pub struct Plan {
    /// The exported interfaces, in the world's order; functions of the world itself are in one with an empty name.
    pub interfaces: Vec<Interface>,
    /// Every exported function; a [`FunctionId`] indexes it.
    pub functions: Vec<Function>,
    /// The imported interfaces that are not WASI's, which JavaScript gives; functions that the world itself imports are in
    /// one with an empty name.
    pub given: Vec<Interface>,
    /// Every function of those; an [`ImportId`] indexes it.
    pub imported: Vec<Function>,
    /// Every resource that the component defines, and every one that JavaScript gives; a [`ResourceId`] indexes it.
    pub resources: Vec<Resource>,
    /// Names of properties and cases that values have; a [`NameId`] indexes it.
    pub names: Vec<String>,
    /// Names that WIT gives to types; a [`TypeNameId`] indexes it.
    pub type_names: Vec<TypeName>,
    /// The interfaces that the component imports, by full name.
    pub imports: Vec<String>,
    /// True where it has the asynchronous ABI: an asynchronous function, a stream or a future.
    pub asynchronous: bool,
    /// How many streams and futures its types mention; a [`TransmitId`] is one of them.
    pub transmits: usize,
}

/// Index into [`Plan::functions`].
pub type FunctionId = usize;
/// Index into [`Plan::imported`].
pub type ImportId = usize;
/// Index into [`Plan::resources`].
pub type ResourceId = usize;
/// Index into [`Plan::names`].
pub type NameId = usize;
/// Index into [`Plan::type_names`].
pub type TypeNameId = usize;

/// A mention of a stream or a future in the types of a plan.
pub type TransmitId = usize;

/// An exported or given interface.
#[derive(Debug)]
pub struct Interface {
    /// Its full name, `acme:image/codec@1.0.0`; empty for the functions of the world itself.
    pub name: String,
    /// Its name as a JavaScript property: `codec`.
    pub js_name: String,
    /// Its freestanding functions; of a given interface, by their [`ImportId`].
    pub functions: Vec<FunctionId>,
    /// Its resources.
    pub resources: Vec<ResourceId>,
}

impl Interface {
    /// All its functions: freestanding ones, then those of its resources.
    pub fn all_functions(&self, plan: &Plan) -> Vec<FunctionId> {
        let mut functions = self.functions.clone();
        for resource in self.resources.iter().map(|id| &plan.resources[*id]) {
            functions.extend(resource.constructor.iter().chain(&resource.statics).chain(&resource.methods));
        }
        functions
    }
}

/// A resource: a class.
#[derive(Debug)]
pub struct Resource {
    /// True where JavaScript gives it; the functions below are then by their [`ImportId`].
    pub given: bool,
    /// Its name in WIT: `image`.
    pub name: String,
    /// The full name of the interface that it belongs to.
    pub interface: String,
    /// The name of its class: `Image`.
    pub js_name: String,
    /// What `new` calls, if it may be called.
    pub constructor: Option<FunctionId>,
    /// Its methods.
    pub methods: Vec<FunctionId>,
    /// Its static functions.
    pub statics: Vec<FunctionId>,
}

/// An exported or imported function.
#[derive(Debug)]
pub struct Function {
    /// The full name of its interface; empty for a function of the world itself.
    pub interface: String,
    /// Its name in WIT, with the mark of a resource's function: `[method]image.resize`.
    pub name: String,
    /// Its JavaScript name: `resize`.
    pub js_name: String,
    /// What messages call it: `image.resize`.
    pub title: String,
    /// Its parameters; the first one of a method is `self`.
    pub params: Vec<Param>,
    /// Its result.
    pub result: Returns,
    /// What kind of function it is.
    pub role: Role,
    /// True where WIT declares it `async`: it returns a promise.
    pub asynchronous: bool,
    /// The core values of its parameters, all together.
    pub flat_params: usize,
    /// The size and alignment of all parameters as one tuple: used where `flat_params` exceeds [`FLAT_PARAMS_MAX`].
    pub spill: Layout,
    /// True where the host answers it, and no script: of an imported function.
    pub by_host: bool,
    /// What crosses, where every parameter besides a method's `self`, and the result, are one core value that needs no
    /// memory.
    pub scalars: Option<Scalars>,
}

/// The signature of a function that takes and gives scalars only.
#[derive(Clone, Debug)]
pub struct Scalars {
    /// Of its parameters, without a method's `self`.
    pub params: Vec<Scalar>,
    /// Of its result, if it has one.
    pub result: Option<Scalar>,
}

/// What kind of function a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A function of an interface or of the world.
    Free,
    /// What `new` calls.
    Constructor(ResourceId),
    /// A method.
    Method(ResourceId),
    /// A static function of a resource.
    Static(ResourceId),
}

impl Role {
    /// How many of the parameters are the object that the function is called on: 1 for a method.
    pub fn receivers(self) -> usize {
        usize::from(matches!(self, Self::Method(_)))
    }
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name in JavaScript, as messages give it.
    pub name: String,
    /// Where it lies when all parameters go through memory.
    pub offset: u32,
    /// Its type.
    pub ty: Type,
}

/// What a function returns.
#[derive(Debug)]
pub enum Returns {
    /// Nothing.
    Nothing,
    /// A value.
    Value(Type),
    /// A `result`: its ok case is returned, its error case thrown. The type is the whole `result`.
    OrThrows(Type),
}

/// Size and alignment in linear memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Its size, a multiple of `align`.
    pub size: u32,
    /// Its alignment, a power of two.
    pub align: u32,
}

/// A type, with all that is known of it before any value is seen.
#[derive(Debug)]
pub struct Type {
    /// Its layout in linear memory.
    pub layout: Layout,
    /// How many core values it flattens to.
    pub flat: usize,
    /// How many values of JavaScript's one of it is made of at most, itself included: a list counts as one.
    pub parts: u32,
    /// Its name or its WIT text, as messages give it.
    pub wit: String,
    /// The name that WIT gives it where it is used; for typings.
    pub name: Option<TypeNameId>,
    /// Its structure.
    pub kind: Kind,
}

/// A name that WIT gives to a type other than a resource.
#[derive(Debug, PartialEq, Eq)]
pub struct TypeName {
    /// The full name of the interface that has the name; empty for a type of the world itself.
    pub interface: String,
    /// The name: `resize-options`.
    pub name: String,
    /// What it is another name for, where WIT says `use` or `type`.
    pub alias_of: Option<TypeNameId>,
}

/// The structure of a type.
#[derive(Debug)]
pub enum Kind {
    /// A value of one core number.
    Scalar(Scalar),
    /// `string`
    String,
    /// `list<T>`
    List(Box<Type>),
    /// `list<T, N>`
    Fixed {
        /// The type of its elements.
        element: Box<Type>,
        /// How many it has, always.
        length: u32,
    },
    /// `map<K, V>`: the type of its entries, a tuple of key and value
    Map(Box<Type>),
    /// `record`
    Record(Vec<Field>),
    /// `tuple`
    Tuple(Vec<Field>),
    /// `flags`: the names, in order of their bits
    Flags(Vec<NameId>),
    /// `enum`: the names of the cases
    Enum(Vec<NameId>),
    /// `variant`
    Variant(Cases),
    /// `option<T>`; `nested` where `T` is itself an option, so that `some(none)` has a shape of its own
    Option {
        /// Case 0 is none, case 1 holds the value.
        cases: Cases,
        /// True where the value is an option too.
        nested: bool,
    },
    /// `result<T, E>`: case 0 is ok, case 1 the error
    Result(Cases),
    /// An owned handle of a resource
    Own(ResourceId),
    /// A borrowed handle of a resource
    Borrow(ResourceId),
    /// `stream<T>`
    Stream {
        /// Which mention of a stream it is.
        id: TransmitId,
        /// The type of its elements.
        element: Scalar,
    },
    /// `future<T>`
    Future {
        /// Which mention of a future it is.
        id: TransmitId,
        /// The type of its value, if it has one.
        payload: Option<Arc<Type>>,
    },
}

/// The types of one core number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
}

impl Scalar {
    /// Its name in WIT.
    pub fn wit(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
        }
    }
}

/// A field of a record or tuple.
#[derive(Debug)]
pub struct Field {
    /// Its name; of a tuple's field, its index as text.
    pub name: NameId,
    /// Where it lies, from the start of the record.
    pub offset: u32,
    /// Its type.
    pub ty: Type,
}

/// The cases of a variant, option or result.
#[derive(Debug)]
pub struct Cases {
    /// Their names and payloads, in order of their discriminants.
    pub list: Vec<Case>,
    /// Bytes of the discriminant: 1, 2 or 4.
    pub tag_size: u32,
    /// Where the payload lies, from the start of the variant.
    pub payload_offset: u32,
}

/// A case of a variant, option or result.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: NameId,
    /// Its payload.
    pub payload: Option<Type>,
}

impl Type {
    /// The types of the values that a value of this type holds itself; what a future will give is not among them.
    pub fn inner(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::List(part) | Kind::Map(part) | Kind::Fixed { element: part, .. } => vec![part],
            Kind::Record(fields) | Kind::Tuple(fields) => fields.iter().map(|field| &field.ty).collect(),
            Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => {
                cases.list.iter().filter_map(|case| case.payload.as_ref()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// True where this type, or a part of it, is one of those.
    pub fn any(&self, is: &dyn Fn(&Kind) -> bool) -> bool {
        is(&self.kind) || self.inner().into_iter().any(|part| part.any(is))
    }

    /// True for a list whose elements JavaScript keeps in a typed array: one copy moves them all.
    pub fn typed_array(&self) -> Option<Scalar> {
        match &self.kind {
            Kind::List(element) | Kind::Fixed { element, .. } => match element.kind {
                Kind::Scalar(Scalar::Bool | Scalar::Char) => None,
                Kind::Scalar(scalar) => Some(scalar),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Plan {
    /// True where a call may lead to a call of JavaScript.
    pub fn calls_scripts(&self) -> bool {
        self.imported.iter().any(|function| !function.by_host)
            || self.resources.iter().any(|resource| resource.given)
    }

    /// The name behind a [`NameId`].
    pub fn name(&self, id: NameId) -> &str {
        &self.names[id]
    }
}
