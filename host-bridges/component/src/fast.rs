//! V8 fast API calls: optimised JavaScript calls a function of scalars as it would call a function of C.
//!
//! V8 picks the C function by what it knows of the arguments, and takes the ordinary callback (`call`) wherever it knows
//! too little, so both must do the same. Numbers arrive as `f64`, because V8 would wrap or truncate what does not fit a
//! narrower type; everything else arrives as it is. What fails is refused here too, by an exception.
#![expect(
    unsafe_code,
    reason = "a function's data is followed unchecked, and a scope opened on what V8 gives"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use innerbox_binding::{Failure, guard};
use v8::fast_api::{CFunction, CFunctionInfo, CTypeInfo, FastApiCallbackOptions, Int64Representation, Type};

use crate::call::{export_of, live_rep, receiver, reject};
use crate::callee::{self, Callee, CalleeRole};
use crate::check::mismatch;
use crate::core_value::CoreValue;
use crate::fault::Fault;
use crate::path::Path;
use crate::plan::{Function, Scalar};
use crate::scalar;

type Value<'s> = v8::Local<'s, v8::Value>;
type Options<'s> = FastApiCallbackOptions<'s>;

/// Most parameters that have a fast form.
const PARAMS_MAX: usize = 4;

/// The object that a method is called on.
const RECEIVERS_MAX: usize = 1;

/// The C function for a function of at most four scalars; none where its signature has no fast form.
pub(crate) fn overloads(function: &Function) -> Option<&'static [CFunction]> {
    let scalars = function.scalars.as_ref()?;
    let params = scalars.params.iter().map(|scalar| form(*scalar)).collect::<Option<Vec<_>>>()?;
    match scalars.result {
        None => select::<()>(&params),
        Some(Scalar::Bool) => select::<bool>(&params),
        Some(Scalar::S8 | Scalar::S16 | Scalar::S32) => select::<i32>(&params),
        Some(Scalar::U8 | Scalar::U16 | Scalar::U32) => select::<u32>(&params),
        Some(Scalar::S64) => select::<i64>(&params),
        Some(Scalar::U64) => select::<u64>(&params),
        Some(Scalar::F32) => select::<f32>(&params),
        Some(Scalar::F64) => select::<f64>(&params),
        // A fast call returns no objects.
        Some(Scalar::Char) => None,
    }
}

/// How an argument arrives.
#[derive(Clone, Copy)]
enum Form {
    Number,
    Value,
}

fn form(scalar: Scalar) -> Option<Form> {
    match scalar {
        // Reading a string needs a scope, which costs more than the fast call saves.
        Scalar::Char => None,
        Scalar::Bool | Scalar::S64 | Scalar::U64 => Some(Form::Value),
        _ => Some(Form::Number),
    }
}

/// An argument of a C function.
trait Argument<'s>: Copy {
    const INFO: CTypeInfo;
    /// Its flat value; `None` where it does not fit.
    fn bits(self, scalar: Scalar) -> Option<u64>;
    fn value(self, scope: &v8::PinScope<'s, '_>) -> Value<'s>;
}

impl<'s> Argument<'s> for f64 {
    const INFO: CTypeInfo = Type::Float64.as_info();
    #[inline(always)]
    fn bits(self, scalar: Scalar) -> Option<u64> {
        scalar::number_to_bits(scalar, self)
    }
    fn value(self, scope: &v8::PinScope<'s, '_>) -> Value<'s> {
        v8::Number::new(scope, self).into()
    }
}

impl<'s> Argument<'s> for Value<'s> {
    const INFO: CTypeInfo = Type::V8Value.as_info();
    #[inline(always)]
    fn bits(self, scalar: Scalar) -> Option<u64> {
        scalar::primitive_to_bits(scalar, self)
    }
    fn value(self, _: &v8::PinScope<'s, '_>) -> Value<'s> {
        self
    }
}

/// The arguments of a C function, each of its own type: through an enum they would go by way of memory.
trait Given<'s>: Copy {
    /// Reads them into `values`; the index of the first that does not fit its parameter.
    fn read(self, params: &[Scalar], values: &mut [CoreValue]) -> Result<(), usize>;
    /// The argument of this index.
    fn value(self, index: usize, scope: &v8::PinScope<'s, '_>) -> Option<Value<'s>>;
}

