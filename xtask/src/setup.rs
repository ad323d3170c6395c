//! Set-up: V8 for the host, a compiler and cargo-component for guests. Every part is left alone where it is there.

use crate::guest;
use crate::guest::compiler::Compiler;
use crate::guest::component_tool::ComponentTool;
use crate::languages;
use crate::npm;
use crate::pins::TYPESCRIPT;
use crate::project::{Profile, Project, SetupLock};
use crate::v8;
use anyhow::Result;
use std::path::PathBuf;

/// What builds guests.
pub(crate) struct GuestTools {
    compiler: Compiler,
    component_tool: ComponentTool,
}

impl GuestTools {
    /// Finds or makes them; cargo-component may still be compiling when this returns.
    pub(crate) fn find(project: &Project) -> Result<Self> {
        let _lock = SetupLock::take(project)?;
        Self::find_within(project)
    }

    /// The same for one who holds the lock.
    pub(crate) fn find_within(project: &Project) -> Result<Self> {
        let component_tool = ComponentTool::find(project)?;
        let compiler = Compiler::find(project)?;
        Ok(Self { compiler, component_tool })
    }

    /// The compiler and cargo-component, once that is there.
    pub(crate) fn ready(self) -> Result<(Compiler, PathBuf)> {
        Ok((self.compiler, self.component_tool.wait()?))
    }

    /// Builds guests: those named, or all.
    pub(crate) fn build(self, project: &Project, names: &[&str]) -> Result<()> {
        let (compiler, cargo_component) = self.ready()?;
        guest::build::build(project, &compiler, &cargo_component, names)
    }
}

/// Everything that building needs.
pub(crate) fn all(project: &Project, profile: Profile) -> Result<GuestTools> {
    eprintln!("set-up");
    let guest_tools = GuestTools::find(project)?;
    v8::ensure(project, profile)?;
    Ok(guest_tools)
}

/// What only tests need. A test that goes without says so.
pub(crate) fn for_tests(project: &Project) -> Result<()> {
    let _lock = SetupLock::take(project)?;
    npm::try_install(project, &TYPESCRIPT, "declarations are not type-checked")
}

/// `cargo xtask setup`.
pub(crate) fn run(project: &Project) -> Result<()> {
    all(project, Profile::Dev)?.ready()?;
    for_tests(project)?;
    languages::set_up(project)?;
    eprintln!("set-up is complete: `cargo build` works, and so does `cargo xtask guests`");
    Ok(())
}
