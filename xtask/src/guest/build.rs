//! Building guests to `target/guests`.

use super::check;
use super::compiler::{Compiler, TARGET};
use crate::process::{cargo, run};
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A guest that is built.
pub(crate) struct Guest {
    name: String,
    bytes: u64,
}

/// Builds the guests named, or all of them, and shows their sizes.
pub(crate) fn build(
    project: &Project,
    compiler: &Compiler,
    cargo_component: &Path,
    names: &[&str],
) -> Result<()> {
    let all = all(project)?;
    let chosen = choose(&all, names)?;
    if chosen.is_empty() {
        eprintln!(
            "there are no guests in `{}`",
            project.root.join("guest").display()
        );
        return Ok(());
    }
    let compiled = compile(project, compiler, cargo_component, &chosen)?;
    let folder = project.target.join("guests");
    fs::create_dir_all(&folder)?;
    let mut built = Vec::new();
    for name in chosen {
        let from = compiled.join(format!("{}.wasm", name.replace('-', "_")));
        let bytes = place(&from, &folder.join(format!("{name}.wasm")))?;
        built.push(Guest { name, bytes });
    }
    write!(std::io::stdout(), "{}", table(&built))?;
    Ok(())
}

/// The names of all guests: every package of the guests' workspace that becomes a component.
fn all(project: &Project) -> Result<Vec<String>> {
    let guest = project.root.join("guest");
    let mut names = Vec::new();
    for folder in [guest.clone(), guest.join("fixtures")] {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let manifest = entry?.path().join("Cargo.toml");
            if let Ok(text) = fs::read_to_string(&manifest) {
                names.extend(component_name(&text));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// The name of the package, if its manifest says that it is a component.
fn component_name(manifest: &str) -> Option<String> {
    if !manifest.contains("\"cdylib\"") {
        return None;
    }
    let package = manifest.split_once("[package]")?.1;
    let name = package.lines().find_map(|line| line.strip_prefix("name"))?;
    Some(
        name.trim_start()
            .strip_prefix('=')?
            .trim()
            .trim_matches('"')
            .to_owned(),
    )
}

fn choose(all: &[String], names: &[&str]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| !all.iter().any(|known| known == *name))
    {
        bail!("`{unknown}` is no guest; there are: {}", all.join(", "));
    }
    Ok(names.iter().map(ToString::to_string).collect())
}

/// Compiles guests and tells where cargo put them.
fn compile(
    project: &Project,
    compiler: &Compiler,
    cargo_component: &Path,
    names: &[String],
) -> Result<PathBuf> {
    // Another compiler than the host's: with a target folder of its own, neither rebuilds for the other.
    let target = project.target.join("guest-build");
    let mut command = cargo(project);
    compiler.set_for(
        &mut command,
        cargo_component.parent().unwrap_or(cargo_component),
    )?;
    command
        .args(["component", "build", "--release"])
        .current_dir(project.root.join("guest"))
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTFLAGS"); // it would replace the flags that `guest/.cargo/config.toml` sets for the target
    for name in names {
        command.args(["--package", name]);
    }
    run(&mut command).context("the guests did not build")?;
    Ok(target.join(TARGET).join("release"))
}

/// Copies a component to its place, if it is valid and not there yet; gives its size.
fn place(from: &Path, to: &Path) -> Result<u64> {
    let bytes = fs::read(from).with_context(|| format!("`{}` was not built", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(bytes.len() as u64);
    }
    check::component(&bytes, from)?;
    let part = to.with_extension("part");
    fs::write(&part, &bytes)?;
    fs::rename(part, to)?;
    Ok(bytes.len() as u64)
}

fn table(guests: &[Guest]) -> String {
    let width = guests
        .iter()
        .map(|guest| guest.name.len())
        .max()
        .unwrap_or(0);
    let line = |guest: &Guest| {
        format!(
            "{:width$}  {:>8.1} KiB\n",
            guest.name,
            guest.bytes as f64 / 1024.0
        )
    };
    guests.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_a_package_with_a_cdylib() {
        let manifest = "[package]\nname = \"fixture-echo\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
        assert_eq!(component_name(manifest).as_deref(), Some("fixture-echo"));
        assert_eq!(component_name("[package]\nname = \"helper\"\n"), None);
    }

    #[test]
    fn only_known_guests_can_be_chosen() -> Result<()> {
        let all = ["digest".to_owned(), "image".to_owned()];
        assert_eq!(choose(&all, &[])?, all);
        assert_eq!(choose(&all, &["image"])?, ["image"]);
        assert!(choose(&all, &["imagge"]).is_err());
        Ok(())
    }

    #[test]
    fn sizes_stand_in_a_column() {
        let guests = [("digest", 2048), ("fixture-echo", 1_500_000)].map(|(name, bytes)| Guest {
            name: name.to_owned(),
            bytes,
        });
        assert_eq!(
            table(&guests),
            "digest             2.0 KiB\nfixture-echo    1464.8 KiB\n"
        );
    }
}
