//! Modules whose exports are the properties of an object.

use innerbox_binding::{Failure, OrPending, value::name};

use super::catching::catching;
use super::{Modules, fault};

/// A module that exports the own enumerable properties of `exports`, and `default`. V8 calls `steps` to have them set.
pub(super) fn module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    exports: v8::Local<v8::Object>,
    steps: impl v8::MapFnTo<v8::SyntheticModuleEvaluationSteps<'s>>,
) -> Result<v8::Local<'s, v8::Module>, Failure> {
    let names = catching(scope, |scope| export_names(scope, exports))?;
    Ok(v8::Module::create_synthetic_module(scope, name(scope, url), &names, steps))
}

/// The value of a JSON file, as `default`.
pub(super) fn json<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    text: &str,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let text = v8::String::new(scope, text)
        .ok_or_else(|| Failure::range_error("the file is longer than a string can be").code("ERR_LIMIT"))?;
    let value = catching(scope, |scope| v8::json::parse(scope, text))
        .map_err(|failure| not_json(scope, url, failure))?;
    let exports = v8::Object::new(scope);
    exports.create_data_property(scope, name(scope, "default").into(), value).or_pending()?;
    Ok(exports)
}

/// Sets the exports of a module that V8 evaluates.
pub(super) fn evaluate(
    scope: &mut v8::PinScope<'_, '_>,
    module: v8::Local<v8::Module>,
) -> Result<(), Failure> {
    let modules = Modules::of(scope)?;
    let key = modules.key_of(module)?;
    let exports = modules.records.borrow().get(&key).and_then(|record| record.exports.clone());
    let exports = v8::Local::new(scope, exports.ok_or_else(|| fault("a module has no exports"))?);
    for export in export_names(scope, exports).or_pending()? {
        let own = exports.has_own_property(scope, export.into()).or_pending()?;
        let value = if own { exports.get(scope, export.into()).or_pending()? } else { exports.into() };
        module.set_synthetic_module_export(scope, export, value).or_pending()?;
    }
    Ok(())
}

/// Each name once, as V8 demands: it aborts the process for a name that comes twice.
fn export_names<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    exports: v8::Local<v8::Object>,
) -> Option<Vec<v8::Local<'s, v8::String>>> {
    let which = v8::GetPropertyNamesArgs {
        mode: v8::KeyCollectionMode::OwnOnly,
        property_filter: v8::PropertyFilter::ONLY_ENUMERABLE | v8::PropertyFilter::SKIP_SYMBOLS,
        index_filter: v8::IndexFilter::IncludeIndices,
        key_conversion: v8::KeyConversionMode::ConvertToString,
    };
    let keys = exports.get_own_property_names(scope, which)?;
    let default = name(scope, "default");
    let mut names = vec![default];
    for index in 0..keys.length() {
        let key = v8::Local::<v8::String>::try_from(keys.get_index(scope, index)?).ok()?;
        if !key.strict_equals(default.into()) {
            names.push(key);
        }
    }
    Some(names)
}

/// V8's own message says where in the text, but not of which file.
fn not_json(scope: &mut v8::PinScope<'_, '_>, url: &str, failure: Failure) -> Failure {
    let Failure::Thrown(exception) = failure else { return failure };
    let exception = v8::Local::new(scope, *exception);
    let message = innerbox_binding::describe_exception(scope, exception);
    let message = message.strip_prefix("SyntaxError: ").unwrap_or(&message);
    Failure::of(innerbox_binding::Class::SyntaxError, format!("{url} is not JSON: {message}"))
}
