//! `DeniedError`: what a script gets where a grant is missing. `globals` defines the class.

use std::rc::Rc;

/// The code that each of them has, as in Node.
pub(crate) const CODE: &str = "ERR_ACCESS_DENIED";

/// The context's embedder data that holds the class. Collections see it there, and it goes with its context.
const CLASS: i32 = 2;

/// In the slot of a context that has the class: V8 aborts where data is read that was never set.
struct Attached;

/// Makes denials errors of this class, in the current context.
pub(crate) fn attach(scope: &v8::PinScope<'_, '_>, class: v8::Local<v8::Function>) {
    let context = scope.get_current_context();
    context.set_embedder_data(CLASS, class.into());
    context.set_slot(Rc::new(Attached));
}

/// An error of the class that the current context has; a plain `Error` where it has none.
pub(crate) fn make<'s>(
    scope: &v8::PinScope<'s, '_>,
    message: v8::Local<'s, v8::String>,
) -> Option<v8::Local<'s, v8::Value>> {
    let context = scope.get_current_context();
    let class = context.get_slot::<Attached>().and_then(|_| context.get_embedder_data(scope, CLASS));
    match class.and_then(|class| v8::Local::<v8::Function>::try_from(class).ok()) {
        Some(class) => class.new_instance(scope, &[message.into()]).map(Into::into),
        None => Some(v8::Exception::error(scope, message)),
    }
}
