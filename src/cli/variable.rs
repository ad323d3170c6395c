//! Environment variables to lend.

use anyhow::{Result, bail};

/// Name and value of an environment variable to lend; none where it has no value here either.
pub(crate) fn variable<'a>(flag: &str, text: &'a str) -> Result<Option<(&'a str, String)>> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() {
        bail!("`{flag} {text}`: the variable has no name");
    }
    let value = match value {
        Some(value) => Some(value),
        None => match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => bail!("`{flag} {name}`: its value here is not UTF-8"),
        },
    };
    Ok(value.map(|value| (name, value)))
}
