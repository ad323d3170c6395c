//! An isolate that a start-up snapshot is made of, which V8 wants dropped in one way only.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::platform;

/// An isolate that is dropped as it has to be: one that a snapshot is made of ends in a snapshot, whatever has happened to it.
/// V8's binding panics where it does not. It must be entered then.
pub(super) struct Owned {
    /// `None` in the middle of the drop.
    isolate: Option<v8::OwnedIsolate>,
    creation: Option<(Creation, v8::Global<v8::Context>)>,
}

/// The snapshot that an isolate ends in.
#[derive(Clone, Default)]
pub(crate) struct Creation(Rc<Made>);

#[derive(Default)]
struct Made {
    context: RefCell<Option<v8::Global<v8::Context>>>,
    wanted: Cell<bool>,
    blob: OnceCell<Vec<u8>>,
}

impl Owned {
    pub(super) fn plain(isolate: v8::OwnedIsolate) -> Self {
        Self { isolate: Some(isolate), creation: None }
    }

    /// An isolate of [`v8::Isolate::snapshot_creator`].
    pub(super) fn creator(mut isolate: v8::OwnedIsolate, creation: &Creation) -> Self {
        let spare = {
            v8::scope!(let scope, &mut isolate);
            let spare = v8::Context::new(scope, v8::ContextOptions::default());
            v8::Global::new(scope, spare)
        };
        Self { isolate: Some(isolate), creation: Some((creation.clone(), spare)) }
    }
}

impl Creation {
    /// Says which context the snapshot will be of. There is no other that has anything of Rust's.
    pub(crate) fn watch(&self, scope: &v8::PinScope<'_, '_, ()>, context: v8::Local<v8::Context>) {
        *self.0.context.borrow_mut() = Some(v8::Global::new(scope, context));
    }

    /// Has the snapshot be one of that context, of which nothing is Rust's any more. Without this, the isolate ends in a
    /// snapshot of a fresh one, which nobody gets.
    pub(crate) fn keep(&self) {
        self.0.wanted.set(true);
    }

    /// The snapshot, once the isolate is gone; `None` where it was not to be kept, or V8 made none.
    pub(crate) fn blob(&self) -> Option<&[u8]> {
        self.0.blob.get().map(Vec::as_slice)
    }

    fn end(&self, mut isolate: v8::OwnedIsolate, spare: v8::Global<v8::Context>) {
        isolate.cancel_terminate_execution();
        let wanted = self.0.wanted.get();
        {
            v8::scope!(let scope, &mut isolate);
            let context = self.0.context.take().map(|context| v8::Local::new(scope, &context));
            let default = match (wanted, context) {
                (true, Some(context)) => context,
                (_, context) => {
                    // What the binding keeps for a context would be told of its end when it is gone itself.
                    context.inspect(|context| context.clear_all_slots());
                    v8::Local::new(scope, &spare)
                }
            };
            scope.set_default_context(default);
        }
        // V8 aborts the process where a handle is left.
        drop(spare);
        isolate.clear_kept_objects();
        platform::pump(&isolate);
        let blob = isolate.create_blob(v8::FunctionCodeHandling::Keep);
        if let (true, Some(blob)) = (wanted, blob) {
            let _ = self.0.blob.set(blob.to_vec());
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let (Some((creation, spare)), Some(isolate)) = (self.creation.take(), self.isolate.take()) {
            creation.end(isolate, spare);
        }
    }
}

impl Deref for Owned {
    type Target = v8::OwnedIsolate;

    fn deref(&self) -> &Self::Target {
        self.isolate.as_ref().expect("it is taken by the drop alone")
    }
}

impl DerefMut for Owned {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.isolate.as_mut().expect("it is taken by the drop alone")
    }
}
