//! Calls that wait for a component to come back from another thread: their checked arguments, kept.

use std::collections::VecDeque;
use std::sync::Arc;

use innerbox_binding::{Completer, Failure};

use crate::cancellation::Cancellation;
use crate::check::{Item, Tape};
use crate::door::{Door, Fault};
use crate::plan::FunctionId;

/// The calls of one component that were asked for and are not made yet, in order.
pub(crate) type Queue = VecDeque<Job>;

/// A call that was asked for.
pub(crate) struct Job {
    pub(crate) function: FunctionId,
    arguments: Arguments,
    /// The generation that its resources are of; none where it has no resources.
    pub(crate) generation: Option<u32>,
    pub(crate) completer: Completer<Ended>,
    pub(crate) cancellation: Arc<Cancellation>,
}

/// How a call on another thread ended.
pub(crate) enum Ended {
    /// The door is back, and the result is to be lifted.
    Ran(Box<dyn Door>, Result<(), Fault>),
    /// It never left.
    Refused(Fault),
    /// Its resources were gone before its turn came.
    Stale,
    /// Nobody waited for it when its turn came.
    Cancelled,
}

/// Checked arguments that outlive the scope they were read in.
struct Arguments {
    items: Vec<Kept>,
    bytes: u64,
}

enum Kept {
    Bits(u64),
    Text(v8::Global<v8::String>, usize),
    Bytes(Vec<u8>),
    Count(u32),
}

impl Job {
    /// Keeps a call for its turn. Bytes are copied now: what the script writes there later is not what it passed.
    ///
    /// # Errors
    /// A host fault for an object of a class that JavaScript gave; components with such classes do not leave the thread.
    pub(crate) fn new(
        scope: &v8::PinScope<'_, '_>,
        function: FunctionId,
        tape: &Tape<'_>,
        generation: Option<u32>,
        completer: Completer<Ended>,
        cancellation: Arc<Cancellation>,
    ) -> Result<Self, Failure> {
        let items = tape.items.iter().map(|item| {
            Ok(match item {
                Item::Bits(bits) => Kept::Bits(*bits),
                Item::Text(string, length) => Kept::Text(v8::Global::new(scope, *string), *length),
                Item::View(view) => {
                    let mut bytes = vec![0; view.byte_length()];
                    view.copy_contents(&mut bytes);
                    Kept::Bytes(bytes)
                }
                Item::Bytes(bytes) => Kept::Bytes(bytes.clone()),
                Item::Count(count) => Kept::Count(*count),
                Item::Given(_) => return Err(Failure::error("host fault: a given object cannot wait")),
            })
        });
        let arguments = Arguments { items: items.collect::<Result<_, Failure>>()?, bytes: tape.bytes };
        Ok(Self { function, arguments, generation, completer, cancellation })
    }

    /// The arguments as a call reads them.
    pub(crate) fn tape<'s>(&mut self, scope: &v8::PinScope<'s, '_>) -> Tape<'s> {
        let items = self.arguments.items.drain(..).map(|item| match item {
            Kept::Bits(bits) => Item::Bits(bits),
            Kept::Text(string, length) => Item::Text(v8::Local::new(scope, string), length),
            Kept::Bytes(bytes) => Item::Bytes(bytes),
            Kept::Count(count) => Item::Count(count),
        });
        Tape { items: items.collect(), bytes: self.arguments.bytes, ..Tape::default() }
    }
}
