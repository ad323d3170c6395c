//! Where components lie: those named on the command line, then every `NAME.wasm` of a few directories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use innerbox::{Engine, Error, Extension};

/// The environment variable that names a directory of components.
const VARIABLE: &str = "INNERBOX_EXT_DIR";

/// Directories of components, from that of the executable: as installed, and as `cargo xtask guests` builds them.
const BESIDE_EXECUTABLE: [&str; 2] = ["../lib/innerbox/extensions", "../guests"];

/// Where components come from.
#[derive(Args)]
#[command(next_help_heading = "Extensions (native libraries as components)")]
pub(crate) struct ExtensionOptions {
    /// Give the component in FILE to the script, by NAME or by the file's name without `.wasm`
    #[arg(long = "ext", value_name = "[NAME=]FILE")]
    pub(crate) named: Vec<String>,
    /// Look for components in DIR, before INNERBOX_EXT_DIR and where innerbox is installed
    #[arg(long = "ext-dir", value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
}

/// The components that a script can import by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    named: BTreeMap<String, PathBuf>,
    directories: Vec<PathBuf>,
}

impl Catalogue {
    /// Reads the options, and finds the directories. No component is opened.
    pub(crate) fn new(options: &ExtensionOptions) -> Result<Self> {
        let mut named = BTreeMap::new();
        for text in &options.named {
            let (name, file) = name_and_file(text)?;
            if named.insert(name.clone(), file).is_some() {
                bail!("`--ext {text}`: another component is called `{name}` already");
            }
        }
        for directory in &options.directories {
            std::fs::read_dir(directory).with_context(|| format!("`--ext-dir {}`", directory.display()))?;
        }
        let mut directories = options.directories.clone();
        directories.extend(std::env::var_os(VARIABLE).map(PathBuf::from));
        if let Ok(executable) = std::env::current_exe().and_then(std::fs::canonicalize) {
            let beside = executable.parent().unwrap_or(Path::new("/"));
            let found = BESIDE_EXECUTABLE.iter().filter_map(|path| beside.join(path).canonicalize().ok());
            directories.extend(found);
        }
        Ok(Self { named, directories })
    }

    /// The file of the component that is called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        if let Some(file) = self.named.get(name) {
            return Some(file.clone());
        }
        // A name is one part of a path, so that no import leaves the directories.
        let is_plain = Path::new(name).file_name().is_some_and(|last| last == name) && !name.contains('\\');
        let file = format!("{name}.wasm");
        let mut files = self.directories.iter().map(|directory| directory.join(&file));
        files.find(|file| is_plain && file.is_file())
    }

    /// The name and the file of what a person calls `name`: a component of the catalogue, or a file.
    pub(crate) fn locate(&self, name: &str) -> Result<(String, PathBuf)> {
        let path = Path::new(name);
        let is_component = path.extension().is_some_and(|extension| extension == "wasm");
        if is_component || path.components().count() > 1 || path.is_file() {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            return Ok((stem.unwrap_or_default(), path.to_owned()));
        }
        let file = self.find(name).with_context(|| self.missing(name))?;
        Ok((name.to_owned(), file))
    }

    /// Loads the component that is called `name`, which compiles it where that was not done before.
    pub(crate) fn load(&self, engine: &Engine, name: &str) -> Result<Option<Extension>, Error> {
        let Some(file) = self.find(name) else { return Ok(None) };
        match std::fs::read(&file) {
            Ok(bytes) => Ok(Some(Extension::from_bytes(engine, name, &bytes)?)),
            Err(source) => Err(Error::Io { what: "read component", path: file, source }),
        }
    }

    /// All names and files. Of two with one name the first is meant, as in `find`.
    pub(crate) fn all(&self) -> BTreeMap<String, PathBuf> {
        let mut all = self.named.clone();
        for directory in &self.directories {
            let Ok(entries) = std::fs::read_dir(directory) else { continue };
            let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
            for file in files.filter(|file| file.is_file()) {
                if let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".wasm")) {
                    all.entry(name.to_owned()).or_insert(file);
                }
            }
        }
        all
    }

    /// Says that there is no component of this name, and where one was looked for.
    pub(crate) fn missing(&self, name: &str) -> String {
        format!("no extension is called `{name}`: {}", self.nowhere())
    }

    /// Says where components are looked for.
    pub(crate) fn nowhere(&self) -> String {
        let directories: Vec<_> =
            self.directories.iter().map(|path| format!("`{}`", path.display())).collect();
        match directories.is_empty() {
            true => {
                "there is no directory to look in; `--ext` names a file, `--ext-dir` a directory".to_owned()
            }
            false => {
                format!("looked in {}; `--ext` names a file, `--ext-dir` a directory", directories.join(", "))
            }
        }
    }
}

/// Reads `NAME=FILE` or `FILE`. What stands before a `=` with a slash in it is part of a path.
fn name_and_file(text: &str) -> Result<(String, PathBuf)> {
    if let Some((name, file)) = text.split_once('=')
        && !name.contains('/')
    {
        return match name.is_empty() || file.is_empty() {
            true => bail!("`--ext {text}`: expected NAME=FILE or FILE"),
            false => Ok((name.to_owned(), file.into())),
        };
    }
    let stem = Path::new(text).file_stem().and_then(|stem| stem.to_str());
    let name = stem.with_context(|| format!("`--ext {text}`: the file has no name"))?;
    Ok((name.to_owned(), text.into()))
}

#[cfg(test)]
mod tests {
    use super::{Catalogue, name_and_file};

    #[test]
    fn a_component_is_called_by_its_name_or_its_files() {
        let cases = [
            ("digest=a/b.wasm", "digest", "a/b.wasm"),
            ("a/digest.wasm", "digest", "a/digest.wasm"),
            ("./a=b/c.wasm", "c", "./a=b/c.wasm"),
        ];
        for (text, name, file) in cases {
            assert_eq!(name_and_file(text).unwrap(), (name.to_owned(), file.into()), "{text}");
        }
        for text in ["=a.wasm", "a=", ""] {
            assert!(name_and_file(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_does_not_leave_the_directories() {
        let folder = std::env::temp_dir().join(format!("innerbox-catalogue-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in")).unwrap();
        for file in ["out.wasm", "in/here.wasm"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let catalogue = Catalogue { directories: vec![folder.join("in")], ..Catalogue::default() };
        assert!(catalogue.find("here").is_some());
        for name in ["../out", "..", "./here", "", "/here", "elsewhere"] {
            assert_eq!(catalogue.find(name), None, "{name}");
        }
        assert_eq!(catalogue.all().into_keys().collect::<Vec<_>>(), ["here"]);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
