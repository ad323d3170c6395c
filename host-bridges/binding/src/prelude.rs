//! JavaScript that the host brings into a context.
//!
//! A bridge that is easier to write in JavaScript registers its files as [`Source`]s. Each is the body of a function
//! of three parameters: `primordials` (the language as it was before any of the tenant's code ran), `load` (gives
//! what another source returned) and `host` (functions of its own, made in Rust); and returns an object. It is compiled
//! when it is first asked for, so a context pays for what its scripts use.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::RwLock;

use v8::script_compiler;
use v8::{ExternalReference, MapFnTo};

use crate::callback::{Arguments, function, guard, reference};
use crate::failure::{Failure, OrPending, Outcome};
use crate::value;

/// A file of the host's JavaScript.
pub struct Source {
    /// Its name for `load`, and in stack traces after `innerbox:`.
    pub name: &'static str,
    /// The body of the function.
    pub text: Text,
    /// Puts its functions on `host`.
    pub natives: Natives,
}

/// JavaScript of the host, which V8 reads where it lies: no isolate has a copy.
pub type Text = v8::OneByteConst;

/// JavaScript of the host, in ASCII.
#[must_use]
pub const fn text(javascript: &'static str) -> Text {
    v8::String::create_external_onebyte_const(javascript.as_bytes())
}

/// How a snapshot refers to a text that something in it was compiled from; it would have a copy otherwise.
#[must_use]
pub fn text_reference(text: &'static Text) -> ExternalReference {
    ExternalReference { pointer: std::ptr::from_ref(text).cast_mut().cast() }
}

/// The same of several sources.
#[must_use]
pub fn text_references(sources: &'static [Source]) -> Vec<ExternalReference> {
    sources.iter().map(|source| text_reference(&source.text)).collect()
}

/// Defines the properties of a source's `host` object.
pub type Natives = for<'s, 'i> fn(&v8::PinScope<'s, 'i>, v8::Local<'s, v8::Object>);

/// The natives of a source that needs none.
pub fn no_natives<'s>(_: &v8::PinScope<'s, '_>, _: v8::Local<'s, v8::Object>) {}

/// The sources registered in a context. What they returned is kept in V8, in [`MODULES`], where collections see it.
#[derive(Default)]
struct Registry {
    sources: RefCell<Vec<&'static Source>>,
}

/// The context's embedder data that holds a `Map` of what each source returned, by name.
const MODULES: i32 = 1;

/// The place of that `Map` among the data of a context in a snapshot.
const PRESERVED: usize = 0;

static PRIMORDIALS: Source =
    Source { name: "primordials", text: text(include_str!("primordials.js")), natives: no_natives };

/// Takes the primordials of the current context: call before any of the tenant's code runs. A second call does nothing.
///
/// # Errors
/// What V8 says where it cannot run the code: out of stack, or terminated.
pub fn begin(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let context = scope.get_current_context();
    if context.get_slot::<Registry>().is_some() {
        return Ok(());
    }
    let modules = v8::Map::new(scope);
    let load = function(scope, "load", load_callback, None).or_pending()?;
    keep(scope, modules, "load", load.into())?;
    let primordials = evaluate(scope, modules, &PRIMORDIALS)?;
    keep(scope, modules, PRIMORDIALS.name, primordials.into())?;
    start(scope, modules.into())
}

/// Makes sources known to the current context; see [`begin`]. To register them again does nothing.
///
/// # Errors
/// As [`begin`].
pub fn register(scope: &mut v8::PinScope<'_, '_>, sources: &'static [Source]) -> Result<(), Failure> {
    begin(scope)?;
    let registry = registry(scope)?;
    let mut known = registry.sources.borrow_mut();
    let is_new = |source: &&'static Source| known.iter().all(|other| other.name != source.name);
    let new: Vec<_> = sources.iter().filter(is_new).collect();
    known.extend(new);
    Ok(())
}

/// Says of an isolate that a start-up snapshot is made of it: V8 keeps no compiled code of one.
pub fn expect_snapshot(isolate: &mut v8::Isolate) {
    isolate.set_slot(ForSnapshot);
}

/// In the slot of an isolate that a snapshot is made of.
struct ForSnapshot;

/// Leaves what the sources of the current context returned in the start-up snapshot that is being made, for
/// [`restore`], and lets go of all that is Rust's.
///
/// # Errors
/// A host fault where nothing has begun.
pub fn preserve(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let context = scope.get_current_context();
    let modules = modules(scope)?;
    let index = scope.add_context_data(context, modules);
    context.clear_all_slots();
    match index {
        PRESERVED => Ok(()),
        _ => Err(fault("something else is in the snapshot".to_owned())),
    }
}

