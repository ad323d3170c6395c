//! Keeps V8's inspector away from the console that scripts have.

use innerbox_binding::value::name;

use crate::error::Error;

/// Runs `body` while the global object of the current context has no `console`.
///
/// When it is told of a context, V8 reads `console` from its global object and puts `memory` and `createTask` on it. The
/// property may be a getter of the script's by now, so it is neither read nor written, but exchanged.
///
/// # Errors
/// [`Error::Inspect`] where the script has made it impossible.
pub(super) fn without_console(
    scope: &mut v8::PinScope<'_, '_>,
    body: impl FnOnce(&mut v8::PinScope<'_, '_>),
) -> Result<(), Error> {
    v8::tc_scope!(let scope, scope);
    let global = scope.get_current_context().global(scope);
    let key = name(scope, "console").into();
    let descriptor = global.get_own_property_descriptor(scope, key);
    let nothing = v8::undefined(scope).into();
    if global.create_data_property(scope, key, nothing) != Some(true) {
        return Err(Error::Inspect("the script has fixed `console` on its global object".to_owned()));
    }
    body(scope);
    let restored = match descriptor.and_then(|descriptor| v8::Local::<v8::Object>::try_from(descriptor).ok())
    {
        Some(descriptor) => restore(scope, global, key, descriptor),
        None => global.delete(scope, key.into()),
    };
    match restored {
        Some(true) => Ok(()),
        _ => Err(Error::Inspect("the script's `console` could not be put back".to_owned())),
    }
}

/// Defines a property by what `get_own_property_descriptor` has said of it.
fn restore(
    scope: &v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    key: v8::Local<v8::Name>,
    said: v8::Local<v8::Object>,
) -> Option<bool> {
    let field = |field: &str| {
        let field = name(scope, field);
        // Its own fields alone: a script may have put others on `Object.prototype`.
        let own = said.has_own_property(scope, field.into())?;
        if own { said.get(scope, field.into()) } else { None }
    };
    let is = |name: &str| field(name).is_some_and(|value| value.is_true());
    let mut descriptor = match field("value") {
        Some(value) => v8::PropertyDescriptor::new_from_value_writable(value, is("writable")),
        None => v8::PropertyDescriptor::new_from_get_set(field("get")?, field("set")?),
    };
    descriptor.set_enumerable(is("enumerable"));
    descriptor.set_configurable(is("configurable"));
    object.define_property(scope, key, &descriptor)
}
