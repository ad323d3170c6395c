//! Values that cross a thread: a call's checked arguments on the way to its component, and the answer on the way back.

use innerbox_binding::{Failure, Held, hold};

use crate::check::{Item, Tape};
use crate::door::{Crossing, Flat, Guest, Handles, Importer, Source};
use crate::fault::Fault;
use crate::instance::Instance;
use crate::lower::Lowerer;
use crate::pack::pack;
use crate::plan::{Function, ImportId, ResourceId, Type};
use crate::room::Room;
use crate::text::Encoding;
use crate::transfer::{self, Came, End};

/// Checked arguments that outlive the scope they were read in, and that any thread may lower.
pub struct Arguments {
    items: Vec<Kept>,
    bytes: u64,
    ends: Ends,
    /// Given back when they are lowered or dropped.
    _held: Held,
}

enum Kept {
    Bits(u64),
    Text(String),
    Bytes(Vec<u8>),
    Count(u32),
    End(End),
}

/// The ends among arguments. Where one is never passed on, nobody will read it.
struct Ends(Vec<End>);

impl Drop for Ends {
    fn drop(&mut self) {
        for end in &self.0 {
            if let End::Stream(pipe) = end {
                pipe.drop_unread();
            }
        }
    }
}

impl Arguments {
    /// Copies what was checked: what the script writes there later is not what it passed. The copies are charged to the
    /// sandbox's array buffers, for a script may ask for many calls before the first is made.
    ///
    /// # Errors
    /// A `RangeError` where the sandbox has no room for the copies.
    pub(crate) fn copy<'s>(
        scope: &mut v8::PinScope<'s, '_>,
        instance: &Instance,
        tape: &Tape<'s>,
    ) -> Result<Self, Failure> {
        let held = hold(scope, usize::try_from(tape.bytes()).unwrap_or(usize::MAX))?;
        let mut ends = Ends(Vec::new());
        let items = tape.items.iter().map(|item| {
            Ok(match item {
                Item::Source(value, flow) => {
                    let end = transfer::to_component(scope, &instance.shared()?, *value, flow)?;
                    ends.0.push(end.clone());
                    Kept::End(end)
                }
                Item::End(end) => Kept::End(end.clone()),
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
                Item::Given(object) => Kept::Bits(instance.given.keep(scope, *object).into()),
            })
        });
        let items = items.collect::<Result<_, Failure>>()?;
        Ok(Self { items, bytes: tape.bytes(), ends, _held: held })
    }

    /// Lowers them as the parameters of a function.
    ///
    /// # Errors
    /// As [`Crossing::lower`].
    pub fn lower(
        self,
        function: &Function,
        guest: &mut dyn Guest,
        flat: &mut Flat,
        allowed: usize,
    ) -> Result<(), Box<Fault>> {
        let (tape, _ends) = self.tape();
        let (items, room) = (tape.items.iter(), Room::with(tape.bytes(), allowed));
        Lowerer { site: None, guest, items, room }.params(function, flat)
    }

    /// Lowers the one value that they are to its place in memory.
    ///
    /// # Errors
    /// As [`Crossing::lower`].
    pub fn store(self, ty: &Type, guest: &mut dyn Guest, at: u32, allowed: usize) -> Result<(), Box<Fault>> {
        let (tape, _ends) = self.tape();
        let (items, room) = (tape.items.iter(), Room::with(tape.bytes(), allowed));
        Lowerer { site: None, guest, items, room }.store(ty, at)
    }

    /// Lowers the one value that they are to a core value.
    ///
    /// # Errors
    /// As [`Crossing::lower`].
    pub fn single(self, ty: &Type, guest: &mut dyn Guest, allowed: usize) -> Result<u64, Box<Fault>> {
        let (tape, _ends) = self.tape();
        let (items, room) = (tape.items.iter(), Room::with(tape.bytes(), allowed));
        Lowerer { site: None, guest, items, room }.single(ty)
    }

    fn tape(self) -> (Tape<'static>, Ends) {
        let items = self.items.into_iter().map(|item| match item {
            Kept::End(end) => Item::End(end),
            Kept::Bits(bits) => Item::Bits(bits),
            Kept::Text(text) => Item::Copied(text),
            Kept::Bytes(bytes) => Item::Bytes(bytes),
            Kept::Count(count) => Item::Count(count),
        });
        (Tape::of(items, self.bytes), self.ends)
    }
}

