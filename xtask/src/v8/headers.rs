//! Precompiled headers for V8's big targets: parsing headers is 95 % of the time that most of its files take.

use anyhow::Result;
use std::fs;
use std::path::Path;

/// A list of headers that is precompiled once for some of V8's targets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    /// The file's name, without extension.
    pub(crate) name: &'static str,
    /// The folders of object files that it serves.
    targets: &'static [&'static str],
    includes: &'static str,
}

const ALL: [Headers; 3] = [
    Headers {
        name: "init",
        targets: &["obj/v8/torque_generated_initializers/", "obj/v8/v8_initializers/"],
        includes: include_str!("pch/init.h"),
    },
    Headers {
        name: "base",
        targets: &["obj/v8/v8_base_without_compiler/"],
        includes: include_str!("pch/base.h"),
    },
    Headers { name: "compiler", targets: &["obj/v8/v8_compiler/"], includes: include_str!("pch/compiler.h") },
];

/// The headers that serve an object file.
pub(crate) fn serving(object: &str) -> Option<&'static Headers> {
    ALL.iter().find(|headers| headers.targets.iter().any(|target| object.starts_with(target)))
}

/// Writes the lists anew; what was precompiled from older ones is removed.
pub(crate) fn write(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for headers in &ALL {
        fs::write(folder.join(format!("{}.h", headers.name)), headers.includes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::serving;

    #[test]
    fn headers_serve_the_objects_of_their_targets_only() {
        let name = |object| serving(object).map(|headers| headers.name);
        assert_eq!(name("obj/v8/v8_initializers/builtins-array-gen.o"), Some("init"));
        assert_eq!(name("obj/v8/v8_compiler/pipeline.o"), Some("compiler"));
        assert_eq!(name("obj/v8/v8_libbase/logging.o"), None);
    }
}
