//! `innerbox ext info`: what a component imports, exports and would need.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use innerbox::{Config, DoorKind, Engine, Extension};
use serde::Serialize;

use super::needs::{Need, needs};
use super::signature::{Signatures, signatures};
use super::table;
use crate::cli::catalogue::{Catalogue, ExtensionOptions};
use crate::cli::quantity::shown_bytes;

/// Show what a component exports to scripts, what it imports, and what it would need
///
/// A component that cannot be used is refused with the reason, and the exit code is 2.
#[derive(Args)]
pub(crate) struct Info {
    /// The name of an extension, or the file of a component
    #[arg(value_name = "NAME|FILE")]
    component: String,
    #[command(flatten)]
    extensions: ExtensionOptions,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// All that is told of a component.
#[derive(Serialize)]
struct Description {
    name: String,
    file: PathBuf,
    component_bytes: usize,
    memory_bytes: u64,
    door: &'static str,
    door_reason: String,
    needs: Vec<Need>,
    #[serde(flatten)]
    signatures: Signatures,
}

impl Info {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let (_, file) = Catalogue::new(&self.extensions)?.locate(&self.component)?;
        let engine = Engine::new(Config::default())?;
        let extension = Extension::from_file(&engine, &file)?;
        let description = Description {
            name: extension.name().to_owned(),
            file,
            component_bytes: extension.component_bytes(),
            memory_bytes: extension.memory_bytes(),
            door: door(extension.door_kind()),
            door_reason: extension.door_reason().to_owned(),
            needs: needs(extension.name(), extension.imports()),
            signatures: signatures(extension.plan()),
        };
        let text = match self.json {
            true => serde_json::to_string_pretty(&description)? + "\n",
            false => description.text(),
        };
        std::io::stdout().write_all(text.as_bytes()).context("the standard output cannot be written")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn door(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::Direct => "direct",
        DoorKind::General => "general",
        DoorKind::Concurrent => "concurrent",
    }
}

impl Description {
    fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.name);
        let facts = [
            ["file", &self.file.display().to_string()],
            ["size", &shown_bytes(self.component_bytes as u64)],
            ["memory", &format!("{} to begin with", shown_bytes(self.memory_bytes))],
            ["door", &format!("{}: {}", self.door, self.door_reason)],
        ];
        text += &table::lines(&facts.map(|row| row.map(str::to_owned)), "  ");
        text += "\nimports, and what it gets of them where it is lent nothing\n";
        text += &self.imports();
        text += &self.grants();
        text += "\nexports\n";
        for interface in &self.signatures.interfaces {
            text += &format!(
                "  {}\n",
                if interface.name.is_empty() { "the world itself" } else { &interface.name }
            );
            for function in &interface.functions {
                text += &table::wrapped(&format!("    {function}"), "      ");
            }
            for class in &interface.classes {
                text += &format!("    class {}\n", class.name);
                for member in &class.members {
                    text += &table::wrapped(&format!("      {member}"), "        ");
                }
            }
        }
        if !self.signatures.types.is_empty() {
            text += "\ntypes\n";
            for (name, definition) in &self.signatures.types {
                text += &table::wrapped(&format!("  {name} = {definition}"), "    ");
            }
        }
        text
    }

    fn imports(&self) -> String {
        if self.needs.is_empty() {
            return "  nothing: it can ask nothing of the host\n".to_owned();
        }
        let mut text = String::new();
        let rows: Vec<_> =
            self.needs.iter().map(|need| [need.purpose.as_str(), need.gets].map(str::to_owned)).collect();
        text += &table::lines(&rows, "  ");
        let functions: Vec<_> =
            self.needs.iter().flat_map(|need| &need.functions).map(String::as_str).collect();
        text += &table::wrapped(&format!("  by {}", functions.join(", ")), "    ");
        text
    }
    /// The options that lend what it asks for.
    fn grants(&self) -> String {
        let lendable = self.needs.iter().filter(|need| !need.lent_by.is_empty());
        let rows: Vec<_> = lendable.map(|need| [need.purpose.clone(), need.lent_by.join(", ")]).collect();
        match rows.is_empty() {
            true => String::new(),
            false => {
                format!("\ngrants, as options of `innerbox run` and `eval`\n{}", table::lines(&rows, "  "))
            }
        }
    }
}
