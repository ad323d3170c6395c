//! The component's ends of streams and futures: what feeds them from a script, and what drains them to one.
//!
//! wasmtime asks for elements when the component reads, and offers them when it writes; it is the pipe that makes either wait.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use innerbox_bridge_component::plan::{Scalar, Type};
use innerbox_bridge_component::{Answer, Arguments, Came, Chunk, End, Fault, Pipe, Slot};
use wasmtime::component::__internal::{InterfaceType, LiftContext, LowerContext};
use wasmtime::component::{
    Destination, FutureAny, FutureConsumer, FutureProducer, FutureReader, Lift, Lower, Source, StreamAny,
    StreamConsumer, StreamProducer, StreamReader, StreamResult, VecBuffer,
};
use wasmtime::{AsContextMut, Result, StoreContextMut, ValRaw};

use super::dynamic::{Payload, current, lower_end};
use super::live::Shared;
use crate::trap::carried;

/// Elements that are fed at once where wasmtime does not say how many are wanted.
const ELEMENTS: usize = 8 << 10;

/// A readable end that came out of a component.
pub(crate) enum Received {
    Stream(StreamAny, Arc<Pipe>),
    Future(FutureAny, Arc<Slot<Answer>>),
}

/// Hands the readable end of what a script passes to a component, and gives the handle that it knows it by.
pub(crate) fn pass<T: 'static>(cx: &mut LowerContext<'_, T>, ty: InterfaceType, end: End) -> Result<u32> {
    match end {
        End::Stream(pipe) => {
            pipe.attach();
            with_element(pipe.element(), Pass { cx, ty, pipe })
        }
        End::Future(slot) => match slot.payload.clone() {
            Some(payload) => {
                let reader = FutureReader::new(cx.store.as_context_mut(), Promised(slot, payload))?;
                lower_end(cx, ty, &reader)
            }
            None => {
                let reader = FutureReader::new(cx.store.as_context_mut(), Settled(slot))?;
                lower_end(cx, ty, &reader)
            }
        },
    }
}

/// Takes the readable end that a component gives; it is joined by [`join`].
pub(crate) fn receive(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    handle: u32,
    end: &Came,
) -> Result<Received> {
    let handle = ValRaw::u32(handle);
    Ok(match end {
        Came::Stream(pipe) => {
            Received::Stream(StreamAny::linear_lift_from_flat(cx, ty, &handle)?, Arc::clone(pipe))
        }
        Came::Future(slot) => {
            Received::Future(FutureAny::linear_lift_from_flat(cx, ty, &handle)?, Arc::clone(slot))
        }
    })
}

/// Joins what was received to its pipe or slot.
pub(super) fn join<S: AsContextMut>(mut store: S, shared: &Shared, received: Received) -> Result<()> {
    match received {
        Received::Stream(any, pipe) => {
            shared.keep_pipe(&pipe);
            with_element(pipe.element(), Join { store: store.as_context_mut(), any, pipe })
        }
        Received::Future(any, slot) => {
            shared.keep_slot(&slot);
            match slot.payload {
                Some(_) => any.try_into_future_reader::<Payload>()?.pipe(&mut store, Awaiting(slot)),
                None => any.try_into_future_reader::<()>()?.pipe(&mut store, AwaitingNothing(slot)),
            }
        }
    }
}

/// A number that streams carry.
trait Element: Lower + Lift + Copy + Send + Sync + Unpin + 'static {
    fn from_bytes(bytes: &[u8]) -> Vec<Self>;
    fn to_bytes(elements: &[Self]) -> Vec<u8>;
}

macro_rules! elements {
    ($($type:ty)*) => {
        $(impl Element for $type {
            fn from_bytes(bytes: &[u8]) -> Vec<Self> {
                let (chunks, _) = bytes.as_chunks();
                chunks.iter().map(|bytes| Self::from_le_bytes(*bytes)).collect()
            }

            fn to_bytes(elements: &[Self]) -> Vec<u8> {
                elements.iter().flat_map(|element| element.to_le_bytes()).collect()
            }
        })*
    };
}

elements!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

/// What is done for one type of elements, whichever it is.
trait ForElement {
    type Output;

    fn with<T: Element>(self) -> Self::Output;
}

fn with_element<F: ForElement<Output = Result<R>>, R>(element: Scalar, what: F) -> Result<R> {
    match element {
        Scalar::U8 => what.with::<u8>(),
        Scalar::S8 => what.with::<i8>(),
        Scalar::U16 => what.with::<u16>(),
        Scalar::S16 => what.with::<i16>(),
        Scalar::U32 => what.with::<u32>(),
        Scalar::S32 => what.with::<i32>(),
        Scalar::U64 => what.with::<u64>(),
        Scalar::S64 => what.with::<i64>(),
        Scalar::F32 => what.with::<f32>(),
        Scalar::F64 => what.with::<f64>(),
        Scalar::Bool | Scalar::Char => Err(wasmtime::Error::msg("host fault: a stream of what is no number")),
    }
}

struct Pass<'a, 'c, S: 'static> {
    cx: &'a mut LowerContext<'c, S>,
    ty: InterfaceType,
    pipe: Arc<Pipe>,
}

impl<S: 'static> ForElement for Pass<'_, '_, S> {
    type Output = Result<u32>;

    fn with<T: Element>(self) -> Result<u32> {
        let Self { cx, ty, pipe } = self;
        let reader = StreamReader::new(cx.store.as_context_mut(), Feeding::<T>(pipe, PhantomData))?;
        lower_end(cx, ty, &reader)
    }
}

