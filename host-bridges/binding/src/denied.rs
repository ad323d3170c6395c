//! `DeniedError`: what a script gets where a grant is missing. `globals` defines the class.

use crate::prelude;

/// The code that each of them has, as in Node.
pub(crate) const CODE: &str = "ERR_ACCESS_DENIED";

/// The source that defines the class, and its name there.
pub(crate) const SOURCE: &str = "denied";
pub(crate) const CLASS: &str = "DeniedError";

/// An error of the class that the current context has; a plain `Error` where it has none.
pub(crate) fn make<'s>(
    scope: &v8::PinScope<'s, '_>,
    message: v8::Local<'s, v8::String>,
) -> Option<v8::Local<'s, v8::Value>> {
    let class = prelude::loaded(scope, SOURCE, CLASS);
    match class.and_then(|class| v8::Local::<v8::Function>::try_from(class).ok()) {
        Some(class) => class.new_instance(scope, &[message.into()]).map(Into::into),
        None => Some(v8::Exception::error(scope, message)),
    }
}
