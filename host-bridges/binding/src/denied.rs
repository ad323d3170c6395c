//! `DeniedError`: what a script gets where a grant is missing.

use crate::failure::{Failure, OrPending};
use crate::prelude::{self, Source, no_natives};

/// The source that defines the class on the global object and returns it.
pub(crate) const SOURCES: &[Source] =
    &[Source { name: "denied", text: include_str!("denied.js"), natives: no_natives }];

/// The code that each of them has, as in Node.
pub(crate) const CODE: &str = "ERR_ACCESS_DENIED";

/// The class, in the isolate's slot.
struct Class(v8::Global<v8::Function>);

/// Defines the class on the global object of the current context: call before any of the tenant's code runs.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn define_denied_error(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::begin(scope)?;
    prelude::load(scope, SOURCES[0].name).map(drop)
}

/// Makes denials of the isolate errors of the class that the current context has. Where that was not done, a denial is a
/// plain `Error`.
///
/// # Errors
/// As [`define_denied_error`].
pub fn attach_denied_error(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let class = prelude::export(scope, SOURCES[0].name, "DeniedError")?;
    let class = v8::Local::<v8::Function>::try_from(class).ok().or_pending()?;
    let class = Class(v8::Global::new(scope, class));
    scope.set_slot(class);
    Ok(())
}

/// An error of the class.
pub(crate) fn make<'s>(
    scope: &v8::PinScope<'s, '_>,
    message: v8::Local<'s, v8::String>,
) -> Option<v8::Local<'s, v8::Value>> {
    match scope.get_slot::<Class>() {
        Some(Class(class)) => {
            let class = v8::Local::new(scope, class);
            class.new_instance(scope, &[message.into()]).map(Into::into)
        }
        None => Some(v8::Exception::error(scope, message)),
    }
}
