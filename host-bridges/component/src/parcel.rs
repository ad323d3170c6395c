//! Values that cross a thread: a call's checked arguments on the way to its component, and the answer on the way back.

use innerbox_binding::{Failure, Held, hold};

use crate::check::{Item, Tape};
use crate::door::{Crossing, Encoding, Fault, Flat, Guest, Handles, Importer, Source};
use crate::lift::Room;
use crate::lower::Lowerer;
use crate::pack::pack;
use crate::plan::{Function, ImportId, ResourceId};

/// Checked arguments that outlive the scope they were read in, and that any thread may lower.
pub(crate) struct Arguments {
    items: Vec<Kept>,
    bytes: u64,
    /// Given back when they are lowered or dropped.
    _held: Held,
}

enum Kept {
    Bits(u64),
    Text(String),
    Bytes(Vec<u8>),
    Count(u32),
}

impl Arguments {
    /// Copies what was checked: what the script writes there later is not what it passed. The copies are charged to the
    /// sandbox's array buffers, for a script may ask for many calls before the first is made.
    ///
    /// # Errors
    /// A `RangeError` where the sandbox has no room for the copies; a host fault for an object of a class that
    /// JavaScript gave, since components with such classes do not leave the thread.
    pub(crate) fn copy(scope: &mut v8::PinScope<'_, '_>, tape: &Tape<'_>) -> Result<Self, Failure> {
        let held = hold(scope, usize::try_from(tape.bytes).unwrap_or(usize::MAX))?;
        let items = tape.items.iter().map(|item| {
            Ok(match item {
                Item::Bits(bits) => Kept::Bits(*bits),
                Item::Text(string, _) => Kept::Text(string.to_rust_string_lossy(scope)),
                Item::Copied(text) => Kept::Text(text.clone()),
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
        Ok(Self { items: items.collect::<Result<_, Failure>>()?, bytes: tape.bytes, _held: held })
    }

    fn tape(self) -> Tape<'static> {
        let items = self.items.into_iter().map(|item| match item {
            Kept::Bits(bits) => Item::Bits(bits),
            Kept::Text(text) => Item::Copied(text),
            Kept::Bytes(bytes) => Item::Bytes(bytes),
            Kept::Count(count) => Item::Count(count),
        });
        Tape { items: items.collect(), bytes: self.bytes, ..Tape::default() }
    }
}

/// An answer that was taken out of its component: a memory of its own, with the value in it as the canonical ABI has it.
/// It is lifted as if it were the component's.
pub(crate) struct Answer {
    pub(crate) memory: Vec<u8>,
    pub(crate) flat: Flat,
    pub(crate) encoding: Encoding,
}

impl Answer {
    /// What the lifter reads from.
    pub(crate) fn source<'a>(&'a self, handles: &'a mut Taken) -> Source<'a> {
        Source { memory: &self.memory, handles, encoding: self.encoding }
    }
}

/// The handles of an answer: each was taken out of the component's table already, and its representation put in its place.
pub(crate) struct Taken;

impl Handles for Taken {
    fn give(&mut self, _: ResourceId, _: u32) -> Result<u32, Fault> {
        Err(Fault::abi("host fault: nothing is given while an answer comes out"))
    }

    fn take(&mut self, _: ResourceId, rep: u32) -> Result<u32, Fault> {
        Ok(rep)
    }

    fn lend(&mut self, _: ResourceId, _: u32) -> Result<u32, Fault> {
        Err(Fault::abi("host fault: nothing is lent while an answer comes out"))
    }

    fn rep(&mut self, _: ResourceId, _: u32) -> Result<u32, Fault> {
        Err(Fault::abi("host fault: an answer lends nothing"))
    }
}

/// The values of one call that is made on another thread than its isolate's.
pub(crate) struct Passing<'a> {
    function: &'a Function,
    tape: Tape<'static>,
    allowed: usize,
    answer: Option<Answer>,
}

impl<'a> Passing<'a> {
    pub(crate) fn new(function: &'a Function, arguments: Arguments, allowed: usize) -> Self {
        Self { function, tape: arguments.tape(), allowed, answer: None }
    }

    /// The answer, once the call is through the door.
    ///
    /// # Errors
    /// A host fault where the door lifted nothing.
    pub(crate) fn answer(self) -> Result<Answer, Fault> {
        self.answer.ok_or_else(|| Fault::abi("host fault: the door lifted nothing"))
    }
}

impl Crossing for Passing<'_> {
    fn lower(&mut self, guest: &mut dyn Guest, flat: &mut Flat) -> Result<(), Fault> {
        let (items, room) = (self.tape.items.iter(), Room::with(self.tape.bytes, self.allowed));
        Lowerer { site: None, guest, items, room }.params(self.function, flat)
    }

    fn lift(&mut self, source: Source<'_>, flat: &Flat) -> Result<(), Fault> {
        self.answer = Some(pack(source, self.function, flat, self.allowed)?);
        Ok(())
    }

    fn import(&mut self, _: ImportId, _: &mut dyn Importer, _: &mut [u64]) -> Result<(), Fault> {
        Err(Fault::abi("host fault: JavaScript is asked for on another thread"))
    }

    fn dropped(&mut self, _: ResourceId, _: u32) -> Result<(), Fault> {
        Err(Fault::abi("host fault: JavaScript is told of a resource on another thread"))
    }
}
