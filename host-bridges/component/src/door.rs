//! What the bridge needs of a component's instance. `extension` implements it, once for each door.

use crate::plan::{FLAT_PARAMS_MAX, FunctionId, ResourceId};

/// Core values of a call: parameters on the way in, the result on the way out, each zero-extended to 64 bits.
pub type Flat = [u64; FLAT_PARAMS_MAX];

/// A component, instantiated for one sandbox. It is entered by one call at a time.
///
/// A call goes `open`, `realloc` (any number of times), `call`, lifting through `lifting`, `post_return`, `close`.
/// After a [`Fault`] the instance is dead: the next `open` makes a fresh one, with another generation.
pub trait Door {
    /// Makes sure that a live instance stands ready, and gives its generation: handles of an earlier one are stale.
    ///
    /// # Errors
    /// A fault where instantiation fails or is refused.
    fn open(&mut self) -> Result<u32, Fault>;

    /// Most bytes of lists and strings that one call may carry in, and as many out.
    fn crossing_bytes(&self) -> usize;

    /// The generation of the live instance; 0 where there is none.
    fn generation(&self) -> u32;

    /// Calls the core function of an export. `flat` holds its parameters, then its result.
    ///
    /// # Errors
    /// A fault where the component trapped, was interrupted, or reached a limit.
    fn call(&mut self, function: FunctionId, flat: &mut Flat) -> Result<(), Fault>;

    /// Calls an export whose parameters and result need no memory: `open`, `call` and `post_return` in one. `flat` has
    /// room for the parameters, and for the result at its start.
    ///
    /// # Errors
    /// As `call`.
    fn call_scalar(&mut self, function: FunctionId, flat: &mut [u64]) -> Result<(), Fault>;

    /// Calls the export's post-return function, if it has one, with the core result of `call`.
    ///
    /// # Errors
    /// As `call`.
    fn post_return(&mut self, function: FunctionId, result: u64) -> Result<(), Fault>;

    /// Asks the component for memory: `size` bytes aligned to `align`. The answer is the component's claim, unchecked.
    ///
    /// # Errors
    /// As `call`.
    fn realloc(&mut self, align: u32, size: u32) -> Result<u32, Fault>;

    /// The component's linear memory.
    fn memory(&mut self) -> &mut [u8];

    /// The linear memory beside the handle table.
    ///
    /// # Errors
    /// A fault where no instance is live.
    fn lifting(&mut self) -> Result<(&[u8], &mut dyn Handles), Fault>;

    /// Calls the destructor of a resource.
    ///
    /// # Errors
    /// As `call`.
    fn destroy(&mut self, resource: ResourceId, rep: u32) -> Result<(), Fault>;

    /// Declares the instance dead, because what it answered breaks the canonical ABI.
    fn condemn(&mut self);
}

/// The instance's handle table, as the canonical ABI has it: what the component calls a handle.
pub trait Handles {
    /// Enters a representation as a handle that the component owns.
    ///
    /// # Errors
    /// A fault at the limit of handles.
    fn give(&mut self, resource: ResourceId, rep: u32) -> Result<u32, Fault>;

    /// Takes the representation of an owned handle out of the table.
    ///
    /// # Errors
    /// A fault where the component names a handle that it does not own.
    fn take(&mut self, resource: ResourceId, handle: u32) -> Result<u32, Fault>;
}

/// Why a call into a component did not come to its end.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The component trapped or broke the canonical ABI.
    Trap {
        /// What happened, in words.
        message: String,
        /// The wasm stack, innermost first: names of functions.
        frames: Vec<String>,
    },
    /// The component reached a limit of its own.
    Limit {
        /// Its name: `memory`, `call wall time`, `handles`, ...
        which: &'static str,
        /// How much was used or asked for.
        used: u64,
        /// How much is allowed.
        allowed: u64,
        /// The unit of both: `bytes`, `ms`, or empty for a count.
        unit: &'static str,
    },
    /// The run itself is being ended; V8 knows, and nothing is to be thrown.
    Terminated,
    /// The component is already running, further down the stack.
    Busy,
}

impl Fault {
    /// A trap found by the host: the component broke the canonical ABI.
    pub fn abi(message: impl Into<String>) -> Self {
        Self::Trap { message: message.into(), frames: Vec::new() }
    }
}
