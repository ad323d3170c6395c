//! Loads a module and all that it imports, and links them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use innerbox_binding::{Failure, OrPending, value::string};

use super::catching::{catching, taking};
use super::files::{Files, Unread};
use super::resolve::{Kind, Place, Request, Target, resolve, unknown_name};
use super::{Key, Modules, Record, fault, hooks, synthetic};

/// What a module is charged with at least: the host's record of it, so that their number has a limit too.
const MODULE_BYTES_MIN: usize = 256;

/// Most bytes of a component that a script may load from a file: compiling takes much more memory than that, for long.
const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// Loads the graph below `target` and links it. Where that fails, nothing of it is kept.
pub(super) fn link<'s>(
    modules: &Modules,
    scope: &mut v8::PinScope<'s, '_>,
    target: Target,
) -> Result<v8::Local<'s, v8::Module>, Failure> {
    let key = target.key.clone();
    let mut added = Vec::new();
    let linked = load_all(modules, scope, target, &mut added).and_then(|()| {
        let module = modules.get(scope, &key).ok_or_else(|| fault("a module was loaded and is gone"))?;
        catching(scope, |scope| module.instantiate_module(scope, hooks::resolve_import))?;
        Ok(module)
    });
    if linked.is_err() {
        modules.remove(&added);
    }
    linked
}

fn load_all(
    modules: &Modules,
    scope: &mut v8::PinScope<'_, '_>,
    target: Target,
    added: &mut Vec<Key>,
) -> Result<(), Failure> {
    let mut wanted = vec![target];
    while let Some(target) = wanted.pop() {
        if modules.records.borrow().contains_key(&target.key) {
            continue;
        }
        v8::scope!(let scope, scope);
        let (module, exports) = load(modules, scope, &target)?;
        let targets = requests(scope, module, &target.key)?;
        let imports = targets
            .iter()
            .map(|(specifier, target)| ((specifier.clone(), target.key.kind), target.key.clone()));
        let record = Record {
            module: v8::Global::new(scope, module),
            imports: imports.collect::<HashMap<_, _>>(),
            exports: exports.map(|exports| v8::Global::new(scope, exports)),
        };
        modules.add(target.key.clone(), module, record);
        added.push(target.key);
        wanted.extend(targets.into_iter().map(|(_, target)| target));
    }
    Ok(())
}

/// Reads the component in the file that a script names outside of an import.
pub(super) fn component(modules: &Modules, url: &str) -> Result<(PathBuf, Vec<u8>), Failure> {
    let url = if Path::new(url).is_absolute() { format!("file://{url}") } else { url.to_owned() };
    let request = Request { specifier: url, importer: String::new() };
    let target = resolve(request, "", Kind::Module)?;
    match target.place {
        Place::File(path) => {
            let bytes = read(modules, &path, &target.request, COMPONENT_BYTES_MAX)?;
            Ok((path, bytes))
        }
        _ => Err(unknown_name(&target.request)),
    }
}

type Loaded<'s> = (v8::Local<'s, v8::Module>, Option<v8::Local<'s, v8::Object>>);

fn load<'s>(
    modules: &Modules,
    scope: &mut v8::PinScope<'s, '_>,
    target: &Target,
) -> Result<Loaded<'s>, Failure> {
    let url = &*target.key.url;
    let exports = match (&target.place, target.key.kind) {
        (Place::Source(source), _) => return Ok((compile(scope, url, source)?, None)),
        (Place::File(path), kind) => match extension(path, kind, &target.request)? {
            Contents::JavaScript => {
                let source = text(modules, path, &target.request)?;
                return Ok((compile(scope, url, &source)?, None));
            }
            Contents::Json => synthetic::json(scope, url, &text(modules, path, &target.request)?)?,
            Contents::Component => {
                let bytes = read(modules, path, &target.request, COMPONENT_BYTES_MAX)?;
                taking(scope, |scope| modules.components.file(scope, path, &bytes))?
            }
        },
        (_, Kind::Json) => return Err(no_json(&target.request)),
        (Place::Builtin, Kind::Module) => taking(scope, |scope| innerbox_bridge_node::exports(scope, url))?,
        (Place::Name, Kind::Module) => taking(scope, |scope| named(modules, scope, url, &target.request))?,
    };
    Ok((synthetic::module(scope, url, exports, hooks::evaluate_synthetic)?, Some(exports)))
}

/// What a file holds, by its name and by how it is imported.
enum Contents {
    JavaScript,
    Json,
    Component,
}

