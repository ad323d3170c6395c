//! Which `node:` modules there are, and where their JavaScript is.

use innerbox_binding::prelude::{self, Source, Visibility, no_natives};
use innerbox_binding::{Failure, OrPending, value};

use crate::{async_hooks, encoding, fs, process};

/// What a module is called, and the source that returns it.
const MODULES: &[(&str, &str)] = &[
    ("node:assert", "node/assert"),
    ("node:assert/strict", "node/assert_strict"),
    ("node:async_hooks", "node/async_hooks"),
    ("node:buffer", "node/buffer_module"),
    ("node:events", "node/events"),
    ("node:fs", "node/fs"),
    ("node:fs/promises", "node/fs_promises"),
    ("node:path", "node/path"),
    ("node:path/posix", "node/path"),
    ("node:process", "node/process"),
    ("node:timers", "node/timers"),
    ("node:timers/promises", "node/timers_promises"),
    ("node:url", "node/url"),
    ("node:util", "node/util"),
];

/// [`MODULES`], with and without the prefix.
const SPECIFIERS: &[&str] = &[
    "node:assert",
    "assert",
    "node:assert/strict",
    "assert/strict",
    "node:async_hooks",
    "async_hooks",
    "node:buffer",
    "buffer",
    "node:events",
    "events",
    "node:fs",
    "fs",
    "node:fs/promises",
    "fs/promises",
    "node:path",
    "path",
    "node:path/posix",
    "path/posix",
    "node:process",
    "process",
    "node:timers",
    "timers",
    "node:timers/promises",
    "timers/promises",
    "node:url",
    "url",
    "node:util",
    "util",
];

/// What `import` and `require` may name.
pub fn specifiers() -> &'static [&'static str] {
    SPECIFIERS
}

/// What the module `specifier` exports: its properties by name, and itself as `default`, which is what `require` gives.
///
/// The object is made once for each context.
///
/// # Errors
/// An error with code `ERR_UNKNOWN_BUILTIN_MODULE` where there is no such module, or what its source throws.
pub fn exports<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
    let source = MODULES.iter().find(|(name, _)| name.strip_prefix("node:") == Some(bare));
    let (_, source) = source.ok_or_else(|| {
        let message = format!("no built-in module is called `{specifier}`");
        Failure::error(message).code("ERR_UNKNOWN_BUILTIN_MODULE")
    })?;
    let module = prelude::load(scope, source)?;
    let namespace = prelude::export(scope, "node/namespace", "namespaceOf")?;
    let namespace = v8::Local::<v8::Function>::try_from(namespace).map_err(|_| fault())?;
    let receiver = value::undefined(scope);
    let answer = namespace.call(scope, receiver, &[module.into()]).or_pending()?;
    v8::Local::try_from(answer).map_err(|_| fault())
}

fn fault() -> Failure {
    Failure::error("host fault: a built-in module has no exports").code("ERR_HOST_FAULT")
}

/// Timers are objects in Node.js, where they are numbers on the web.
const TIMERS: &[&str] =
    &["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"];

/// The globals of Node.js that are not the web's, or not the same.
pub(crate) fn define_globals(scope: &v8::PinScope<'_, '_>) {
    let global = scope.get_current_context().global(scope);
    value::set(scope, global, "global", global.into());
    prelude::define_lazily(scope, global, "node/globals", &["Buffer", "process"], Visibility::Hidden);
    prelude::define_lazily(scope, global, "node/timers", TIMERS, Visibility::Enumerable);
}

macro_rules! source {
    ($name:literal, $natives:expr) => {
        Source {
            name: concat!("node/", $name),
            text: prelude::text(include_str!(concat!("js/", $name, ".js"))),
            natives: $natives,
        }
    };
}

pub(crate) static SOURCES: &[Source] = &[
    source!("namespace", no_natives),
    source!("globals", no_natives),
    source!("buffer", encoding::natives),
    source!("buffer_numbers", no_natives),
    source!("buffer_module", no_natives),
    source!("path", no_natives),
    source!("events", no_natives),
    source!("process", process::natives),
    source!("process_told", no_natives),
    source!("fs", fs::natives),
    source!("fs_promises", no_natives),
    source!("timers", no_natives),
    source!("timers_promises", no_natives),
    source!("url", no_natives),
    source!("util", no_natives),
    source!("deep_equal", no_natives),
    source!("assert", no_natives),
    source!("assert_strict", no_natives),
    source!("async_hooks", async_hooks::natives),
];

#[cfg(test)]
mod tests {
    use super::{MODULES, SOURCES, SPECIFIERS};

    #[test]
    fn specifiers_are_the_modules_with_and_without_the_prefix() {
        let names = MODULES.iter().flat_map(|(name, _)| [*name, name.strip_prefix("node:").unwrap_or(name)]);
        assert_eq!(names.collect::<Vec<_>>(), SPECIFIERS);
    }

    #[test]
    fn every_module_has_a_source() {
        for (name, source) in MODULES {
            assert!(SOURCES.iter().any(|known| known.name == *source), "{name}");
        }
    }
}
