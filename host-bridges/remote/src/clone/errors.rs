//! What of an error is known in every realm.

use innerbox_binding::value::{name, string};
use innerbox_binding::{Failure, OrPending, prelude};

use super::graph::ErrorClass;

/// The class that an error has or extends, by the name that its prototypes give: a realm's own are not those of another.
pub(super) fn class(
    scope: &mut v8::PinScope<'_, '_>,
    error: v8::Local<v8::Object>,
) -> Result<ErrorClass, Failure> {
    let key = name(scope, "name");
    let mut prototype = error.get_prototype(scope);
    while let Some(object) = prototype.and_then(|value| v8::Local::<v8::Object>::try_from(value).ok()) {
        if object.is_proxy() {
            break;
        }
        if object.has_own_property(scope, key.into()).or_pending()? {
            let called = object.get(scope, key.into()).or_pending()?;
            if let Some(class) = known(scope, called) {
                return Ok(class);
            }
        }
        prototype = object.get_prototype(scope);
    }
    Ok(ErrorClass::Error)
}

fn known(scope: &v8::PinScope<'_, '_>, called: v8::Local<v8::Value>) -> Option<ErrorClass> {
    let called = v8::Local::<v8::String>::try_from(called).ok()?;
    ErrorClass::ALL.iter().find(|(_, name)| called == string(scope, name)).map(|(class, _)| *class)
}

/// The name that an error has from a prototype, where it is not the one of its class.
pub(super) fn inherited_name<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    error: v8::Local<v8::Object>,
    class: ErrorClass,
) -> Result<Option<v8::Local<'s, v8::String>>, Failure> {
    let key = name(scope, "name");
    if error.has_own_property(scope, key.into()).or_pending()? {
        return Ok(None);
    }
    let called = error.get(scope, key.into()).or_pending()?;
    let called = v8::Local::<v8::String>::try_from(called).ok();
    Ok(called.filter(|called| known(scope, (*called).into()) != Some(class)))
}

/// An error of a class of the current realm, as it was before any of the tenant's code ran.
pub(super) fn make<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    class: ErrorClass,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let name = ErrorClass::ALL.iter().find(|(other, _)| *other == class).map_or("Error", |(_, name)| name);
    let class = prelude::export(scope, "primordials", name)?;
    let class = v8::Local::<v8::Function>::try_from(class).ok().or_pending()?;
    class.new_instance(scope, &[]).or_pending()
}