fn extension(path: &Path, kind: Kind, request: &Request) -> Result<Contents, Failure> {
    let extension = path.extension().map(|extension| extension.to_string_lossy());
    match (extension.as_deref(), kind) {
        (_, Kind::Json) => Ok(Contents::Json),
        (None | Some("js" | "mjs"), Kind::Module) => Ok(Contents::JavaScript),
        (Some("wasm"), Kind::Module) => Ok(Contents::Component),
        (Some("json"), Kind::Module) => Err(Failure::type_error(format!(
            "cannot import {request}: JSON needs `with {{ type: 'json' }}` after the name"
        ))
        .code("ERR_IMPORT_ATTRIBUTE_MISSING")),
        (Some(extension), Kind::Module) => Err(Failure::type_error(format!(
            "cannot import {request}: `.{extension}` is no module: known are `.js`, `.mjs`, `.json` and `.wasm`"
        ))
        .code("ERR_UNKNOWN_FILE_EXTENSION")),
    }
}

fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    source: &str,
) -> Result<v8::Local<'s, v8::Module>, Failure> {
    let source = v8::String::new(scope, source)
        .ok_or_else(|| Failure::range_error("the module is longer than a string can be").code("ERR_LIMIT"))?;
    let name = string(scope, url).into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, true, None);
    let mut source = v8::script_compiler::Source::new(source, Some(&origin));
    catching(scope, |scope| v8::script_compiler::compile_module(scope, &mut source))
}

/// What a module imports, resolved.
fn requests(
    scope: &mut v8::PinScope<'_, '_>,
    module: v8::Local<v8::Module>,
    key: &Key,
) -> Result<Vec<(String, Target)>, Failure> {
    if !module.is_source_text_module() {
        return Ok(Vec::new());
    }
    let requests = module.get_module_requests();
    let mut targets = Vec::with_capacity(requests.length());
    for index in 0..requests.length() {
        let request = requests.get(scope, index).or_pending()?;
        let request = v8::Local::<v8::ModuleRequest>::try_from(request).map_err(|_| fault("no request"))?;
        let specifier = request.get_specifier().to_rust_string_lossy(scope);
        let place = module.source_offset_to_location(request.get_source_offset());
        let (line, column) = (place.get_line_number() + 1, place.get_column_number() + 1);
        let importer = format!("{}:{line}:{column}", key.url);
        let kind = hooks::kind(scope, request.get_import_attributes(), hooks::STATIC_ATTRIBUTE_LEN)?;
        let request = Request { specifier: specifier.clone(), importer };
        targets.push((specifier, resolve(request, &key.url, kind)?));
    }
    Ok(targets)
}

/// What has the bare name `name`: a component, or else a `node:` module.
fn named<'s>(
    modules: &Modules,
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    request: &Request,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    if let Some(exports) = modules.components.named(scope, name)? {
        return Ok(exports);
    }
    if innerbox_bridge_node::specifiers().contains(&name) {
        return innerbox_bridge_node::exports(scope, name);
    }
    Err(unknown_name(request))
}

fn text(modules: &Modules, path: &Path, request: &Request) -> Result<String, Failure> {
    let bytes = read(modules, path, request, modules.source_bytes.left())?;
    modules.source_bytes.charge(bytes.len().max(MODULE_BYTES_MIN)).map_err(|(used, allowed)| {
        Failure::range_error(format!("limit reached: bytes of source: {used} used, {allowed} allowed"))
            .code("ERR_LIMIT")
    })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::error(format!("cannot import {request}: the file is not UTF-8")).code("ERR_INVALID_MODULE")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read(modules: &Modules, path: &Path, request: &Request, most: usize) -> Result<Vec<u8>, Failure> {
    let files = modules.files.borrow();
    files.read(path, most).map_err(|unread| match unread {
        Unread::Denied => {
            let message = format!("access denied: importing {request} needs --allow-read={}", path.display());
            Failure::denied(message)
        }
        Unread::TooLong(bytes) => {
            modules.source_bytes.meter().refused(modules.source_bytes.used().saturating_add(bytes as usize));
            let message =
                format!("limit reached: bytes of source: importing {request}: {bytes} bytes, {most} allowed");
            Failure::range_error(message).code("ERR_LIMIT")
        }
        Unread::Failed(error) if error.kind() == io::ErrorKind::NotFound => {
            let hint = hint(&files, path, request);
            Failure::error(format!("cannot find module {request}{hint}")).code("ERR_MODULE_NOT_FOUND")
        }
        Unread::Failed(error) => {
            Failure::error(format!("cannot read module {request}: {error}")).code("ERR_INVALID_MODULE")
        }
    })
}

/// The file that was perhaps meant. Names are not completed: which file is read must not depend on which exist.
fn hint(files: &Files, path: &Path, request: &Request) -> String {
    let meant = [".js", ".mjs", "/index.js"].into_iter().find(|end| {
        let mut longer = path.as_os_str().to_owned();
        longer.push(end);
        files.has(Path::new(&longer))
    });
    meant.map(|end| format!("; is '{}{end}' meant?", request.specifier)).unwrap_or_default()
}

fn no_json(request: &Request) -> Failure {
    Failure::type_error(format!("cannot import {request}: it is no file of JSON"))
        .code("ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE")
}
