//! `cargo xtask demo`: from nothing to a thumbnail.

use crate::process::{cargo, run, shown};
use crate::project::{Profile, Project};
use crate::setup;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where the script writes, from the checkout's root.
const OUTPUT: &str = "target/demo";

/// Sets up, builds, and makes a thumbnail of the example's photograph or of the one named.
pub(crate) fn run_demo(project: &Project, photograph: Option<&str>) -> Result<()> {
    let arguments = arguments(photograph)?; // a wrong path is told before the long steps
    let guest_tools = setup::all(project, Profile::Release)?;
    eprintln!("building innerbox");
    run(cargo(project).args(["build", "--release", "--bin", "innerbox"]))
        .context("innerbox did not build")?;
    eprintln!("building guests");
    guest_tools.build(project, &[])?;
    fs::create_dir_all(project.root.join(OUTPUT))?;
    let mut innerbox = Command::new(project.target.join("release/innerbox"));
    innerbox.current_dir(&project.root).args(arguments);
    eprintln!("running `{}`\n", shown(&innerbox));
    run(&mut innerbox)
}

fn arguments(photograph: Option<&str>) -> Result<Vec<OsString>> {
    let mut words: Vec<OsString> =
        vec!["run".into(), "--allow-read=examples".into(), format!("--allow-write={OUTPUT}").into()];
    let Some(photograph) = photograph else {
        words.push("examples/thumbnail.js".into());
        return Ok(words);
    };
    let path = Path::new(photograph)
        .canonicalize()
        .with_context(|| format!("the photograph `{photograph}` cannot be read"))?;
    let mut grant = OsString::from("--allow-read=");
    grant.push(path.parent().unwrap_or(&path));
    words.extend([grant, "examples/thumbnail.js".into(), path.into_os_string()]);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::arguments;
    use anyhow::Result;

    #[test]
    fn the_photograph_named_is_granted_by_its_folder() -> Result<()> {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let grant = format!("--allow-read={}", env!("CARGO_MANIFEST_DIR"));
        let expected = [
            "run",
            "--allow-read=examples",
            "--allow-write=target/demo",
            &grant,
            "examples/thumbnail.js",
            here,
        ];
        assert_eq!(arguments(Some(here))?, expected);
        Ok(())
    }

    #[test]
    fn a_photograph_that_is_not_there_is_told_at_once() {
        let error = arguments(Some("no-such.jpg")).map_err(|error| error.to_string());
        assert_eq!(error, Err("the photograph `no-such.jpg` cannot be read".to_owned()));
    }
}
