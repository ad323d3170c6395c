//! Start-up snapshots: the heap of an isolate whose realm is [defined](super::define), as bytes.
//!
//! An isolate made from one has that realm without running anything. The bytes hold bytecode, which V8 trusts: they must
//! come from this program alone. Where in a snapshot something of the program is meant, its place in [`references`] stands, so
//! whoever uses one must give V8 the same list.

use innerbox_binding::prelude::{self, text_reference};
use innerbox_binding::value::undefined;
use innerbox_binding::{Failure, OrPending, denied_references, describe_exception, reference};
use v8::{ExternalReference, FunctionCodeHandling, OwnedIsolate};

use crate::{COMMON, FLAGS, REMOVALS, REPLACEMENTS, RealmGrants, WARM_UP, call_text, define, is_real_array};

/// The place in a snapshot of the context that nothing was defined in.
pub const BARE: usize = 0;

/// What of this program a snapshot refers to: functions of Rust, and texts of JavaScript.
#[must_use]
pub fn references() -> Vec<ExternalReference> {
    let own = [&COMMON, &REMOVALS, &WARM_UP].into_iter().chain(&REPLACEMENTS).map(text_reference);
    [
        vec![reference(is_real_array)],
        own.collect(),
        prelude::references(),
        denied_references(),
        innerbox_bridge_web::references(),
        innerbox_bridge_node::references(),
        innerbox_bridge_component::references(),
    ]
    .concat()
}

/// What a script is kept from whose context is to be in a snapshot, until [`end`](Self::end): most of what that cannot hold.
pub struct WarmUp(v8::Global<v8::Function>);

impl WarmUp {
    /// Begins it in the current context, whose realm came from the snapshot of [`create`], as the isolate did.
    ///
    /// # Errors
    /// What V8 says where it cannot run the host's JavaScript: out of stack or heap.
    pub fn begin(scope: &mut v8::PinScope<'_, '_>) -> Result<Self, Failure> {
        let end = call_text(scope, &WARM_UP, &[])?;
        let end = v8::Local::<v8::Function>::try_from(end).ok().or_pending()?;
        Ok(Self(v8::Global::new(scope, end)))
    }

    /// Ends it, and leaves what the prelude needs in the snapshot that is made next. The current context has nothing of
    /// Rust's any more.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and what the script throws where it has made an object of V8's unchangeable.
    pub fn end(self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
        let end = v8::Local::new(scope, &self.0);
        end.call(scope, undefined(scope), &[]).or_pending()?;
        prelude::preserve(scope)
    }
}

/// Starts V8 in a program that makes a snapshot and does nothing else.
pub fn start() {
    for flag in FLAGS {
        v8::V8::set_flags_from_string(flag);
    }
    v8::V8::initialize_platform(v8::new_unprotected_default_platform(1, false).make_shared());
    v8::V8::initialize();
}

/// Makes the snapshot of the realm. V8 must run.
///
/// # Errors
/// What the realm's preparation threw, which is a fault of its own, as text.
pub fn create() -> Result<Vec<u8>, String> {
    let mut isolate = v8::Isolate::snapshot_creator(Some(references().into()), None);
    let prepared = prepare(&mut isolate);
    // Before anything else: an isolate that makes a snapshot may not be dropped.
    let blob = isolate.create_blob(FunctionCodeHandling::Keep);
    prepared?;
    blob.map(|blob| blob.to_vec()).ok_or_else(|| "V8 made no snapshot".to_owned())
}

fn prepare(isolate: &mut OwnedIsolate) -> Result<(), String> {
    prelude::expect_snapshot(isolate);
    v8::scope!(let scope, isolate);
    let bare = v8::Context::new(scope, v8::ContextOptions::default());
    let context = v8::Context::new(scope, v8::ContextOptions::default());
    scope.set_default_context(context);
    scope.add_context(bare);
    let scope = &mut v8::ContextScope::new(scope, context);
    let defined = define(scope, RealmGrants::default()).and_then(|()| prelude::preserve(scope));
    context.clear_all_slots();
    defined.map_err(|failure| describe(scope, failure))
}

fn describe(scope: &mut v8::PinScope<'_, '_>, failure: Failure) -> String {
    match failure.into_exception(scope) {
        Some(exception) => describe_exception(scope, exception),
        None => "V8 ran none of the host's JavaScript".to_owned(),
    }
}
