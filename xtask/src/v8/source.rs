//! Building V8's static library from the source that the `v8` crate carries, where no ready one can be had.
//!
//! The crate's own way (`V8_FROM_SOURCE`) downloads its compiler from servers that are no package registries. This
//! one needs the crate registry and Debian's packages only. Every part is kept, so a build that was stopped goes on
//! where it was.

use super::archive::Archive;
use super::headers;
use super::ninja::{self, Done};
use super::tools::{LLVM, Tools};
use super::wrapper;
use crate::debian;
use crate::process::{self, cargo, is_on_path, read, run_logged};
use crate::progress::{Step, clock};
use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What V8's build files are told beyond what the crate's own `.gn` says.
///
/// Temporal is written in Rust and its crates are not in the package, so it is off.
const GN_ARGUMENTS: &str = "is_debug=false use_custom_libcxx=true v8_enable_sandbox=false v8_enable_pointer_compression=false \
    v8_enable_v8_checks=false v8_monolithic_for_shared_library=true treat_warnings_as_errors=false enable_rust=false \
    enable_rust_cxx=false v8_enable_temporal_support=false symbol_level=0 line_tables_only=false use_glib=false";

/// A package that exists to depend on one crate, so that cargo fetches it.
const FETCH_MANIFEST: &str =
    "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n";

/// Builds the archive and places it in the crate's cache.
pub(crate) fn build(project: &Project, archive: &Archive) -> Result<()> {
    check_machine(project)?;
    let started = Instant::now();
    let build = Build { folder: project.target.join("v8"), archive };
    eprintln!(
        "building V8 {} from source: about half an hour on two quiet cores, 4 GB of disk; stopped, it goes on where it was",
        build.archive.version
    );
    fs::create_dir_all(&build.folder)?;
    let tools = Tools::make(build.folder.join("tools"))?;
    build.fetch_source(project)?;
    build.generate(&tools)?;
    build.compile(&tools)?;
    build.pack()?;
    eprintln!(
        "V8 {} is built, in {}: `{}`",
        build.archive.version,
        clock(started.elapsed()),
        build.archive.cached.display()
    );
    eprintln!("`{}` is not needed any more", build.folder.display());
    Ok(())
}

fn check_machine(project: &Project) -> Result<()> {
    let instead = "what you can do: place an archive that the crate's authors publish in the crate's cache, or name it in \
                   RUSTY_V8_ARCHIVE; or build it on Debian (a container will do) and copy it here";
    debian::require("building V8 from source", instead)?;
    if let Some(missing) = ["python3", "gzip"].into_iter().find(|tool| !is_on_path(tool)) {
        bail!(
            "building V8 from source needs `{missing}`; install it (`apt-get install {missing}`) and run this again"
        );
    }
    if project.target.to_string_lossy().contains(char::is_whitespace) {
        bail!(
            "V8 cannot be built in `{}`: its build files take no path with a space; set CARGO_TARGET_DIR",
            project.target.display()
        );
    }
    Ok(())
}

struct Build<'a> {
    folder: PathBuf,
    archive: &'a Archive,
}

