//! Building guests to `target/guests`.

use super::check;
use super::compiler::{Compiler, TARGET};
use crate::process::{cargo, run};
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A package that becomes a component.
#[derive(Debug, PartialEq, Eq)]
struct Guest {
    name: String,
    folder: PathBuf,
}

/// Builds the guests named, or all of them, and shows their sizes.
pub(crate) fn build(
    project: &Project,
    compiler: &Compiler,
    cargo_component: &Path,
    names: &[&str],
) -> Result<()> {
    let workspace = project.root.join("guest");
    let guests = choose(all(&workspace)?, names)?;
    // Another compiler than the host's: with a target folder of its own, neither rebuilds for the other.
    let compiled = project.target.join("guest-build");
    let compile = |folder: &Path| {
        let mut command = cargo(project);
        compiler.set_for(&mut command, cargo_component.parent().unwrap_or(folder))?;
        command
            .args(["component", "build", "--release"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &compiled)
            .env_remove("RUSTFLAGS"); // it would replace the flags that the guests' own configuration sets
        run(&mut command).context("a guest did not build")
    };
    match names {
        [] => compile(&workspace)?,
        _ => guests.iter().try_for_each(|guest| compile(&guest.folder))?,
    }
    let sizes = collect(&guests, &compiled.join(TARGET).join("release"), &project.target.join("guests"))?;
    write!(std::io::stdout(), "{}", table(&sizes))?;
    Ok(())
}

/// Every package of the guests' workspace that becomes a component.
fn all(workspace: &Path) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for folder in [workspace.to_path_buf(), workspace.join("fixtures")] {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("`{}` cannot be read", folder.display()))?;
        for entry in entries {
            let folder = entry?.path();
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
            guests.extend(component_name(&manifest).map(|name| Guest { name, folder }));
        }
    }
    guests.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(guests)
}

/// The name of the package, if its manifest says that it is a component.
fn component_name(manifest: &str) -> Option<String> {
    if !manifest.contains("\"cdylib\"") {
        return None;
    }
    let package = manifest.split_once("[package]")?.1;
    let name = package.lines().find_map(|line| line.strip_prefix("name = "))?;
    Some(name.trim().trim_matches('"').to_owned())
}

fn choose(all: Vec<Guest>, names: &[&str]) -> Result<Vec<Guest>> {
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|guest| guest.name == **name)) {
        let known: Vec<&str> = all.iter().map(|guest| guest.name.as_str()).collect();
        bail!("`{unknown}` is no guest; there are: {}", known.join(", "));
    }
    let is_chosen = |guest: &Guest| names.is_empty() || names.contains(&guest.name.as_str());
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Copies what was compiled to the folder of guests; gives each one's name and size.
fn collect<'a>(guests: &'a [Guest], compiled: &Path, folder: &Path) -> Result<Vec<(&'a str, usize)>> {
    fs::create_dir_all(folder)?;
    let one = |guest: &'a Guest| {
        let from = compiled.join(format!("{}.wasm", guest.name.replace('-', "_")));
        let to = folder.join(format!("{}.wasm", guest.name));
        let bytes = place(&from, &to)?;
        place_wit(&guest.folder, &to.with_extension("wit"))?;
        Ok((guest.name.as_str(), bytes))
    };
    guests.iter().map(one).collect()
}

/// Copies a component to its place, if it is valid and not there yet; gives its size.
fn place(from: &Path, to: &Path) -> Result<usize> {
    let bytes = fs::read(from).with_context(|| format!("`{}` was not built", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(bytes.len());
    }
    check::component(&bytes, from)?;
    let part = to.with_extension("part");
    fs::write(&part, &bytes)?;
    fs::rename(part, to)?;
    Ok(bytes.len())
}

/// Copies a guest's WIT to beside its component, which carries no doc comments itself.
fn place_wit(folder: &Path, to: &Path) -> Result<()> {
    let files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let mut wit = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "wit"));
    if let (Some(only), None) = (wit.next(), wit.next()) {
        fs::copy(only, to).with_context(|| format!("`{}` cannot be copied", only.display()))?;
    }
    Ok(())
}

fn table(guests: &[(&str, usize)]) -> String {
    let width = guests.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line =
        |(name, bytes): &(&str, usize)| format!("{name:width$}  {:>8.1} KiB\n", *bytes as f64 / 1024.0);
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
        let all = || ["digest", "image"].map(|name| Guest { name: name.to_owned(), folder: PathBuf::new() });
        assert_eq!(choose(all().into(), &[])?, all());
        assert_eq!(choose(all().into(), &["image"])?, all()[1..]);
        let error = choose(all().into(), &["imagge"]).map_err(|error| error.to_string());
        assert_eq!(error, Err("`imagge` is no guest; there are: digest, image".to_owned()));
        Ok(())
    }

    #[test]
    fn sizes_stand_in_a_column() {
        let sizes = table(&[("digest", 2048), ("fixture-echo", 1_500_000)]);
        assert_eq!(sizes, "digest             2.0 KiB\nfixture-echo    1464.8 KiB\n");
    }
}
