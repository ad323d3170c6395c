//! Packages of npm, each in a folder of its own in `target/tools/npm`. No package's scripts are run.

use crate::pins::NpmPackage;
use crate::process::{is_on_path, run_logged};
use crate::progress::Step;
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is told where there is no npm.
const NO_NPM: &str = "`npm` is not on PATH";

/// The `node_modules` that has the package; it is fetched where it is not there, or is of another version.
pub(crate) fn install(project: &Project, package: &NpmPackage) -> Result<PathBuf> {
    let folder = folder(project, package);
    let modules = folder.join("node_modules");
    if version(&modules, package).as_deref() == Some(package.version) {
        return Ok(modules);
    }
    if !is_on_path("npm") {
        bail!("{NO_NPM}");
    }
    let wanted = format!("{}@{}", package.name, package.version);
    let mut step = Step::start(format!("npm: {wanted}"));
    let part = folder.with_extension("part");
    for old in [&part, &folder] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("`{}` cannot be removed", old.display()))?;
        }
    }
    fs::create_dir_all(&part)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"])
        .arg("--prefix")
        .arg(&part)
        .arg(&wanted)
        .current_dir(&part);
    run_logged(npm, &folder.with_extension("log"), |line| step.tell(line))?;
    fs::rename(&part, &folder)?;
    step.done(&format!("`{}`", folder.display()));
    Ok(modules)
}

/// The same; where it cannot be had, a file `NAME.unavailable` says why, and so do the tests that would need it.
pub(crate) fn try_install(project: &Project, package: &NpmPackage, what_for: &str) -> Result<()> {
    let note = folder(project, package).with_extension("unavailable");
    match install(project, package) {
        Ok(_) if note.exists() => Ok(fs::remove_file(note)?),
        Ok(_) => Ok(()),
        Err(error) => {
            eprintln!("  --  npm: no {}, so {what_for}: {error:#}", package.name);
            fs::create_dir_all(note.parent().unwrap_or(&project.target))?;
            Ok(fs::write(note, format!("{error:#}\n"))?)
        }
    }
}

fn folder(project: &Project, package: &NpmPackage) -> PathBuf {
    project.target.join("tools/npm").join(package.name.replace('/', "-"))
}

/// The version of the package that is there.
fn version(modules: &Path, package: &NpmPackage) -> Option<String> {
    let manifest = fs::read_to_string(modules.join(package.name).join("package.json")).ok()?;
    version_in(&manifest)
}

fn version_in(manifest: &str) -> Option<String> {
    let (_, rest) = manifest.split_once("\"version\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn a_version_is_read_from_the_manifest() {
        let manifest =
            "{\n  \"name\": \"typescript\",\n  \"version\" : \"7.0.2\",\n  \"type\": \"module\"\n}";
        assert_eq!(version_in(manifest).as_deref(), Some("7.0.2"));
        assert_eq!(version_in("{}"), None);
    }
}
