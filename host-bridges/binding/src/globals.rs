//! What the bridges have on the global object together: the class `DeniedError`.

use crate::denied;
use crate::failure::{Failure, OrPending};
use crate::prelude::{self, Source, no_natives};

/// The source that defines the class on the global object and returns it.
static SOURCES: &[Source] =
    &[Source { name: "denied", text: prelude::text(include_str!("denied.js")), natives: no_natives }];

/// Defines the class on the global object of the current context: call before any of the tenant's code runs.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn define_denied_error(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, SOURCES)?;
    prelude::load(scope, SOURCES[0].name).map(drop)
}

/// Makes denials errors of the class that the current context has. Where that was not done, a denial is a plain `Error`.
///
/// # Errors
/// As [`define_denied_error`].
pub fn attach_denied_error(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, SOURCES)?;
    let class = prelude::export(scope, SOURCES[0].name, "DeniedError")?;
    denied::attach(scope, v8::Local::<v8::Function>::try_from(class).ok().or_pending()?);
    Ok(())
}

/// What a snapshot with the class refers to.
#[must_use]
pub fn denied_references() -> Vec<v8::ExternalReference> {
    prelude::text_references(SOURCES)
}
