//! How a JavaScript function finds what it calls.
#![expect(
    unsafe_code,
    reason = "follows the pointer that V8 keeps as a function's data: looking it up costs 10 ns"
)]

use std::cell::RefCell;
use std::rc::Rc;

use innerbox_binding::Failure;

use crate::instance::Instance;
use crate::plan::{FunctionId, ResourceId, Role, Scalars};

/// What a JavaScript function of the bridge does.
pub(crate) struct Callee {
    pub(crate) instance: Rc<Instance>,
    pub(crate) role: CalleeRole,
    /// The signature of an export of scalars, at hand: a call is counted in nanoseconds.
    pub(crate) scalars: Option<Scalars>,
    /// Of a method: the resource that it is called on.
    pub(crate) receiver: Option<ResourceId>,
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
        let function = match role {
            CalleeRole::Export(id) => Some(&instance.plan.functions[id]),
            _ => None,
        };
        let callee = Rc::new(Callee {
            instance: Rc::clone(instance),
            role,
            // Where an import may run the script, a call needs more than its scalars.
            scalars: function.filter(|_| !instance.plan.calls_scripts()).and_then(|f| f.scalars.clone()),
            receiver: function.and_then(|function| match function.role {
                Role::Method(resource) => Some(resource),
                _ => None,
            }),
        });
        let pointer = Rc::as_ptr(&callee).cast_mut();
        self.0.borrow_mut().push(callee);
        v8::External::new(scope, pointer.cast()).into()
    }
}

/// Marks functions with their data, so that it is found from outside of a call. Scripts see nothing of the mark.
pub(crate) struct Functions {
    mark: v8::Global<v8::Private>,
}

impl Functions {
    pub(crate) fn new(scope: &v8::PinScope<'_, '_>) -> Self {
        Self { mark: v8::Global::new(scope, v8::Private::new(scope, None)) }
    }

    /// Marks a function that was made with this data.
    pub(crate) fn mark(
        &self,
        scope: &v8::PinScope<'_, '_>,
        function: v8::Local<v8::Object>,
        data: v8::Local<v8::Value>,
    ) {
        function.set_private(scope, v8::Local::new(scope, &self.mark), data);
    }

    /// The data of a marked function.
    pub(crate) fn data<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        function: v8::Local<v8::Object>,
    ) -> Option<v8::Local<'s, v8::Value>> {
        let data = function.get_private(scope, v8::Local::new(scope, &self.mark))?;
        data.is_external().then_some(data)
    }
}

/// The callee behind the data of the function that is being called.
///
/// # Errors
/// A host fault where the function was made without one.
pub(crate) fn of<'s>(data: v8::Local<'s, v8::Value>) -> Result<&'s Callee, Failure> {
    if !data.is_external() {
        return Err(Failure::error("host fault: a function without a callee").code("ERR_HOST_FAULT"));
    }
    // SAFETY: callbacks of this crate are given to functions together with data from `Callees::enter`; nobody else makes
    // an `External`.
    Ok(unsafe { of_unchecked(data) })
}

/// The same, for a fast call, where looking twice is felt.
///
/// # Safety
/// The function that is being called was made with data from [`Callees::enter`].
pub(crate) unsafe fn of_unchecked<'s>(data: v8::Local<'s, v8::Value>) -> &'s Callee {
    // SAFETY: `enter` gives an `External`, and the caller says that this is one of its.
    let external = unsafe { v8::Local::<v8::External>::cast_unchecked(data) };
    let pointer = external.value().cast::<Callee>().cast_const();
    // SAFETY: the `External` of `enter` holds the address inside an `Rc<Callee>`. `Callees` never lets go of one and is
    // dropped with the isolate, after the last callback; `'s` is the scope of a callback. Callees are never borrowed mutably.
    unsafe { &*pointer }
}