/// As [`begin`], in a context that came from a start-up snapshot.
///
/// # Errors
/// A host fault where the snapshot has none of [`preserve`].
pub fn restore(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    let modules = scope.get_context_data_from_snapshot_once::<v8::Value>(PRESERVED);
    let modules = modules.map_err(|_| fault("the snapshot has no prelude".to_owned()))?;
    start(scope, modules)
}

fn start(scope: &mut v8::PinScope<'_, '_>, modules: v8::Local<v8::Value>) -> Result<(), Failure> {
    let context = scope.get_current_context();
    context.set_embedder_data(MODULES, modules);
    context.set_slot(Rc::new(Registry::default()));
    let complete = export(scope, PRIMORDIALS.name, "complete")?;
    let complete = v8::Local::<v8::Function>::try_from(complete).ok().or_pending()?;
    complete.call(scope, value::undefined(scope), &[]).or_pending().map(drop)
}

/// What a snapshot with a prelude refers to.
pub fn references() -> Vec<ExternalReference> {
    let lazy: v8::AccessorNameGetterCallback = lazy_property.map_fn_to();
    let property = ExternalReference { pointer: lazy as *mut std::ffi::c_void };
    vec![reference(load_callback), property, text_reference(&PRIMORDIALS.text)]
}

/// What the source `name` returned. It is run when it is first asked for.
///
/// # Errors
/// What the source throws, or a host fault where there is no such source.
pub fn load<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let registry = registry(scope)?;
    let modules = modules(scope)?;
    if let Some(module) = kept(scope, modules, name)? {
        return Ok(module);
    }
    let source = find(&registry, name)
        .ok_or_else(|| fault(format!("no JavaScript of the host is called `{name}`")))?;
    let module = evaluate(scope, modules, source)?;
    keep(scope, modules, name, module.into())?;
    Ok(module)
}

/// Reads the property `key` of what the source `name` returned.
///
/// # Errors
/// As [`load`].
pub fn export<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str, key: &str) -> Outcome<'s> {
    let module = load(scope, name)?;
    value::get(scope, module, key).or_pending()
}

/// As [`export`], of a source that has been run already; nothing where it has not.
pub fn loaded<'s>(scope: &v8::PinScope<'s, '_>, name: &str, key: &str) -> Option<v8::Local<'s, v8::Value>> {
    registry(scope).ok()?;
    let module = kept(scope, modules(scope).ok()?, name).ok()??;
    value::get(scope, module, key)
}

/// Whether a property is seen by those who list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// As WebIDL has functions of the global object.
    Enumerable,
    /// As WebIDL has classes.
    Hidden,
}

/// Defines properties of `object` that come from the source `name`, which is not run before one of them is read.
pub fn define_lazily(
    scope: &v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    name: &str,
    keys: &[&str],
    visibility: Visibility,
) {
    let name = value::name(scope, name);
    for key in keys {
        let attributes = match visibility {
            Visibility::Enumerable => v8::PropertyAttribute::NONE,
            Visibility::Hidden => v8::PropertyAttribute::DONT_ENUM,
        };
        object.set_lazy_data_property_with_data(
            scope,
            value::name(scope, key).into(),
            lazy_property,
            name.into(),
            attributes,
            v8::SideEffectType::HasNoSideEffect,
            v8::SideEffectType::HasSideEffect,
        );
    }
}

fn lazy_property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    key: v8::Local<'s, v8::Name>,
    args: v8::PropertyCallbackArguments<'s>,
    mut answer: v8::ReturnValue<v8::Value>,
) {
    guard(scope, |scope| {
        let name = args.data().to_rust_string_lossy(scope);
        let module = load(scope, &name)?;
        answer.set(module.get(scope, key.into()).or_pending()?);
        Ok(())
    });
}

fn load_callback<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let name = value::text(scope, "name", args.get(0))?;
    load(scope, &name).map(Into::into)
}

fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    modules: v8::Local<'s, v8::Map>,
    source: &'static Source,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let parameters = ["primordials", "load", "host"];
    let names = parameters.map(|parameter| value::name(scope, parameter));
    let function = compile(scope, source, &names)?;
    let host = v8::Object::new(scope);
    (source.natives)(scope, host);
    let undefined = value::undefined(scope);
    let [primordials, load] = ["primordials", "load"].map(|name| {
        let key = value::name(scope, name).into();
        modules.get(scope, key).unwrap_or(undefined)
    });
    let answer = function.call(scope, undefined, &[primordials, load, host.into()]).or_pending()?;
    v8::Local::try_from(answer).map_err(|_| fault(format!("the host's `{}` returned no object", source.name)))
}

