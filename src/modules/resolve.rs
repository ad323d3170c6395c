//! What a specifier means.

use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

use innerbox_binding::Failure;
use url::Url;

use super::Key;

/// As what a module is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Without an attribute.
    Module,
    /// `with { type: 'json' }`
    Json,
}

/// A module that is to be loaded.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) key: Key,
    pub(crate) place: Place,
    /// Who asks for it, and how, for errors.
    pub(crate) request: Rc<Request>,
}

/// Where a module comes from.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file.
    File(PathBuf),
    /// The source itself.
    Source(Rc<str>),
    /// A `node:` module.
    Builtin,
    /// A component, or a `node:` module without its prefix: whatever has this name.
    Name,
}

/// An import, as it is written.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) specifier: String,
    /// The URL of the module that imports, with line and column where they are known. Empty for the host itself.
    pub(crate) importer: String,
}

impl Request {
    /// The host's own request for what a run begins with.
    pub(crate) fn by_host(specifier: impl Into<String>) -> Rc<Self> {
        Rc::new(Self { specifier: specifier.into(), importer: String::new() })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { specifier, importer } = self;
        match importer.as_str() {
            "" => write!(f, "'{specifier}'"),
            importer => write!(f, "'{specifier}' imported from {importer}"),
        }
    }
}

impl Target {
    /// The module of the file `path`, which is absolute and without symbolic links.
    pub(crate) fn file(path: PathBuf) -> Option<Self> {
        let url = Url::from_file_path(&path).ok()?;
        let request = Request::by_host(path.to_string_lossy());
        Some(Self { key: Key::module(url.as_str()), place: Place::File(path), request })
    }

    /// The module with this source. `name` is its URL, or any name where it imports nothing by a relative path.
    pub(crate) fn source(name: &str, source: &str) -> Self {
        Self { key: Key::module(name), place: Place::Source(source.into()), request: Request::by_host(name) }
    }
}

impl Key {
    fn module(url: &str) -> Self {
        Self { url: url.into(), kind: Kind::Module }
    }
}

/// What `request` means in the module or script `referrer`.
pub(super) fn resolve(request: Request, referrer: &str, kind: Kind) -> Result<Target, Failure> {
    let (url, place) = locate(&request, referrer)?;
    Ok(Target { key: Key { url: url.into(), kind }, place, request: Rc::new(request) })
}

/// The URL of what `specifier` means in `referrer`.
pub(super) fn resolve_url(specifier: &str, referrer: &str) -> Result<String, Failure> {
    let request = Request { specifier: specifier.to_owned(), importer: referrer.to_owned() };
    locate(&request, referrer).map(|(url, _)| url)
}

fn locate(request: &Request, referrer: &str) -> Result<(String, Place), Failure> {
    let specifier = request.specifier.as_str();
    if ["./", "../", "/"].iter().any(|start| specifier.starts_with(start)) {
        let base = Url::parse(referrer).ok().filter(|base| base.scheme() == "file");
        let base = base.ok_or_else(|| no_base(request))?;
        let url = base.join(specifier).map_err(|error| invalid(request, &error.to_string()))?;
        return file(request, &url);
    }
    if specifier.starts_with("node:") {
        let known = innerbox_bridge_node::specifiers().contains(&specifier);
        return if known {
            Ok((specifier.to_owned(), Place::Builtin))
        } else {
            Err(unknown_builtin(request))
        };
    }
    match Url::parse(specifier) {
        Ok(url) if url.scheme() == "file" => file(request, &url),
        Ok(url) if ["http", "https", "data", "blob"].contains(&url.scheme()) => {
            Err(unsupported(request, &url))
        }
        _ => Ok((specifier.to_owned(), Place::Name)),
    }
}

fn file(request: &Request, url: &Url) -> Result<(String, Place), Failure> {
    let path = url.to_file_path().map_err(|()| invalid(request, "it is on another host"))?;
    Ok((url.as_str().to_owned(), Place::File(path)))
}

fn no_base(request: &Request) -> Failure {
    let message =
        format!("cannot resolve {request}: what imports it is no file, so a relative path leads nowhere");
    Failure::type_error(message).code("ERR_UNSUPPORTED_RESOLVE_REQUEST")
}

fn invalid(request: &Request, why: &str) -> Failure {
    Failure::type_error(format!("invalid module specifier {request}: {why}"))
        .code("ERR_INVALID_MODULE_SPECIFIER")
}

fn unknown_builtin(request: &Request) -> Failure {
    Failure::error(format!("no such built-in module: {request}")).code("ERR_UNKNOWN_BUILTIN_MODULE")
}

fn unsupported(request: &Request, url: &Url) -> Failure {
    let message = format!("cannot import {request}: modules come from files, and not by `{}:`", url.scheme());
    Failure::error(message).code("ERR_UNSUPPORTED_ESM_URL_SCHEME")
}

/// Nothing has this name.
pub(super) fn unknown_name(request: &Request) -> Failure {
    let message = format!(
        "cannot find module {request}: a bare name is that of an extension or of a `node:` module, and a file begins with `./`"
    );
    Failure::error(message).code("ERR_MODULE_NOT_FOUND")
}
