//! `cargo xtask test`: every test of the host, with every guest built.

use crate::languages;
use crate::process::{cargo, is_on_path, run};
use crate::project::{Profile, Project};
use crate::setup;
use anyhow::Result;

/// Sets up, builds all guests, and runs the workspace's tests, the examples in its documentation, and the guests' own tests.
pub(crate) fn run_tests(project: &Project) -> Result<()> {
    let guest_tools = setup::all(project, Profile::Dev)?;
    eprintln!("building guests");
    guest_tools.build(project, &[])?;
    setup::for_tests(project)?;
    eprintln!("building languages");
    languages::build(project, &[])?;
    eprintln!("testing");
    if is_on_path("cargo-nextest") {
        run(cargo(project).args(["nextest", "run", "--workspace"]))?;
        run(cargo(project).args(["test", "--workspace", "--doc"]))?;
    } else {
        run(cargo(project).args(["test", "--workspace"]))?; // examples in the documentation are among them
    }
    // What guests do needs no sandbox to be tested: their crates run on this machine as well.
    run(cargo(project).args(["test", "--locked"]).current_dir(project.root.join("guest")))?;
    eprintln!("every test passed");
    Ok(())
}