/// Compiles a source, from the process's code cache where it has been compiled before.
fn compile<'s>(
    scope: &v8::PinScope<'s, '_>,
    source: &'static Source,
    parameters: &[v8::Local<v8::String>],
) -> Result<v8::Local<'s, v8::Function>, Failure> {
    let file = value::string(scope, &format!("innerbox:{}", source.name));
    let origin = v8::ScriptOrigin::new(scope, file.into(), 0, 0, false, -1, None, false, false, false, None);
    let text = v8::String::new_from_onebyte_const(scope, &source.text).or_pending()?;
    let for_snapshot = scope.get_slot::<ForSnapshot>().is_some();
    let cached = code_of(source.name).filter(|_| !for_snapshot);
    let (mut compiled, options) = match cached {
        Some(code) => {
            let code = v8::CachedData::new(code);
            let compiled = script_compiler::Source::new_with_cached_data(text, Some(&origin), code);
            (compiled, script_compiler::CompileOptions::ConsumeCodeCache)
        }
        None => {
            let compiled = script_compiler::Source::new(text, Some(&origin));
            let options = match for_snapshot {
                // What never ran in it would be in every isolate that is made of it.
                true => script_compiler::CompileOptions::NoCompileOptions,
                false => script_compiler::CompileOptions::EagerCompile,
            };
            (compiled, options)
        }
    };
    let reason = script_compiler::NoCacheReason::NoReason;
    let function = script_compiler::compile_function(scope, &mut compiled, parameters, &[], options, reason)
        .or_pending()?;
    if cached.is_none() && !for_snapshot {
        keep_code(source.name, function);
    }
    Ok(function)
}

/// What V8 compiled of each source, for all isolates of the process. It is made right after the host's own text was
/// compiled, before anything ran, so no tenant has a part in it; and eagerly, so that no isolate compiles it again: a
/// context with console, timers and process takes 0.25 ms then, and 0.8 ms without.
static CODE: RwLock<BTreeMap<&'static str, &'static [u8]>> = RwLock::new(BTreeMap::new());

fn code_of(name: &str) -> Option<&'static [u8]> {
    CODE.read().ok()?.get(name).copied()
}

fn keep_code(name: &'static str, function: v8::Local<v8::Function>) {
    let (Some(code), Ok(mut kept)) = (function.create_code_cache(), CODE.write()) else { return };
    // Never freed: there are as many as there are sources.
    kept.entry(name).or_insert_with(|| Box::leak(code.to_vec().into_boxed_slice()));
}

fn find(registry: &Registry, name: &str) -> Option<&'static Source> {
    let sources = registry.sources.borrow();
    sources.iter().find(|source| source.name == name).copied()
}

fn registry(scope: &v8::PinScope<'_, '_>) -> Result<Rc<Registry>, Failure> {
    let context = scope.get_current_context();
    context.get_slot::<Registry>().ok_or_else(|| fault("the context has no prelude".to_owned()))
}

fn modules<'s>(scope: &v8::PinScope<'s, '_>) -> Result<v8::Local<'s, v8::Map>, Failure> {
    let context = scope.get_current_context();
    // `registry` has made sure that the data is there: V8 aborts where an index was never set.
    let modules = context.get_embedder_data(scope, MODULES).or_pending()?;
    v8::Local::try_from(modules).map_err(|_| fault("the context's prelude was replaced".to_owned()))
}

fn kept<'s>(
    scope: &v8::PinScope<'s, '_>,
    modules: v8::Local<'s, v8::Map>,
    name: &str,
) -> Result<Option<v8::Local<'s, v8::Object>>, Failure> {
    let module = modules.get(scope, value::name(scope, name).into()).or_pending()?;
    Ok(v8::Local::try_from(module).ok())
}

fn keep(
    scope: &v8::PinScope<'_, '_>,
    modules: v8::Local<v8::Map>,
    name: &str,
    module: v8::Local<v8::Value>,
) -> Result<(), Failure> {
    modules.set(scope, value::name(scope, name).into(), module).or_pending()?;
    Ok(())
}

fn fault(message: String) -> Failure {
    Failure::error(format!("host fault: {message}")).code("ERR_HOST_FAULT")
}
