//! Functions of Rust that answer what components import: scalars in, at most one out, and no script asked.

use std::sync::Arc;

use anyhow::bail;
use innerbox_bridge_component::plan::{Function, Kind, Plan, Returns, Role, Scalar};
use wasmtime::component::{self, ComponentNamedList, ComponentType, Lift, LinkerInstance, Lower};
use wasmtime::{Caller, Linker, Result, WasmRet, WasmTy};

use super::state::State;

/// What an embedder answers of components' imports.
#[derive(Default)]
pub(super) struct HostFunctions {
    answers: Vec<Answer>,
}

/// The function that answers one import.
struct Answer {
    interface: String,
    name: String,
    function: Erased,
}

impl HostFunctions {
    pub(super) fn add(&mut self, interface: &str, name: &str, function: Erased) {
        self.answers.push(Answer { interface: interface.to_owned(), name: name.to_owned(), function });
    }

    /// Takes these functions off what a script has to give.
    ///
    /// # Errors
    /// Where the component imports no such function, or one of other types.
    pub(super) fn answer(&self, plan: &mut Plan) -> anyhow::Result<()> {
        for answer in &self.answers {
            let (interface, name) = (&answer.interface, &answer.name);
            let Some(id) = plan.imported.iter().position(|function| answer.is_for(function)) else {
                bail!("the host answers `{name}` of `{interface}`, which the component does not import");
            };
            let (wanted, given) = (Signature::of(&plan.imported[id]), &answer.function.signature);
            if wanted.as_ref() != Some(given) {
                let wanted =
                    wanted.map_or_else(|| "more than scalars".to_owned(), |wanted| wanted.to_string());
                bail!(
                    "the host answers `{name}` of `{interface}` as {given}, and the component imports {wanted}"
                );
            }
            plan.imported[id].by_host = true;
            plan.given
                .iter_mut()
                .for_each(|interface| interface.functions.retain(|function| *function != id));
        }
        plan.given.retain(|interface| !interface.functions.is_empty() || !interface.resources.is_empty());
        Ok(())
    }

    /// Defines what answers an import of a core module.
    pub(super) fn link_core(
        &self,
        linker: &mut Linker<State>,
        (module, field): (&str, &str),
        function: &Function,
    ) -> Result<()> {
        let answer = self.answers.iter().find(|answer| answer.is_for(function));
        let missing = || wasmtime::Error::msg("host fault: nothing answers what the host is to answer");
        (answer.ok_or_else(missing)?.function.core)(linker, module, field)
    }

    /// Defines what answers a component's imports.
    pub(super) fn link_component(&self, linker: &mut component::Linker<State>, plan: &Plan) -> Result<()> {
        for function in plan.imported.iter().filter(|function| function.by_host) {
            let Some(answer) = self.answers.iter().find(|answer| answer.is_for(function)) else { continue };
            let link =
                if function.asynchronous { &answer.function.concurrent } else { &answer.function.component };
            match function.interface.as_str() {
                "" => (link)(&mut linker.root(), &function.name)?,
                name => (link)(&mut linker.instance(name)?, &function.name)?,
            }
        }
        Ok(())
    }
}

impl Answer {
    /// By the interface's full name, or by its name without the version.
    fn is_for(&self, function: &Function) -> bool {
        let full = function.interface.as_str();
        let unversioned = full.split('@').next().unwrap_or_default();
        self.name == function.name && (self.interface == full || self.interface == unversioned)
    }
}

/// What crosses: the types of the parameters, and of what is returned.
#[derive(PartialEq, Eq)]
struct Signature {
    params: Vec<Scalar>,
    result: Option<Scalar>,
}

impl Signature {
    /// Of an imported function; `None` where it is one of more than scalars.
    fn of(function: &Function) -> Option<Self> {
        let scalar = |kind: &Kind| match kind {
            Kind::Scalar(scalar) => Some(*scalar),
            _ => None,
        };
        let result = match &function.result {
            Returns::Nothing => None,
            Returns::Value(ty) => Some(scalar(&ty.kind)?),
            Returns::OrThrows(_) => return None,
        };
        let params = function.params.iter().map(|param| scalar(&param.ty.kind)).collect::<Option<_>>()?;
        (function.role == Role::Free).then_some(Self { params, result })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: Vec<_> = self.params.iter().map(|scalar| scalar.wit()).collect();
        write!(f, "func({})", params.join(", "))?;
        self.result.map_or(Ok(()), |result| write!(f, " -> {}", result.wit()))
    }
}

/// A function that may answer an import: of at most eight scalars (`bool`, the integers, `f32`, `f64`, `char`), giving one,
/// nothing, or an [`anyhow::Result`] of that, whose error ends the call as a trap with its message.
///
/// It may be called on any thread. While it runs, nothing can interrupt it.
pub trait HostFunction<Params, Returned> {
    #[doc(hidden)]
    fn erase(self) -> Erased;
}

type LinkCore = dyn Fn(&mut Linker<State>, &str, &str) -> Result<()> + Send + Sync;
type LinkComponent = dyn Fn(&mut LinkerInstance<'_, State>, &str) -> Result<()> + Send + Sync;

/// A function whose types are forgotten: what crosses, and how each linker is given it.
#[allow(missing_debug_implementations, reason = "it cannot be named")]
pub struct Erased {
    signature: Signature,
    core: Box<LinkCore>,
    component: Box<LinkComponent>,
    /// As `component`, for an import that is declared `async`.
    concurrent: Box<LinkComponent>,
}

/// A type of WIT that is one core value.
pub trait HostScalar: ComponentType + Lift + Lower + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const WIT: Scalar;
    #[doc(hidden)]
    type Core: WasmTy;
    #[doc(hidden)]
    fn from_core(core: Self::Core) -> Result<Self>;
    #[doc(hidden)]
    fn into_core(self) -> Self::Core;
}

