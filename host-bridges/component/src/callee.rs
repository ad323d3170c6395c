//! How a JavaScript function finds what it calls.
#![expect(
    unsafe_code,
    reason = "follows the pointer that V8 keeps as a function's data: looking it up costs 10 ns"
)]

use std::cell::RefCell;
use std::rc::Rc;

use innerbox_binding::Failure;

use crate::bridge::Instance;
use crate::plan::{FunctionId, ResourceId};

/// What a JavaScript function of the bridge does.
pub(crate) struct Callee {
    pub(crate) instance: Rc<Instance>,
    pub(crate) role: CalleeRole,
}

/// See [`Callee`].
#[derive(Clone, Copy)]
pub(crate) enum CalleeRole {
    /// Calls an export.
    Export(FunctionId),
    /// Is a class that `new` may not be called on.
    NoConstructor(ResourceId),
    /// Disposes of a resource.
    Dispose(ResourceId),
}

/// Every callee of one isolate. It lies in the isolate's slot, so it lives as long as any function of the isolate can run.
#[derive(Default)]
pub(crate) struct Callees(RefCell<Vec<Rc<Callee>>>);

impl Callees {
    /// Enters a callee and gives the data of the function that will call it.
    ///
    /// The data is an `External`, which scripts cannot reach: V8 hands it to callbacks and to nobody else.
    pub(crate) fn enter<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        instance: &Rc<Instance>,
        role: CalleeRole,
    ) -> v8::Local<'s, v8::Value> {
        let callee = Rc::new(Callee { instance: Rc::clone(instance), role });
        let pointer = Rc::as_ptr(&callee).cast_mut();
        self.0.borrow_mut().push(callee);
        v8::External::new(scope, pointer.cast()).into()
    }
}

/// The callee behind the data of the function that is being called.
///
/// # Errors
/// A host fault where the function was made without one.
pub(crate) fn of<'s>(data: v8::Local<'s, v8::Value>) -> Result<&'s Callee, Failure> {
    let external = v8::Local::<v8::External>::try_from(data)
        .map_err(|_| Failure::error("host fault: a function without a callee").code("ERR_HOST_FAULT"))?;
    let pointer = external.value().cast::<Callee>().cast_const();
    // SAFETY: the callbacks of this crate are given to functions together with data from `Callees::enter`, whose
    // `External` holds the address inside an `Rc<Callee>`. `Callees` never lets go of one and is dropped with the isolate,
    // after the last callback; `'s` is the scope of a callback. Callees are never borrowed mutably.
    Ok(unsafe { &*pointer })
}
