//! What is lent to scripts, and what to components. By default: nothing.

use std::path::PathBuf;

/// One thing that the scripts of a sandbox are lent.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Grant, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let mut sandbox = Sandbox::builder(&engine).grant(Grant::code_from_strings()).build()?;
/// assert_eq!(sandbox.eval("eval('1 + 1')").into_value::<u32>()?, 2);
///
/// let mut sandbox = Sandbox::builder(&engine).build()?;
/// assert!(sandbox.eval("eval('1 + 1')").into_value::<u32>().is_err());
/// # Ok::<(), innerbox::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant(pub(crate) Lent);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lent {
    Read(PathBuf),
    Write(PathBuf),
    Variable { name: String, value: String },
    CodeFromStrings,
    WebAssembly,
}

impl Grant {
    /// Reading the file or directory `path`, with everything in it. Also importing modules from there.
    #[must_use]
    pub fn read(path: impl Into<PathBuf>) -> Self {
        Self(Lent::Read(path.into()))
    }

    /// Writing the file or directory `path`, with everything in it. Reading is another grant.
    #[must_use]
    pub fn write(path: impl Into<PathBuf>) -> Self {
        Self(Lent::Write(path.into()))
    }

    /// An environment variable with the value given here, whatever this process's own environment has.
    #[must_use]
    pub fn variable(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self(Lent::Variable { name: name.into(), value: value.into() })
    }

    /// `eval`, `new Function` and their kin.
    #[must_use]
    pub fn code_from_strings() -> Self {
        Self(Lent::CodeFromStrings)
    }

    /// V8's own `WebAssembly`. No limit counts its memories, so only for scripts that are trusted.
    #[must_use]
    pub fn web_assembly() -> Self {
        Self(Lent::WebAssembly)
    }
}