macro_rules! given {
    ($count:literal: $($argument:ident: $type:ident = $index:literal),*) => {
        impl<'s, $($type: Argument<'s>),*> Given<'s> for ($($type,)*) {
            #[inline(always)]
            fn read(self, params: &[Scalar], values: &mut [CoreValue]) -> Result<(), usize> {
                let ($($argument,)*) = self;
                let rooms = (params.first_chunk::<$count>(), values.first_chunk_mut::<$count>());
                let (Some(_params), Some(_values)) = rooms else { return Err($count) };
                $(_values[$index].set($argument.bits(_params[$index]).ok_or($index as usize)?);)*
                Ok(())
            }
            fn value(self, index: usize, _scope: &v8::PinScope<'s, '_>) -> Option<Value<'s>> {
                let ($($argument,)*) = self;
                match index {
                    $($index => Some($argument.value(_scope)),)*
                    _ => None,
                }
            }
        }
    };
}

given!(0:);
given!(1: a: A = 0);
given!(2: a: A = 0, b: B = 1);
given!(3: a: A = 0, b: B = 1, c: C = 2);
given!(4: a: A = 0, b: B = 1, c: C = 2, d: D = 3);

/// The result of a C function; `default` where an exception takes its place.
trait Returned: Default + 'static {
    const INFO: CTypeInfo;
    fn from_core(scalar: Option<Scalar>, value: &CoreValue) -> Self;
}

macro_rules! returned {
    ($($rust:ty, $info:ident, $scalar:pat_param, $core:ident => $value:expr;)*) => {
        $(impl Returned for $rust {
            const INFO: CTypeInfo = Type::$info.as_info();
            fn from_core($scalar: Option<Scalar>, $core: &CoreValue) -> Self {
                $value
            }
        })*
    };
}

returned! {
    (), Void, _, _value => ();
    bool, Bool, _, value => value.narrow() != 0;
    i32, Int32, scalar, value => match scalar {
        Some(Scalar::S8) => i32::from(value.narrow() as i8),
        Some(Scalar::S16) => i32::from(value.narrow() as i16),
        _ => value.narrow().cast_signed(),
    };
    u32, Uint32, scalar, value => match scalar {
        Some(Scalar::U8) => u32::from(value.narrow() as u8),
        Some(Scalar::U16) => u32::from(value.narrow() as u16),
        _ => value.narrow(),
    };
    i64, Int64, _, value => value.wide().cast_signed();
    u64, Uint64, _, value => value.wide();
    f32, Float32, _, value => f32::from_bits(value.narrow());
    f64, Float64, _, value => f64::from_bits(value.wide());
}

/// A C function of some arity, by the types of its arguments and its result.
macro_rules! c_function {
    ($table:ident, $function:ident, $($argument:ident: $type:ident),*) => {
        extern "C" fn $function<'s, $($type: Argument<'s>,)* R: Returned>(
            receiver: Value<'s>,
            $($argument: $type,)*
            options: &'s Options<'s>,
        ) -> R
        where
            's: 's, // named by the table, so it must not be bound at the call
        {
            run(options, receiver, ($($argument,)*))
        }

        struct $table<$($type,)* R>(std::marker::PhantomData<($($type,)* R,)>);

        impl<$($type: Argument<'static>,)* R: Returned> $table<$($type,)* R> {
            const OVERLOADS: &'static [CFunction] = &[CFunction::new(
                $function::<'static, $($type,)* R> as *const std::ffi::c_void,
                &CFunctionInfo::new(
                    R::INFO,
                    &[Type::V8Value.as_info(), $($type::INFO,)* Type::CallbackOptions.as_info()],
                    Int64Representation::BigInt,
                ),
            )];
        }
    };
}

c_function!(Of0, of0,);
c_function!(Of1, of1, a: A);
c_function!(Of2, of2, a: A, b: B);
c_function!(Of3, of3, a: A, b: B, c: C);
c_function!(Of4, of4, a: A, b: B, c: C, d: D);

type Any = Value<'static>;

/// Every combination of arguments up to four: code for each is made at compile time.
fn select<R: Returned>(params: &[Form]) -> Option<&'static [CFunction]> {
    match params.split_first() {
        None => Some(Of0::<R>::OVERLOADS),
        Some((Form::Number, rest)) => select1::<f64, R>(rest),
        Some((Form::Value, rest)) => select1::<Any, R>(rest),
    }
}

fn select1<A: Argument<'static>, R: Returned>(params: &[Form]) -> Option<&'static [CFunction]> {
    match params.split_first() {
        None => Some(Of1::<A, R>::OVERLOADS),
        Some((Form::Number, rest)) => select2::<A, f64, R>(rest),
        Some((Form::Value, rest)) => select2::<A, Any, R>(rest),
    }
}

fn select2<A: Argument<'static>, B: Argument<'static>, R: Returned>(
    params: &[Form],
) -> Option<&'static [CFunction]> {
    match params.split_first() {
        None => Some(Of2::<A, B, R>::OVERLOADS),
        Some((Form::Number, rest)) => select3::<A, B, f64, R>(rest),
        Some((Form::Value, rest)) => select3::<A, B, Any, R>(rest),
    }
}

