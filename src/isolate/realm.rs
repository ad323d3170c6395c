//! A fresh realm, before anything of the tenant's runs in it.

use std::borrow::Cow;

use innerbox_binding::{Failure, attach_denied_error};
pub(crate) use innerbox_realm::RealmGrants;
use innerbox_realm::snapshot::{BARE, references};

use super::exception::describe;
use crate::error::Error;

/// The realm as it is without grants, made when this program was compiled.
static SNAPSHOT: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/realm.snapshot")));

/// V8 reads words of a snapshot.
#[repr(align(16))]
struct Aligned<T: ?Sized>(T);

/// The snapshot of the realm.
pub(super) fn snapshot() -> v8::StartupData {
    v8::StartupData::from(Cow::Borrowed(snapshot_bytes()))
}

/// The same, as bytes.
pub(crate) fn snapshot_bytes() -> &'static [u8] {
    &SNAPSHOT.0
}

/// Has an isolate start with this snapshot: that of the realm, or one that was made from there.
pub(super) fn start_with(params: v8::CreateParams, snapshot: v8::StartupData) -> v8::CreateParams {
    params.snapshot_blob(snapshot).external_references(references().into())
}

/// Makes a context with the realm, in an isolate that [started](start_with) with it.
///
/// # Errors
/// What the preparation threw: a fault of ours, or a heap limit too small for a realm.
pub(crate) fn make<'s>(
    scope: &mut v8::PinScope<'s, '_, ()>,
    grants: RealmGrants,
) -> Result<v8::Local<'s, v8::Context>, Error> {
    let options = v8::ContextOptions::default();
    let context = match grants.web_assembly {
        false => v8::Context::new(scope, options),
        true => v8::Context::from_snapshot(scope, BARE, options)
            .ok_or_else(|| Error::Isolate("host fault: the snapshot has no bare context".to_owned()))?,
    };
    context.set_allow_generation_from_strings(grants.code_from_strings);
    if !grants.web_assembly {
        scope.set_allow_wasm_code_generation_callback(refuse);
    }
    let scope = &mut v8::ContextScope::new(scope, context);
    match prepare(scope, grants) {
        Ok(()) => Ok(context),
        Err(failure) => {
            let why = describe(scope, failure);
            context.clear_all_slots();
            Err(Error::Isolate(why))
        }
    }
}

fn prepare(scope: &mut v8::PinScope<'_, '_>, grants: RealmGrants) -> Result<(), Failure> {
    match grants.web_assembly {
        false => innerbox_realm::restore(scope)?,
        true => innerbox_realm::define(scope, grants)?,
    }
    attach_denied_error(scope)
}

extern "C" fn refuse(_context: v8::Local<v8::Context>, _source: v8::Local<v8::String>) -> bool {
    false
}
