//! The module `innerbox:component`: instances of components with imports that the script gives, and exports as functions that
//! return promises.

use innerbox_binding::{Arguments, Failure, OrPending, Outcome, value};

use super::components::Components;
use crate::modules::Modules;

/// What scripts import it by.
pub(super) const SPECIFIER: &str = "innerbox:component";

/// What it exports.
///
/// # Errors
/// [`Failure::Pending`] where its JavaScript does not run.
pub(super) fn exports<'s>(scope: &mut v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let exports = v8::Object::new(scope);
    value::set_function(scope, exports, "instantiate", instantiate);
    let count = |isolate: &v8::Isolate, count| Components::of(isolate)?.count_instances(count);
    let promising = innerbox_bridge_component::promising(scope, count)?;
    value::set(scope, exports, "promising", promising);
    Ok(exports)
}

/// `instantiate(component, imports)`: `component` is an extension's name or a file's URL. Gives the component's exports.
fn instantiate<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let component = args.get(0).to_string(scope).or_pending()?.to_rust_string_lossy(scope);
    let imports = match args.get(1) {
        imports if imports.is_undefined() => v8::Object::new(scope),
        imports => v8::Local::<v8::Object>::try_from(imports)
            .map_err(|_| Failure::type_error("`imports`: expected an object"))?,
    };
    let components = Components::of(scope)?;
    if let Some(exports) = components.instantiate(scope, &component, imports)? {
        return Ok(exports.into());
    }
    let (path, bytes) = Modules::of(scope)?.component_file(&component)?;
    Ok(components.instantiate_file(scope, &path, &bytes, imports)?.into())
}