macro_rules! scalars {
    ($($rust:ty, $scalar:ident, $core:ty, $value:ident => $from:expr, $into:expr;)*) => {
        $(impl HostScalar for $rust {
            const WIT: Scalar = Scalar::$scalar;
            type Core = $core;
            #[inline]
            fn from_core($value: $core) -> Result<Self> {
                $from
            }
            #[inline]
            fn into_core(self) -> $core {
                let $value = self;
                $into
            }
        })*
    };
}

// The canonical ABI: an integer's low bits count, and what a host gives is extended by its sign.
scalars! {
    bool, Bool, u32, value => Ok(value != 0), value.into();
    i8, S8, i32, value => Ok(value as i8), value.into();
    u8, U8, u32, value => Ok(value as u8), value.into();
    i16, S16, i32, value => Ok(value as i16), value.into();
    u16, U16, u32, value => Ok(value as u16), value.into();
    i32, S32, i32, value => Ok(value), value;
    u32, U32, u32, value => Ok(value), value;
    i64, S64, i64, value => Ok(value), value;
    u64, U64, u64, value => Ok(value), value;
    f32, F32, f32, value => Ok(value), value;
    f64, F64, f64, value => Ok(value), value;
    char, Char, u32, value => {
        char::from_u32(value).ok_or_else(|| wasmtime::Error::msg(format!("{value:#x} is no `char`")))
    }, value.into();
}

/// What a function that answers an import returns.
pub trait HostResult: 'static {
    #[doc(hidden)]
    const WIT: Option<Scalar>;
    #[doc(hidden)]
    type Core: WasmRet + 'static;
    #[doc(hidden)]
    type List: ComponentNamedList + Lower + Send + Sync + 'static;
    #[doc(hidden)]
    fn core(self) -> Result<Self::Core>;
    #[doc(hidden)]
    fn list(self) -> Result<Self::List>;
}

impl HostResult for () {
    const WIT: Option<Scalar> = None;
    type Core = ();
    type List = ();
    fn core(self) -> Result<()> {
        Ok(())
    }
    fn list(self) -> Result<()> {
        Ok(())
    }
}

impl<T: HostScalar> HostResult for T
where
    T::Core: WasmRet,
{
    const WIT: Option<Scalar> = Some(T::WIT);
    type Core = T::Core;
    type List = (T,);
    #[inline]
    fn core(self) -> Result<T::Core> {
        Ok(self.into_core())
    }
    fn list(self) -> Result<(T,)> {
        Ok((self,))
    }
}

impl<T: HostResult> HostResult for anyhow::Result<T> {
    const WIT: Option<Scalar> = T::WIT;
    type Core = T::Core;
    type List = T::List;
    #[inline]
    fn core(self) -> Result<T::Core> {
        self.map_err(described).and_then(T::core)
    }
    fn list(self) -> Result<T::List> {
        self.map_err(described).and_then(T::list)
    }
}

fn described(error: anyhow::Error) -> wasmtime::Error {
    wasmtime::Error::msg(format!("{error:#}"))
}

macro_rules! functions {
    ($($Param:ident $value:ident),*) => {
        impl<F, Returned, $($Param),*> HostFunction<($($Param,)*), Returned> for F
        where
            F: Fn($($Param),*) -> Returned + Send + Sync + 'static,
            Returned: HostResult,
            $($Param: HostScalar,)*
        {
            fn erase(self) -> Erased {
                let function = Arc::new(self);
                let signature = Signature { params: vec![$($Param::WIT),*], result: Returned::WIT };
                let again = Arc::clone(&function);
                let core = Box::new(move |linker: &mut Linker<State>, module: &str, field: &str| {
                    let function = Arc::clone(&again);
                    let call = move |caller: Caller<'_, State>, $($value: $Param::Core),*| -> Result<Returned::Core> {
                        caller.data().handles.may_leave()?;
                        function($($Param::from_core($value)?),*).core()
                    };
                    linker.func_wrap(module, field, call).map(drop)
                });
                let again = Arc::clone(&function);
                let component = Box::new(move |instance: &mut LinkerInstance<'_, State>, name: &str| {
                    let function = Arc::clone(&again);
                    instance.func_wrap(name, move |_, ($($value,)*): ($($Param,)*)| function($($value),*).list())
                });
                let concurrent = Box::new(move |instance: &mut LinkerInstance<'_, State>, name: &str| {
                    let function = Arc::clone(&function);
                    instance.func_wrap_concurrent(name, move |_, ($($value,)*): ($($Param,)*)| {
                        let answer = function($($value),*).list();
                        Box::pin(std::future::ready(answer))
                    })
                });
                Erased { signature, core, component, concurrent }
            }
        }
    };
}

functions!();
functions!(A a);
functions!(A a, B b);
functions!(A a, B b, C c);
functions!(A a, B b, C c, D d);
functions!(A a, B b, C c, D d, E e);
functions!(A a, B b, C c, D d, E e, G g);
functions!(A a, B b, C c, D d, E e, G g, H h);
functions!(A a, B b, C c, D d, E e, G g, H h, I i);
