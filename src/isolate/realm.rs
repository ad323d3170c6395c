//! A fresh realm, before anything of the tenant's runs in it: what a tenant must not have is taken away.

use innerbox_binding::{
    Arguments, Failure, OrPending, Outcome, define_denied_error, function, value::string,
};

use super::exception::describe;
use crate::error::Error;

/// What a realm keeps that is otherwise taken away.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RealmGrants {
    /// `eval`, `new Function` and their kin.
    pub(crate) code_from_strings: bool,
    /// V8's own `WebAssembly`, whose memories are not counted by any limit.
    pub(crate) web_assembly: bool,
}

/// Makes a context and prepares it.
///
/// # Errors
/// What the preparation threw: a fault of ours, or a heap limit too small for a realm.
pub(crate) fn make<'s>(
    scope: &mut v8::PinScope<'s, '_, ()>,
    grants: RealmGrants,
) -> Result<v8::Local<'s, v8::Context>, Error> {
    let context = v8::Context::new(scope, v8::ContextOptions::default());
    context.set_allow_generation_from_strings(grants.code_from_strings);
    if !grants.web_assembly {
        scope.set_allow_wasm_code_generation_callback(refuse);
    }
    let scope = &mut v8::ContextScope::new(scope, context);
    match prepare(scope, grants) {
        Ok(()) => Ok(context),
        Err(failure) => Err(Error::Isolate(describe(scope, failure))),
    }
}

fn prepare(scope: &mut v8::PinScope<'_, '_>, grants: RealmGrants) -> Result<(), Failure> {
    v8::tc_scope!(let scope, scope);
    let source = string(scope, include_str!("realm.js"));
    let prelude = v8::Script::compile(scope, source, None)
        .and_then(|script| script.run(scope))
        .and_then(|value| v8::Local::<v8::Function>::try_from(value).ok())
        .or_pending()?;
    let is_real_array = function(scope, "isRealArray", is_real_array, None).or_pending()?;
    let web_assembly = v8::Boolean::new(scope, grants.web_assembly);
    let receiver = v8::undefined(scope).into();
    match prelude.call(scope, receiver, &[is_real_array.into(), web_assembly.into()]) {
        Some(_) => define_denied_error(scope).or_pending(),
        None => Err(scope.exception().map_or(Failure::Pending, |thrown| Failure::thrown(scope, thrown))),
    }
}

/// True for arrays, false for all that only look like one: to JavaScript an ES Proxy of an array is an array as well.
fn is_real_array<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    Ok(v8::Boolean::new(scope, args.get(0).is_array()).into())
}

extern "C" fn refuse(_context: v8::Local<v8::Context>, _source: v8::Local<v8::String>) -> bool {
    false
}
