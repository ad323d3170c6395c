//! What went wrong: [`Error`] for the embedder, [`ScriptError`] for the script.

use std::fmt;
use std::path::PathBuf;

use innerbox_extension::ExtensionError;
use serde::Serialize;

use crate::limit_hit::LimitHit;

/// What kept the host from doing what it was asked, or a run from giving an answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The embedder's configuration, limits or grants cannot be.
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
    /// The isolate could not be prepared. A heap limit too small for an empty realm shows as this.
    Isolate(String),
    /// A snapshot cannot be made of what a script has left, or one is refused.
    Snapshot(String),
    /// The sandbox cannot be inspected, or not in this way now.
    Inspect(String),
    /// The answer is not of the type that was asked for.
    Answer(String),
    /// The run threw instead of giving an answer.
    Threw(Box<ScriptError>),
    /// The run hit a limit instead of giving an answer.
    Limit(LimitHit),
    /// The run ended itself by `process.exit` with this code.
    Exited(i32),
    /// The sandbox is dead.
    Died(String),
    /// A queue is full: try again later.
    Busy {
        /// How much waits in it.
        waiting: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => write!(f, "configuration: {what}"),
            Self::Io { what, path, source } => write!(f, "cannot {what} `{}`: {source}", path.display()),
            Self::Component { name, source } => write!(f, "component `{name}`: {source:#}"),
            Self::Isolate(what) => write!(f, "cannot prepare an isolate: {what}"),
            Self::Snapshot(what) => write!(f, "snapshot: {what}"),
            Self::Inspect(what) => write!(f, "cannot inspect the sandbox: {what}"),
            Self::Answer(what) => write!(f, "the script's answer is of another type: {what}"),
            Self::Threw(error) => write!(f, "the script threw: {error}"),
            Self::Limit(hit) => hit.fmt(f),
            Self::Exited(code) => write!(f, "the script exited with code {code}"),
            Self::Died(reason) => write!(f, "the sandbox died: {reason}"),
            Self::Busy { waiting } => write!(f, "busy: {waiting} pieces of work wait already"),
        }
    }
}

impl From<ExtensionError> for Error {
    fn from(error: ExtensionError) -> Self {
        match error {
            ExtensionError::Config(what) => Self::Config(what),
            ExtensionError::Io { what, path, source } => Self::Io { what, path, source },
            ExtensionError::Component { name, source } => Self::Component { name, source },
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Component { source, .. } => Some(source.as_ref()),
            Self::Threw(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

/// What a script threw and nobody caught.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScriptError {
    /// The error's `name`, such as `TypeError`. Empty where something else than an error was thrown.
    pub name: String,
    /// Its `message`, or the thrown value as text.
    pub message: String,
    /// Its `code`, such as `ERR_ACCESS_DENIED`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where in the source it was thrown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Its `stack`: name, message, and one line for each call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Its `cause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<ScriptError>>,
}

/// A place in a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The script's name, or the URL of the module.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in UTF-16 units, from 1.
    pub column: usize,
    /// The text of that line, cut where it is very long.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_line: String,
}

impl ScriptError {
    /// The whole error for a person: the source line with the place marked, the stack, and the chain of causes.
    #[must_use]
    pub fn report(&self) -> String {
        let mut report = String::new();
        if let Some(position) = &self.position {
            report.push_str(&position.report());
        }
        report.push_str(&self.with_stack());
        let mut cause = self.cause.as_deref();
        while let Some(error) = cause {
            report.push_str("\n  caused by: ");
            report.push_str(&error.with_stack().replace('\n', "\n  "));
            cause = error.cause.as_deref();
        }
        report
    }

    fn with_stack(&self) -> String {
        self.stack.clone().filter(|stack| !stack.is_empty()).unwrap_or_else(|| self.to_string())
    }
}

impl Position {
    fn report(&self) -> String {
        let head = format!("{self}\n");
        if self.source_line.is_empty() {
            return head;
        }
        let mut units = 0;
        let before = self.source_line.chars().take_while(|character| {
            units += character.len_utf16();
            units < self.column
        });
        let indent: String = before.map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
        format!("{head}{}\n{indent}^\n", self.source_line)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.message.as_str()) {
            ("", message) => write!(f, "uncaught {message}"),
            (name, "") => f.write_str(name),
            (name, message) => write!(f, "{name}: {message}"),
        }
    }
}

impl std::error::Error for ScriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