impl Build<'_> {
    fn source(&self) -> PathBuf {
        self.folder.join(format!("source-{}", self.archive.version))
    }

    fn out(&self) -> PathBuf {
        self.source().join("out")
    }

    /// Copies the crate's source out of the registry and adds the ICU data, which the crate leaves out.
    fn fetch_source(&self, project: &Project) -> Result<()> {
        if self.source().exists() {
            return Ok(());
        }
        let step = Step::start("V8: source from the crate registry");
        let part = self.source().with_extension("part");
        if part.exists() {
            fs::remove_dir_all(&part)?;
        }
        let fetched = self.fetch_crate(project, "v8", &format!("={}", self.archive.version))?;
        read(Command::new("cp").arg("-r").arg(&fetched).arg(&part))?;
        // The data must be of the same ICU; the crate that carries it bears ICU's number as its own.
        let version = fs::read_to_string(part.join("third_party/icu/source/common/unicode/uvernum.h"))?;
        let version = icu_version(&version).context("the source of V8 does not tell its ICU version")?;
        let data = self.fetch_crate(project, "deno_core_icudata", &format!("0.{version}"))?;
        let place = part.join("third_party/icu/common");
        fs::create_dir_all(&place)?;
        fs::copy(data.join("src/icudtl.dat"), place.join("icudtl.dat"))?;
        fs::rename(part, self.source())?;
        step.done(&format!("with the data of ICU {version}"));
        Ok(())
    }

    /// Has cargo fetch one crate and tells where its source lies.
    fn fetch_crate(&self, project: &Project, name: &str, requirement: &str) -> Result<PathBuf> {
        let folder = self.folder.join("fetch").join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/lib.rs"), "")?;
        let manifest = folder.join("Cargo.toml");
        fs::write(&manifest, format!("{FETCH_MANIFEST}{name} = \"{requirement}\"\n"))?;
        let metadata =
            read(cargo(project).args(["metadata", "--format-version=1", "--manifest-path"]).arg(manifest))
                .with_context(|| format!("the source of crate `{name}` could not be fetched"))?;
        crate_folder(&metadata, name)
            .with_context(|| format!("cargo does not tell where the source of `{name}` lies"))
    }

    /// Has GN write the build files, unless they are there for these very arguments.
    fn generate(&self, tools: &Tools) -> Result<()> {
        let own = self.folder.join("wrapper");
        let arguments = format!(
            "{GN_ARGUMENTS} clang_base_path=\"{}\" clang_version=\"{LLVM}\" cc_wrapper=\"{} {}\"",
            tools.clang_base().display(),
            own.display(),
            wrapper::COMMAND,
        );
        let stamp = self.out().join(".arguments");
        if fs::read_to_string(&stamp).is_ok_and(|made_with| made_with == arguments) {
            return Ok(());
        }
        let step = Step::start("V8: build files");
        if self.out().exists() {
            fs::remove_dir_all(self.out())?;
        }
        fs::copy(std::env::current_exe()?, own.with_extension("part"))?;
        fs::rename(own.with_extension("part"), &own)?;
        headers::write(&self.folder.join(wrapper::HEADERS_FOLDER))?;
        let mut gn = Command::new(tools.program("gn"));
        gn.current_dir(self.source())
            .args(["gen", "out", "--script-executable=python3"])
            .arg(format!("--args={arguments}"));
        run_logged(gn, &self.folder.join("gn.log"), |_| {})?;
        drop_foreign_flags(&self.out())?;
        fs::write(stamp, arguments)?;
        step.done("");
        Ok(())
    }

    /// Has ninja compile it.
    fn compile(&self, tools: &Tools) -> Result<()> {
        let mut step = Step::start("V8: compiling");
        let mut command = Command::new(tools.program("ninja"));
        command.current_dir(self.source()).args(["-C", "out", "rusty_v8"]).env("NINJA_STATUS", ninja::STATUS);
        run_logged(command, &self.folder.join("ninja.log"), |line| {
            if let Some(done) = Done::parse(line) {
                step.tell(&done.shown(step.elapsed()));
            }
        })
        .context("V8 did not compile; run the same command again to go on where it stopped")?;
        step.done("");
        Ok(())
    }

    /// Compresses the library and places it in the crate's cache.
    fn pack(&self) -> Result<()> {
        let step = Step::start("V8: packing");
        let packed = self.folder.join(&self.archive.file_name);
        let mut gzip = Command::new("gzip");
        gzip.args(["-9nc"])
            .arg(self.out().join("obj/librusty_v8.a"))
            .stdin(Stdio::null())
            .stdout(File::create(&packed)?);
        process::run(&mut gzip)?;
        self.archive.install(&packed)?;
        step.done(&format!("{} MB", fs::metadata(&packed)?.len() / 1_000_000));
        Ok(())
    }
}

/// The wrapper is not called for the one assembler step, so the flags are taken out of the build files too.
fn drop_foreign_flags(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            drop_foreign_flags(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "ninja") {
            let text = fs::read_to_string(&path)?;
            let kept = without_foreign_flags(&text);
            if kept != text {
                fs::write(&path, kept)?;
            }
        }
    }
    Ok(())
}

fn without_foreign_flags(text: &str) -> String {
    let kept = |line: &str| {
        let words = line.split(' ').filter(|word| !wrapper::is_foreign(word));
        words.collect::<Vec<_>>().join(" ") + "\n"
    };
    text.lines().map(kept).collect()
}

/// The major version in ICU's `uvernum.h`.
fn icu_version(header: &str) -> Option<u32> {
    let line = header.lines().find_map(|line| line.strip_prefix("#define U_ICU_VERSION_MAJOR_NUM "))?;
    line.trim().parse().ok()
}

/// The folder of a crate's source, from what `cargo metadata` prints: cargo names it by crate and version.
fn crate_folder(metadata: &str, name: &str) -> Option<PathBuf> {
    let folders = metadata.split('"').filter_map(|text| text.strip_suffix("/Cargo.toml")).map(Path::new);
    let is_it = |folder: &&Path| {
        let version = folder.file_name().and_then(OsStr::to_str).and_then(|text| text.strip_prefix(name));
        version.is_some_and(|version| {
            version.starts_with('-') && version[1..].starts_with(|first: char| first.is_ascii_digit())
        })
    };
    folders.into_iter().find(is_it).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_another_clang_leave_the_build_files() {
        let text =
            "asmflags = -fno-lifetime-dse -O2 \\\n  -fsanitize-ignore-for-ubsan-feature=return\nlast = -g\n";
        assert_eq!(without_foreign_flags(text), "asmflags = -O2 \\\n \nlast = -g\n");
    }

    #[test]
    fn icu_s_version_is_read_from_its_header() {
        assert_eq!(icu_version("/** x */\n#define U_ICU_VERSION_MAJOR_NUM 78\n"), Some(78));
        assert_eq!(icu_version("#define U_ICU_VERSION_MINOR_NUM 1\n"), None);
    }

    #[test]
    fn a_crate_s_folder_is_read_from_cargo_s_metadata() {
        let metadata = r#"{"packages":[{"manifest_path":"/r/v8-inspector-1.0.0/Cargo.toml"},{"manifest_path":"/r/v8-152.2.0/Cargo.toml"}]}"#;
        assert_eq!(crate_folder(metadata, "v8"), Some(PathBuf::from("/r/v8-152.2.0")));
        assert_eq!(crate_folder(metadata, "v9"), None);
    }
}
