//! Keeps V8's inspector away from the console that scripts have, and has that console tell it what it is told.

use innerbox_binding::value::{name, undefined};
use innerbox_binding::{Arguments, OrPending, Outcome, function};
use innerbox_bridge_web::console_object;

use crate::error::Error;

/// The methods that both consoles have.
const METHODS: [&str; 19] = [
    "assert",
    "clear",
    "count",
    "countReset",
    "debug",
    "dir",
    "dirxml",
    "error",
    "group",
    "groupCollapsed",
    "groupEnd",
    "info",
    "log",
    "table",
    "time",
    "timeEnd",
    "timeLog",
    "trace",
    "warn",
];

/// Has the methods of the scripts' console call those of V8's own, too, which tell the sessions. What a script has put in
/// the place of a method stays there.
pub(super) fn mirror_console(scope: &mut v8::PinScope<'_, '_>) {
    v8::tc_scope!(let scope, scope);
    let Ok(console) = console_object(scope) else { return };
    let native = scope.get_current_context().get_extras_binding_object(scope);
    let native = native.get(scope, name(scope, "console").into());
    let Some(native) = native.and_then(|native| v8::Local::<v8::Object>::try_from(native).ok()) else {
        return;
    };
    for method in METHODS {
        // Where a script has fixed it, its calls are not told.
        let _ = mirror(scope, console, native, method);
    }
}

fn mirror(
    scope: &mut v8::PinScope<'_, '_>,
    console: v8::Local<v8::Object>,
    native: v8::Local<v8::Object>,
    method: &str,
) -> Option<()> {
    let key = name(scope, method);
    let said = own_function(scope, console, key)?;
    let told = own_function(scope, native, key)?;
    let length = said.get(scope, name(scope, "length").into())?;
    let both = v8::Array::new_with_elements(scope, &[said.into(), told.into(), native.into()]);
    let both = function(scope, method, call_both, Some(both.into()))?;
    both.define_own_property(
        scope,
        name(scope, "length").into(),
        length,
        v8::PropertyAttribute::READ_ONLY | v8::PropertyAttribute::DONT_ENUM,
    )?;
    console.create_data_property(scope, key.into(), both.into()).filter(|done| *done).map(drop)
}

/// A method that is an own data property: to look it up runs no script.
fn own_function<'s>(
    scope: &v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    key: v8::Local<v8::String>,
) -> Option<v8::Local<'s, v8::Function>> {
    let descriptor = object.get_own_property_descriptor(scope, key.into())?;
    let descriptor = v8::Local::<v8::Object>::try_from(descriptor).ok()?;
    let value = name(scope, "value");
    if !descriptor.has_own_property(scope, value.into())? {
        return None;
    }
    v8::Local::<v8::Function>::try_from(descriptor.get(scope, value.into())?).ok()
}

/// `data` is the script's method, V8's, and the console that has that.
fn call_both<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let both = v8::Local::<v8::Array>::try_from(args.data()).ok().or_pending()?;
    let [said, told, native] = [0, 1, 2].map(|index| both.get_index(scope, index));
    let said = v8::Local::<v8::Function>::try_from(said.or_pending()?).ok().or_pending()?;
    let told = v8::Local::<v8::Function>::try_from(told.or_pending()?).ok().or_pending()?;
    let values: Vec<_> = (0..args.length()).map(|index| args.get(index)).collect();
    // First, for it is under the limit of bytes.
    said.call(scope, args.this().into(), &values).or_pending()?;
    told.call(scope, native.or_pending()?, &values).or_pending()?;
    Ok(undefined(scope))
}

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
