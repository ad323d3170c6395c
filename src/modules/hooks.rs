//! What V8 asks its host about modules.

use innerbox_binding::value::{self, string};
use innerbox_binding::{Arguments, Failure, OrPending, Outcome, function, guard};
use url::Url;

use super::resolve::{Kind, Request, resolve, resolve_url};
use super::{Modules, fault, synthetic};

/// V8 gives key, value and position for each attribute of an `import` statement.
pub(super) const STATIC_ATTRIBUTE_LEN: usize = 3;

/// And key and value for each of an `import()`.
const DYNAMIC_ATTRIBUTE_LEN: usize = 2;

pub(super) fn install(isolate: &mut v8::Isolate) {
    isolate.set_host_import_module_dynamically_callback(import_dynamically);
    isolate.set_host_initialize_import_meta_object_callback(initialize_meta);
}

/// Which module an import is, when V8 links the one that has it. All are loaded by then.
pub(super) fn resolve_import<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    v8::callback_scope!(unsafe scope, context);
    let mut found = None;
    guard(scope, |scope| {
        let modules = Modules::of(scope)?;
        let import = (specifier.to_rust_string_lossy(scope), kind(scope, attributes, STATIC_ATTRIBUTE_LEN)?);
        let referrer = modules.key_of(referrer)?;
        let key =
            modules.records.borrow().get(&referrer).and_then(|record| record.imports.get(&import).cloned());
        let key = key.ok_or_else(|| fault("V8 asks for an import that the module did not list"))?;
        found = modules.get(scope, &key);
        Ok(())
    });
    found
}

/// Sets the exports of a module that is not made of source.
pub(super) fn evaluate_synthetic<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::callback_scope!(unsafe scope, context);
    let mut promise = None;
    guard(scope, |scope| {
        synthetic::evaluate(scope, module)?;
        let resolver = v8::PromiseResolver::new(scope).or_pending()?;
        let undefined = value::undefined(scope);
        resolver.resolve(scope, undefined).or_pending()?;
        promise = Some(resolver.get_promise(scope).into());
        Ok(())
    });
    promise
}

/// `import(specifier, { with })`
fn import_dynamically<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _options: v8::Local<'s, v8::Data>,
    referrer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let mut answer = None;
    guard(scope, |scope| {
        let resolver = v8::PromiseResolver::new(scope).or_pending()?;
        let imported = import(scope, referrer, specifier, attributes);
        answer = Some(match imported {
            Ok(promise) => promise,
            Err(failure) => {
                let exception = failure.into_exception(scope).or_pending()?;
                resolver.reject(scope, exception).or_pending()?;
                resolver.get_promise(scope)
            }
        });
        Ok(())
    });
    answer
}

fn import<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    referrer: v8::Local<v8::Value>,
    specifier: v8::Local<v8::String>,
    attributes: v8::Local<v8::FixedArray>,
) -> Result<v8::Local<'s, v8::Promise>, Failure> {
    let modules = Modules::of(scope)?;
    let referrer = referrer.to_rust_string_lossy(scope);
    let kind = kind(scope, attributes, DYNAMIC_ATTRIBUTE_LEN)?;
    let specifier = specifier.to_rust_string_lossy(scope);
    if !modules.available.get() {
        let message = format!("cannot import `{specifier}`: a snapshot holds no modules");
        return Err(Failure::type_error(message).code("ERR_SNAPSHOT"));
    }
    let request = Request { specifier, importer: referrer.clone() };
    let target = resolve(request, &referrer, kind)?;
    let (module, evaluated) = modules.import(scope, target)?;
    let namespace = module.get_module_namespace();
    let then = function(scope, "", |_, args| Ok(args.data()), Some(namespace)).or_pending()?;
    evaluated.then(scope, then).or_pending()
}

/// As what a module is imported, by the attributes of the import.
pub(super) fn kind(
    scope: &v8::PinScope<'_, '_>,
    attributes: v8::Local<v8::FixedArray>,
    attribute_len: usize,
) -> Result<Kind, Failure> {
    let text = |index| {
        let text = attributes.get(scope, index).and_then(|text| v8::Local::<v8::String>::try_from(text).ok());
        text.map(|text| text.to_rust_string_lossy(scope)).unwrap_or_default()
    };
    let mut kind = Kind::Module;
    for index in (0..attributes.length()).step_by(attribute_len) {
        match (text(index).as_str(), text(index + 1).as_str()) {
            ("type", "json") => kind = Kind::Json,
            (key, value) => {
                let message =
                    format!("import attribute `{key}: '{value}'` is not known: only `type: 'json'` is");
                return Err(Failure::type_error(message).code("ERR_IMPORT_ATTRIBUTE_UNSUPPORTED"));
            }
        }
    }
    Ok(kind)
}

/// `import.meta`
extern "C" fn initialize_meta(
    context: v8::Local<v8::Context>,
    module: v8::Local<v8::Module>,
    meta: v8::Local<v8::Object>,
) {
    v8::callback_scope!(unsafe scope, context);
    guard(scope, |scope| {
        let url = Modules::of(scope)?.key_of(module)?.url;
        let url_value = string(scope, &url).into();
        if let Ok(path) = Url::parse(&url).map_err(drop).and_then(|url| url.to_file_path()) {
            let directory = path.parent().unwrap_or(&path).to_string_lossy();
            value::set(scope, meta, "dirname", string(scope, &directory).into());
            value::set(scope, meta, "filename", string(scope, &path.to_string_lossy()).into());
        }
        let resolve = function(scope, "resolve", resolve_from, Some(url_value)).or_pending()?;
        value::set(scope, meta, "resolve", resolve.into());
        value::set(scope, meta, "url", url_value);
        Ok(())
    });
}

/// `import.meta.resolve(specifier)`: the URL that an import of it here would have.
fn resolve_from<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let specifier = value::text(scope, "specifier", args.get(0))?;
    let referrer = args.data().to_rust_string_lossy(scope);
    let url = resolve_url(&specifier, &referrer)?;
    Ok(string(scope, &url).into())
}