struct Join<'a, S: 'static> {
    store: StoreContextMut<'a, S>,
    any: StreamAny,
    pipe: Arc<Pipe>,
}

impl<S: 'static> ForElement for Join<'_, S> {
    type Output = Result<()>;

    fn with<T: Element>(self) -> Result<()> {
        let reader = self.any.try_into_stream_reader::<T>()?;
        reader.pipe(self.store, Draining::<T>(self.pipe, PhantomData))
    }
}

/// Feeds a component's stream from a pipe.
struct Feeding<T>(Arc<Pipe>, PhantomData<fn() -> T>);

impl<T> Drop for Feeding<T> {
    fn drop(&mut self) {
        self.0.drop_reader();
    }
}

impl<T: Element, S: 'static> StreamProducer<S> for Feeding<T> {
    type Item = T;
    type Buffer = VecBuffer<T>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, S>,
        mut destination: Destination<'a, T, VecBuffer<T>>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let wanted = destination.remaining(&mut store).unwrap_or(ELEMENTS);
        if wanted == 0 {
            // It asks only whether there is something to read.
            return match self.0.poll_readable(cx) {
                true => Poll::Ready(Ok(StreamResult::Completed)),
                false => pending(finish),
            };
        }
        match self.0.poll_take(cx, wanted) {
            Chunk::Bytes(bytes) => {
                destination.set_buffer(T::from_bytes(&bytes).into());
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Chunk::End => Poll::Ready(Ok(StreamResult::Dropped)),
            Chunk::Failed(fault) => Poll::Ready(Err(carried(&fault))),
            Chunk::Nothing => pending(finish),
        }
    }
}

/// Drains a component's stream into a pipe.
struct Draining<T>(Arc<Pipe>, PhantomData<fn() -> T>);

impl<T> Drop for Draining<T> {
    fn drop(&mut self) {
        self.0.finish();
    }
}

impl<T: Element, S: 'static> StreamConsumer<S> for Draining<T> {
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, S>,
        mut source: Source<'_, T>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let room = match self.0.poll_room(cx) {
            Poll::Ready(Some(room)) => room,
            Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending => return pending(finish),
        };
        let count = source.remaining(&mut store).min(room);
        if count > 0 {
            let mut elements: Vec<T> = Vec::with_capacity(count);
            source.read(&mut store, &mut elements)?;
            self.0.push_all(&T::to_bytes(&elements));
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

fn pending(finish: bool) -> Poll<Result<StreamResult>> {
    match finish {
        true => Poll::Ready(Ok(StreamResult::Cancelled)),
        false => Poll::Pending,
    }
}

/// Gives a component the value that a script's promise comes to.
struct Promised(Arc<Slot<Arguments>>, Arc<Type>);

impl<S: 'static> FutureProducer<S> for Promised {
    type Item = Payload;

    fn poll_produce(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'_, S>,
        finish: bool,
    ) -> Poll<Result<Option<Payload>>> {
        let shared = current()?;
        produced(self.0.poll_take(cx), finish, |arguments| Payload::going(&shared, &self.1, arguments))
    }
}

/// Tells a component that a script's promise has come to its end.
struct Settled(Arc<Slot<Arguments>>);

impl<S: 'static> FutureProducer<S> for Settled {
    type Item = ();

    fn poll_produce(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'_, S>,
        finish: bool,
    ) -> Poll<Result<Option<()>>> {
        produced(self.0.poll_take(cx), finish, drop)
    }
}

fn produced<T>(
    taken: Option<Result<Arguments, Box<Fault>>>,
    finish: bool,
    make: impl FnOnce(Arguments) -> T,
) -> Poll<Result<Option<T>>> {
    match taken {
        Some(Ok(arguments)) => Poll::Ready(Ok(Some(make(arguments)))),
        Some(Err(fault)) => Poll::Ready(Err(carried(&fault))),
        None if finish => Poll::Ready(Ok(None)),
        None => Poll::Pending,
    }
}

/// Waits for the value of a component's future.
struct Awaiting(Arc<Slot<Answer>>);

impl Drop for Awaiting {
    fn drop(&mut self) {
        self.0.fill(Err(Fault::abi("the component let go of a future that it had not fulfilled")));
    }
}

impl<S: 'static> FutureConsumer<S> for Awaiting {
    type Item = Payload;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, S>,
        mut source: Source<'_, Payload>,
        _: bool,
    ) -> Poll<Result<()>> {
        let mut payload: Option<Payload> = None;
        source.read(&mut store, &mut payload)?;
        if let Some(payload) = payload {
            self.0.fill(payload.came());
        }
        Poll::Ready(Ok(()))
    }
}

/// Waits for the end of a component's future that comes to nothing.
struct AwaitingNothing(Arc<Slot<Answer>>);

impl Drop for AwaitingNothing {
    fn drop(&mut self) {
        self.0.fill(Err(Fault::abi("the component let go of a future that it had not fulfilled")));
    }
}

impl<S: 'static> FutureConsumer<S> for AwaitingNothing {
    type Item = ();

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, S>,
        mut source: Source<'_, ()>,
        _: bool,
    ) -> Poll<Result<()>> {
        let mut done: Option<()> = None;
        source.read(&mut store, &mut done)?;
        if done.is_some() {
            self.0.fill(Ok(Answer::nothing()));
        }
        Poll::Ready(Ok(()))
    }
}
