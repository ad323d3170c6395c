//! What the bridge needs of a component's instance. `extension` implements it, once for each door.

use std::rc::Rc;
use std::sync::Arc;

use crate::cancellation::Canceller;
use crate::core_value::CoreValue;
use crate::errand::Errands;
use crate::fault::{CallId, Fault};
use crate::parcel::{Answer, Arguments};
use crate::plan::{FLAT_PARAMS_MAX, FunctionId, ImportId, ResourceId, TransmitId};
use crate::text::Encoding;
use crate::transfer::{Came, End};

/// Core values of a call: parameters on the way in, the result on the way out, each zero-extended to 64 bits.
pub type Flat = [u64; FLAT_PARAMS_MAX];

/// A component, instantiated for one sandbox. It is entered by one call at a time.
///
/// After a [`Fault`] of a call the instance is dead: the next [`open`](Self::open) makes a fresh one, with another
/// generation.
pub trait Door: Send {
    /// Makes sure that a live instance stands ready, and gives its generation: handles of an earlier one are stale.
    ///
    /// # Errors
    /// A fault where instantiation fails or is refused.
    fn open(&mut self) -> Result<u32, Box<Fault>>;

    /// The generation of the live instance; 0 where there is none.
    fn generation(&self) -> u32;

    /// Most bytes of lists and strings that one call may carry in, and as many out.
    fn crossing_bytes(&self) -> usize;

    /// Calls an export of the instance that `open` made: `crossing` lowers the arguments, the component runs, `crossing`
    /// lifts the result, and the component may then free what the result lay in.
    ///
    /// # Errors
    /// A fault where the component trapped, was interrupted, reached a limit, or `crossing` found it breaking the
    /// canonical ABI.
    fn call(&mut self, function: FunctionId, crossing: &mut dyn Crossing) -> Result<(), Box<Fault>>;

    /// Calls an export whose parameters and result need no memory; opens the door itself. `values` has room for the
    /// parameters, and for the result at its start.
    ///
    /// # Errors
    /// As `open` and `call`; boxed, so that success is told in a register.
    fn call_scalar(&mut self, function: FunctionId, values: &mut [CoreValue]) -> Result<(), Box<Fault>>;

    /// Calls the destructor of a resource; `crossing` answers the imports that it calls.
    ///
    /// # Errors
    /// As `call`.
    fn destroy(
        &mut self,
        resource: ResourceId,
        rep: u32,
        crossing: &mut dyn Crossing,
    ) -> Result<(), Box<Fault>>;

    /// What ends the call that is going through the door, from any thread; between calls it does nothing.
    fn canceller(&self) -> Canceller;

    /// Where its calls are made if several may go on at once: then they take no other way.
    fn side_by_side(&self) -> Option<Arc<dyn SideBySide>> {
        None
    }

    /// What makes more doors to the same component, each with an instance of its own, under the same limits and with the
    /// same loans.
    fn maker(&self) -> Maker;

    /// Declares the instance dead, because what it answered breaks the canonical ABI.
    fn condemn(&mut self);
}

/// A component whose calls are made on threads of its own, several at once.
pub trait SideBySide: Send + Sync {
    /// Brings what the component asks of JavaScript to `errands`, from now on.
    fn report_to(&self, errands: Arc<Errands>);

    /// Starts a call of an export of the instance that `open` made, and tells `done` on any thread how it ended. `call` is
    /// the number that the bridge has for it.
    fn start(&self, call: CallId, function: FunctionId, arguments: Arguments, done: Done);

    /// Makes a call, and waits for it: no longer than one call may take, or the run goes on. `attend` does what the
    /// component has asked of JavaScript, on this thread; it is called whenever there may be something.
    ///
    /// # Errors
    /// As [`Door::call`], and what `attend` ends with.
    fn wait(
        &self,
        call: CallId,
        function: FunctionId,
        arguments: Arguments,
        attend: &mut dyn FnMut() -> Result<(), Box<Fault>>,
    ) -> Result<Answer, Box<Fault>>;

    /// Ends the instance if it has work that is not done: nobody waits for that any more.
    fn rest(&self);
}

/// See [`SideBySide::start`].
pub type Done = Box<dyn FnOnce(Result<Answer, Box<Fault>>) + Send>;

