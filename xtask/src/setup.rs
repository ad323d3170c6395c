//! Set-up: V8 for the host, a compiler and cargo-component for guests. Every part is left alone where it is there.

use crate::guest;
use crate::guest::compiler::Compiler;
use crate::guest::component_tool::ComponentTool;
use crate::npm;
use crate::pins::TYPESCRIPT;
use crate::project::{Profile, Project, SetupLock};
use crate::v8;
use anyhow::Result;

/// What builds guests.
pub(crate) struct GuestTools {
    compiler: Compiler,
    component_tool: ComponentTool,
}

impl GuestTools {
    /// Finds or makes them; cargo-component may still be compiling when this returns.
    pub(crate) fn find(project: &Project) -> Result<Self> {
        let _lock = SetupLock::take(project)?;
        let component_tool = ComponentTool::find(project)?;
        let compiler = Compiler::find(project)?;
        Ok(Self { compiler, component_tool })
    }

    /// Builds guests: those named, or all.
    pub(crate) fn build(self, project: &Project, names: &[&str]) -> Result<()> {
        let cargo_component = self.component_tool.wait()?;
        guest::build::build(project, &self.compiler, &cargo_component, names)
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
    let guest_tools = all(project, Profile::Dev)?;
    for_tests(project)?;
    guest_tools.component_tool.wait()?;
    eprintln!("set-up is complete: `cargo build` works, and so does `cargo xtask guests`");
    Ok(())
}