fn select3<A: Argument<'static>, B: Argument<'static>, C: Argument<'static>, R: Returned>(
    params: &[Form],
) -> Option<&'static [CFunction]> {
    match params {
        [] => Some(Of3::<A, B, C, R>::OVERLOADS),
        [Form::Number] => Some(Of4::<A, B, C, f64, R>::OVERLOADS),
        [Form::Value] => Some(Of4::<A, B, C, Any, R>::OVERLOADS),
        _ => None,
    }
}

/// Why a fast call has no result.
enum Refused {
    /// The object that the method is called on is none of its class, or gone.
    Receiver,
    /// The argument of this index does not fit its parameter.
    Argument(usize),
    Component(Box<Fault>),
    Host(Failure),
}

#[cfg(debug_assertions)]
static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// How many fast calls the process has made: only a test wants to know whether V8 takes them, and only a debug build counts.
#[cfg(debug_assertions)]
pub fn fast_calls() -> u64 {
    CALLS.load(std::sync::atomic::Ordering::Relaxed)
}

/// The body of every C function, inlined so that each knows how its arguments arrive. A panic must not leave it: the frame
/// below is V8's.
#[inline(always)]
fn run<'s, R: Returned, A: Given<'s>>(options: &'s Options<'s>, this: Value<'s>, arguments: A) -> R {
    #[cfg(debug_assertions)]
    CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    // SAFETY: `overloads` is given to functions together with data from `Callees::enter` and with nothing else.
    let callee = unsafe { callee::of_unchecked(options.data) };
    let mut values = [CoreValue::default(); RECEIVERS_MAX + PARAMS_MAX];
    let attempt = AssertUnwindSafe(|| attempt(callee, this, arguments, &mut values));
    let refused = match catch_unwind(attempt) {
        Ok(None) => {
            return R::from_core(callee.scalars.as_ref().and_then(|scalars| scalars.result), &values[0]);
        }
        Ok(Some(refused)) => *refused,
        Err(panic) => Refused::Host(innerbox_binding::host_fault(&*panic)),
    };
    throw(options, callee, this, arguments, refused);
    R::default()
}

/// Makes the call; the result is the first of `values`. What was refused is boxed and the result stays where it is, so that
/// one word tells: a larger answer is written in pieces and read whole, for which the processor waits.
#[inline(always)]
fn attempt<'s, A: Given<'s>>(
    callee: &Callee,
    this: Value<'s>,
    arguments: A,
    values: &mut [CoreValue; RECEIVERS_MAX + PARAMS_MAX],
) -> Option<Box<Refused>> {
    let (CalleeRole::Export(id), Some(scalars)) = (callee.role, &callee.scalars) else { return None };
    let params = &mut values[usize::from(callee.receiver.is_some())..];
    if let Err(index) = arguments.read(&scalars.params, params) {
        return Some(Box::new(Refused::Argument(index)));
    }
    let instance = &*callee.instance;
    let mut door = instance.door.try_borrow_mut().ok();
    let Some(door) = door.as_mut().and_then(|door| door.as_deref_mut()) else {
        return Some(Box::new(Refused::Component(Fault::Busy.into())));
    };
    if let Some(resource) = callee.receiver {
        match live_rep(instance, resource, door.generation(), this) {
            Some(rep) => values[0].set(rep.into()),
            None => return Some(Box::new(Refused::Receiver)),
        }
    }
    door.call_scalar(id, values).err().map(|fault| Box::new(Refused::Component(fault)))
}

/// Throws the exception that the ordinary callback would have thrown.
#[cold]
fn throw<'s>(
    options: &'s Options<'s>,
    callee: &Callee,
    this: Value<'s>,
    arguments: impl Given<'s>,
    refused: Refused,
) {
    // SAFETY: V8 made the options for the fast call that is being run, on the thread that has entered the isolate, and the
    // scope is closed before the call returns.
    v8::callback_scope!(unsafe scope, options);
    guard(scope, |scope| {
        let Some((_, function)) = export_of(callee) else { return Ok(()) };
        // What is wrong with the object is told before what is wrong with the arguments.
        receiver(scope, &callee.instance, function, this)?;
        let problem = match refused {
            Refused::Receiver => Failure::error("host fault: a handle is live and is not").into(),
            Refused::Host(failure) => failure.into(),
            Refused::Component(fault) => fault.into(),
            Refused::Argument(index) => {
                let given =
                    (function.params.get(function.role.receivers() + index), arguments.value(index, scope));
                let (Some(param), Some(value)) = given else { return Ok(()) };
                mismatch(scope, &Path::Param(&param.name), &param.ty, value).into()
            }
        };
        Err(reject(scope, &callee.instance, function, problem))
    });
}
