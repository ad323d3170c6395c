//! `innerbox ext list`: the components that a script can import by name.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use innerbox::{Config, Engine, Extension, ExtensionError};
use serde::Serialize;

use super::table;
use crate::cli::catalogue::{Catalogue, ExtensionOptions};
use crate::cli::quantity::shown_bytes;

/// List the components that a script can import by name
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    extensions: ExtensionOptions,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// One component.
#[derive(Serialize)]
struct Line {
    name: String,
    file: PathBuf,
    component_bytes: u64,
    /// What it exports.
    interfaces: Vec<String>,
    /// Why it cannot be used, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl List {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let catalogue = Catalogue::new(&self.extensions)?;
        let engine = Engine::new(Config::default())?;
        let found = catalogue.all();
        let lines: Vec<_> = found.into_iter().map(|(name, file)| Line::read(&engine, name, file)).collect();
        let text = match self.json {
            true => serde_json::to_string_pretty(&lines)? + "\n",
            false if lines.is_empty() => format!("no extensions: {}\n", catalogue.nowhere()),
            false => shown(&lines),
        };
        std::io::stdout().write_all(text.as_bytes()).context("the standard output cannot be written")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Line {
    fn read(engine: &Engine, name: String, file: PathBuf) -> Self {
        let component_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let (interfaces, refused) = match Extension::from_file(engine, &file) {
            Ok(extension) => (interfaces(&extension), None),
            Err(ExtensionError::Component { source, .. }) => (Vec::new(), Some(format!("{source:#}"))),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Self { name, file, component_bytes, interfaces, refused }
    }
}

fn interfaces(extension: &Extension) -> Vec<String> {
    let names = extension.plan().interfaces.iter().map(|interface| interface.name.as_str());
    names.map(|name| if name.is_empty() { "the world itself" } else { name }.to_owned()).collect()
}

fn shown(lines: &[Line]) -> String {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let exports = match &line.refused {
                Some(_) => "refused".to_owned(),
                None => line.interfaces.join(", "),
            };
            [line.name.clone(), shown_bytes(line.component_bytes), exports, line.file.display().to_string()]
        })
        .collect();
    let refused =
        lines.iter().filter_map(|line| Some(format!("{}: {}\n", line.name, line.refused.as_ref()?)));
    let refused: String = refused.collect();
    let space = if refused.is_empty() { "" } else { "\n" };
    table::lines(&rows, "") + space + &refused
}
