//! `DeniedError`: what a script gets where a grant is missing.

use crate::strings::string;

/// Makes the class; run before any of the tenant's code.
const SOURCE: &str = "(() => {
  'use strict';
  class DeniedError extends Error {}
  Object.defineProperty(DeniedError.prototype, 'name', { value: 'DeniedError', writable: true, enumerable: false, configurable: true });
  return DeniedError;
})()";

const NAME: &str = "DeniedError";

/// The code that each of them has, as in Node.
pub(crate) const CODE: &str = "ERR_ACCESS_DENIED";

/// The class, in the isolate's slot.
struct Class(v8::Global<v8::Function>);

/// Defines the class on the global object of the scope's context. Where that was not done, a denial is a plain `Error`. `None`
/// where its JavaScript does not run: V8 holds an exception, or is being terminated.
pub fn define_denied_error(scope: &mut v8::PinScope<'_, '_>) -> Option<()> {
    let source = string(scope, SOURCE);
    let class = v8::Script::compile(scope, source, None)?.run(scope)?;
    let name = string(scope, NAME);
    let global = scope.get_current_context().global(scope);
    global.define_own_property(scope, name.into(), class, v8::PropertyAttribute::DONT_ENUM)?;
    if let Ok(class) = v8::Local::<v8::Function>::try_from(class) {
        let class = Class(v8::Global::new(scope, class));
        scope.set_slot(class);
    }
    Some(())
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
