//! Why a component or what it is lent cannot be.

use std::fmt;
use std::path::PathBuf;

/// What kept a component from being loaded, or from being lent something.
#[derive(Debug)]
pub enum ExtensionError {
    /// A grant cannot be.
    Config(String),
    /// A file of the host could not be opened or read.
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A component is not valid, does not fit this host, or could not be made ready.
    Component {
        /// Its name or path.
        name: String,
        /// What is wrong with it.
        source: anyhow::Error,
    },
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => write!(f, "configuration: {what}"),
            Self::Io { what, path, source } => write!(f, "cannot {what} `{}`: {source}", path.display()),
            Self::Component { name, source } => write!(f, "component `{name}`: {source:#}"),
        }
    }
}

impl std::error::Error for ExtensionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(_) => None,
            Self::Io { source, .. } => Some(source),
            Self::Component { source, .. } => Some(source.as_ref()),
        }
    }
}
