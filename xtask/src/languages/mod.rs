//! `cargo xtask languages`: one world, implemented in several languages, for one test. `docs/guests.md` tells how each is
//! built by hand.

mod c;
mod javascript;
mod python;
mod rust;

use crate::guest::check;
use crate::progress::Step;
use crate::project::{Project, SetupLock};
use crate::setup::GuestTools;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The WIT that all of them implement.
const WIT: &str = "languages.wit";

/// A language, and how a component is made of it.
struct Language {
    name: &'static str,
    /// The folder of its sources in `guest/languages`.
    folder: &'static str,
    /// The versions of its tools.
    pins: String,
    /// The text of the file that says how it is built.
    recipe: &'static str,
    /// Finds its tools, or fetches them. Where that fails, the language is left out, and the test says so.
    tools: fn(&Project) -> Result<Tools>,
    /// Makes the component in a folder that has the sources and the WIT above them. Where that fails, so does the build.
    build: fn(&Workplace<'_>) -> Result<PathBuf>,
}

/// Where a language's tools are.
struct Tools(PathBuf);

/// What a language is built in and by.
struct Workplace<'a> {
    project: &'a Project,
    tools: PathBuf,
    /// A copy of the sources.
    folder: PathBuf,
}

impl Workplace<'_> {
    /// Runs a program of the language's, and keeps what it says.
    fn run(&self, command: &mut Command, step: &str) -> Result<()> {
        command.current_dir(&self.folder);
        crate::process::read(command).map(drop).with_context(|| format!("{step} failed"))
    }
}

fn all() -> [Language; 5] {
    [rust::wasi_0_1(), rust::wasi_0_2(), c::language(), python::language(), javascript::language()]
}

/// Fetches the tools of all languages.
pub(crate) fn set_up(project: &Project) -> Result<()> {
    let _lock = SetupLock::take(project)?;
    for language in all() {
        if let Err(error) = (language.tools)(project) {
            tell_left_out(&language, &error);
        }
    }
    Ok(())
}

/// Builds the component of each language named, or of all, to `target/languages`.
pub(crate) fn build(project: &Project, names: &[&str]) -> Result<()> {
    let languages = all();
    if let Some(unknown) = names.iter().find(|name| !languages.iter().any(|language| language.name == **name))
    {
        let known: Vec<_> = languages.iter().map(|language| language.name).collect();
        bail!("`{unknown}` is no language; there are: {}", known.join(", "));
    }
    let _lock = SetupLock::take(project)?;
    let chosen = languages.iter().filter(|language| names.is_empty() || names.contains(&language.name));
    for language in chosen {
        build_one(project, language).with_context(|| format!("the language `{}`", language.name))?;
    }
    Ok(())
}

fn build_one(project: &Project, language: &Language) -> Result<()> {
    let folder = project.target.join("languages");
    fs::create_dir_all(&folder)?;
    let component = folder.join(language.name).with_extension("wasm");
    let [note, stamp] = ["unavailable", "made-of"].map(|extension| component.with_extension(extension));
    let made_of = made_of(project, language)?;
    if component.is_file() && fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == made_of) {
        return Ok(());
    }
    for old in [&component, &note, &stamp] {
        fs::remove_file(old).ok(); // an error where there is none
    }
    let tools = match (language.tools)(project) {
        Ok(Tools(tools)) => tools,
        Err(error) => {
            tell_left_out(language, &error);
            return Ok(fs::write(note, format!("{error:#}\n"))?);
        }
    };
    let step = Step::start(format!("language {}", language.name));
    let work = folder.join("work").join(language.name);
    let folder = copy_sources(project, language, &work)?;
    let built = (language.build)(&Workplace { project, tools, folder })?;
    let bytes = fs::read(&built).with_context(|| format!("`{}` was not built", built.display()))?;
    check::component(&bytes, &built)?;
    fs::write(&component, &bytes)?;
    fs::write(stamp, made_of)?;
    step.done(&format!("{:.1} KiB", bytes.len() as f64 / 1024.0));
    Ok(())
}

fn tell_left_out(language: &Language, error: &anyhow::Error) {
    eprintln!("  --  the language `{}` is left out: {error:#}", language.name);
}

/// What a component was made of: made of the same, it is not made again.
fn made_of(project: &Project, language: &Language) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(&language.pins);
    hasher.update(language.recipe);
    for file in sources(project, language)? {
        hasher.update(fs::read(&file).with_context(|| format!("`{}` cannot be read", file.display()))?);
    }
    Ok(format!("{:x}\n", hasher.finalize()))
}

/// The WIT, then the language's own files and those of its folder `src`.
fn sources(project: &Project, language: &Language) -> Result<Vec<PathBuf>> {
    let languages = project.root.join("guest/languages");
    let folder = languages.join(language.folder);
    let mut files = Vec::new();
    for folder in [folder.clone(), folder.join("src")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            files.push(entry?.path());
        }
    }
    files.retain(|path| path.is_file());
    files.sort();
    files.insert(0, languages.join(WIT));
    Ok(files)
}

/// Copies the sources: some tools leave files beside them.
fn copy_sources(project: &Project, language: &Language, work: &Path) -> Result<PathBuf> {
    if work.exists() {
        fs::remove_dir_all(work)?;
    }
    let languages = project.root.join("guest/languages");
    for file in sources(project, language)? {
        let to = work.join(file.strip_prefix(&languages)?);
        fs::create_dir_all(to.parent().unwrap_or(work))?;
        fs::copy(&file, to)?;
    }
    Ok(work.join(language.folder))
}

/// What builds Rust guests, once it is there.
fn guest_tools(project: &Project) -> Result<(crate::guest::compiler::Compiler, PathBuf)> {
    GuestTools::find_within(project)?.ready()
}

#[cfg(test)]
mod tests {
    use super::{all, made_of, sources};
    use crate::project::Project;
    use anyhow::Result;

    #[test]
    fn every_language_has_sources_and_a_name_of_its_own() -> Result<()> {
        let project = Project::find()?;
        let mut names: Vec<_> = all().iter().map(|language| language.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for language in all() {
            assert!(sources(&project, &language)?.len() > 1, "{}", language.name);
        }
        Ok(())
    }

    #[test]
    fn a_component_is_made_anew_of_other_tools() -> Result<()> {
        let project = Project::find()?;
        let [_, _, mut language, ..] = all();
        let before = made_of(&project, &language)?;
        assert_eq!(before, made_of(&project, &language)?);
        language.pins.push('1');
        assert_ne!(before, made_of(&project, &language)?);
        Ok(())
    }
}