/// See [`Door::maker`].
pub type Maker = Rc<dyn Fn() -> Box<dyn Door>>;

/// The values of one call, on their way through a door.
pub trait Crossing {
    /// Writes the arguments into the component.
    ///
    /// # Errors
    /// A fault of the component, which breaks the canonical ABI or has no memory left.
    fn lower(&mut self, guest: &mut dyn Guest, flat: &mut Flat) -> Result<(), Box<Fault>>;

    /// Reads the result out of the component. `flat[0]` is the core result.
    ///
    /// # Errors
    /// A fault of the component: what it answered breaks the canonical ABI.
    fn lift(&mut self, source: Source<'_>, flat: &Flat) -> Result<(), Box<Fault>>;

    /// Answers a call of an import, between `lower` and `lift`. `flat` holds the core parameters, as
    /// [`Function::import_signature`](crate::plan::Function::import_signature) has them, and at its start the core result.
    ///
    /// # Errors
    /// A fault that ends the call: of the component, or [`Fault::Thrown`].
    fn import(
        &mut self,
        import: ImportId,
        importer: &mut dyn Importer,
        flat: &mut [u64],
    ) -> Result<(), Box<Fault>>;

    /// Notes that the component has dropped its handle of a resource that JavaScript gave.
    ///
    /// # Errors
    /// As `import`.
    fn dropped(&mut self, resource: ResourceId, rep: u32) -> Result<(), Box<Fault>>;
}

/// A component's instance while it calls an import: values cross out of it, and then into it.
pub trait Importer: Guest {
    /// What the arguments are lifted from.
    fn source(&mut self) -> Source<'_>;
}

/// A component's instance while values cross into it.
pub trait Guest {
    /// The linear memory.
    fn memory(&mut self) -> &mut [u8];

    /// Asks the component for memory: `size` bytes aligned to `align`. The answer is the component's claim, unchecked.
    ///
    /// # Errors
    /// A fault where the component trapped, was interrupted, or reached a limit.
    fn realloc(&mut self, align: u32, size: u32) -> Result<u32, Box<Fault>>;

    /// Its handle table.
    fn handles(&mut self) -> &mut dyn Handles;

    /// How its strings lie in memory.
    fn encoding(&self) -> Encoding;
}

/// A component's instance while values cross out of it.
pub struct Source<'a> {
    /// Its linear memory, which stays as it is: nothing of the component runs meanwhile.
    pub memory: &'a [u8],
    /// Its handle table.
    pub handles: &'a mut dyn Handles,
    /// How its strings lie in memory.
    pub encoding: Encoding,
}

/// The instance's handle table, as the canonical ABI has it: what the component calls a handle.
pub trait Handles {
    /// Enters a representation as a handle that the component owns.
    ///
    /// # Errors
    /// A fault at the limit of handles.
    fn give(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>>;

    /// Takes the representation of an owned handle out of the table.
    ///
    /// # Errors
    /// A fault where the component names a handle that it does not own.
    fn take(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>>;

    /// What a borrow of a resource crosses into the component as, for the length of the call.
    ///
    /// # Errors
    /// As `give`.
    fn lend(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Box<Fault>>;

    /// The representation behind a handle that the component lends.
    ///
    /// # Errors
    /// A fault where the component names a handle that it does not have.
    fn rep(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Box<Fault>>;

    /// Hands the readable end of a stream or a future to the component: the handle that it knows it by.
    ///
    /// # Errors
    /// As `give`; a host fault where there are no such ends.
    fn pass(&mut self, _: TransmitId, _: End) -> Result<u32, Box<Fault>> {
        Err(Fault::abi("host fault: this door passes no streams"))
    }

    /// Takes the readable end that the component names, to be joined to `end`.
    ///
    /// # Errors
    /// As `take`; a host fault where there are no such ends.
    fn receive(&mut self, _: TransmitId, _handle: u32, _end: &Came) -> Result<(), Box<Fault>> {
        Err(Fault::abi("host fault: this door takes no streams"))
    }

    /// The end that an answer has under this number.
    ///
    /// # Errors
    /// A host fault where it has none.
    fn end(&mut self, _number: u32) -> Result<Came, Box<Fault>> {
        Err(Fault::abi("host fault: an answer has no such end"))
    }
}
