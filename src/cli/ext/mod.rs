//! `innerbox ext`: what components there are, and what each one is.

mod info;
mod list;
mod needs;
mod signature;
pub(crate) mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

/// Tell of extensions: native libraries as components
#[derive(Subcommand)]
pub(crate) enum Ext {
    List(list::List),
    Info(info::Info),
}

impl Ext {
    /// Does what was asked for.
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.execute(),
            Self::Info(info) => info.execute(),
        }
    }
}
