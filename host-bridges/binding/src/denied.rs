//! `DeniedError`: what a script gets where a grant is missing. `globals` defines the class.

/// The code that each of them has, as in Node.
pub(crate) const CODE: &str = "ERR_ACCESS_DENIED";

/// The class, in the isolate's slot.
struct Class(v8::Global<v8::Function>);

/// Makes denials of the isolate errors of this class.
pub(crate) fn attach(scope: &mut v8::PinScope<'_, '_>, class: v8::Local<v8::Function>) {
    let class = Class(v8::Global::new(scope, class));
    scope.set_slot(class);
}

/// An error of the class; a plain `Error` where there is none.
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
