//! `innerbox types`: what scripts see of a component, as TypeScript declarations.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use innerbox::WitDocs;
use innerbox_bridge_component::plan::compile;
use innerbox_bridge_component::typings::typings;

use super::catalogue::{Catalogue, ExtensionOptions};
use super::report;

/// Print TypeScript declarations of what scripts see of a component
///
/// The component is read and neither compiled nor run. It carries no doc comments: they come from its WIT, which is
/// NAME.wit beside the component's file, or what --wit names.
#[derive(Args)]
pub(crate) struct Types {
    /// The name of an extension, or the file of a component
    #[arg(value_name = "NAME|FILE")]
    component: String,
    /// Take doc comments from a .wit file, or from a folder of them
    #[arg(long, value_name = "PATH")]
    wit: Option<PathBuf>,
    /// Write to FILE and not to the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    extensions: ExtensionOptions,
}

impl Types {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let (name, file) = Catalogue::new(&self.extensions)?.locate(&self.component)?;
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let plan = compile(&bytes).with_context(|| format!("component `{name}`"))?;
        let text = typings(&name, &plan, &self.docs(&file)?);
        match &self.output {
            Some(output) => std::fs::write(output, text)
                .with_context(|| format!("`{}` cannot be written", output.display()))?,
            None => std::io::stdout()
                .write_all(text.as_bytes())
                .context("the standard output cannot be written")?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn docs(&self, component: &Path) -> Result<WitDocs> {
        if let Some(path) = &self.wit {
            return WitDocs::read(path).with_context(|| format!("`--wit {}`", path.display()));
        }
        let beside = component.with_extension("wit");
        if !beside.is_file() {
            return Ok(WitDocs::default());
        }
        Ok(WitDocs::read(&beside).unwrap_or_else(|error| {
            report::note(&format!("`{}` gives no doc comments: {error}", beside.display()));
            WitDocs::default()
        }))
    }
}