/// What was taken out of its component, an answer or the arguments of an import: a memory of its own, with the value in it
/// as the canonical ABI has it. It is lifted as if it were the component's.
pub struct Answer {
    pub(crate) memory: Vec<u8>,
    pub(crate) flat: Flat,
    pub(crate) encoding: Encoding,
    /// The readable ends in it, by the numbers that stand in their places.
    pub(crate) ends: Vec<Came>,
}

impl Answer {
    /// One without a value.
    pub fn nothing() -> Self {
        Self { memory: Vec::new(), flat: [0; _], encoding: Encoding::Utf8, ends: Vec::new() }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.memory.len()
    }

    /// What the lifter reads from.
    pub(crate) fn source<'a>(&'a self, handles: &'a mut Taken) -> Source<'a> {
        Source { memory: &self.memory, handles, encoding: self.encoding }
    }

    /// Its handles, for the lifter.
    pub(crate) fn taken(&self) -> Taken {
        Taken(self.ends.clone())
    }
}

/// The handles of an answer: each was taken out of the component's table already, and its representation put in its place.
pub(crate) struct Taken(pub(crate) Vec<Came>);

impl Handles for Taken {
    fn give(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is given while an answer comes out"))
    }

    fn take(&mut self, _: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        Ok(rep)
    }

    fn lend(&mut self, _: ResourceId, _: u32) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: nothing is lent while an answer comes out"))
    }

    fn rep(&mut self, _: ResourceId, rep: u32) -> Result<u32, Box<Fault>> {
        Ok(rep)
    }

    fn end(&mut self, number: u32) -> Result<Came, Box<Fault>> {
        let end = self.0.get(number as usize).cloned();
        end.ok_or_else(|| Fault::abi("host fault: an answer has no such end"))
    }
}

/// The values of one call that is made on another thread than its isolate's.
pub(crate) struct Passing<'a> {
    function: &'a Function,
    arguments: Option<Arguments>,
    allowed: usize,
    answer: Option<Answer>,
}

impl<'a> Passing<'a> {
    pub(crate) fn new(function: &'a Function, arguments: Arguments, allowed: usize) -> Self {
        Self { function, arguments: Some(arguments), allowed, answer: None }
    }

    /// The answer, once the call is through the door.
    ///
    /// # Errors
    /// A host fault where the door lifted nothing.
    pub(crate) fn answer(self) -> Result<Answer, Box<Fault>> {
        self.answer.ok_or_else(|| Fault::abi("host fault: the door lifted nothing"))
    }
}

impl Crossing for Passing<'_> {
    fn lower(&mut self, guest: &mut dyn Guest, flat: &mut Flat) -> Result<(), Box<Fault>> {
        match self.arguments.take() {
            Some(arguments) => arguments.lower(self.function, guest, flat, self.allowed),
            None => Err(Fault::abi("host fault: the arguments were lowered already")),
        }
    }

    fn lift(&mut self, source: Source<'_>, flat: &Flat) -> Result<(), Box<Fault>> {
        self.answer = Some(pack(source, self.function, flat, self.allowed)?);
        Ok(())
    }

    fn import(&mut self, _: ImportId, _: &mut dyn Importer, _: &mut [u64]) -> Result<(), Box<Fault>> {
        Err(Fault::abi("host fault: JavaScript is asked for on another thread"))
    }

    fn dropped(&mut self, _: ResourceId, _: u32) -> Result<(), Box<Fault>> {
        Err(Fault::abi("host fault: JavaScript is told of a resource on another thread"))
    }
}
