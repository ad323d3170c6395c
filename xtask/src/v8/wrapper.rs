//! The compiler's wrapper: ninja runs this program in front of every compiler call of V8's build.
//!
//! It drops flags that only Chromium's own clang knows, and gives V8's big targets a precompiled header, made when
//! it is first needed. Where the header does not fit, the plain command runs.

use super::headers::{self, Headers};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The hidden command by which ninja calls this program.
pub(crate) const COMMAND: &str = "compile-v8";

/// The folder of precompiled headers, beside the wrapper's program.
pub(crate) const HEADERS_FOLDER: &str = "headers";

/// Whether clang does not know a flag.
pub(crate) fn is_foreign(flag: &str) -> bool {
    matches!(flag, "-fdiagnostics-show-inlining-chain" | "-fno-lifetime-dse")
        || flag.starts_with("-fsanitize-ignore-for-ubsan-feature=")
}

/// Compiles one file.
pub(crate) fn run(command: &[String]) -> ExitCode {
    let command: Vec<&str> = command.iter().map(String::as_str).filter(|flag| !is_foreign(flag)).collect();
    if compile_with_headers(&command).unwrap_or(false) {
        return ExitCode::SUCCESS;
    }
    let Some((compiler, flags)) = command.split_first() else {
        return ExitCode::FAILURE;
    };
    match Command::new(compiler).args(flags).arg("-w").status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: `{compiler}` did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the file could be compiled by way of a precompiled header.
fn compile_with_headers(command: &[&str]) -> Result<bool> {
    let Some(headers) = object_of(command).and_then(headers::serving) else {
        return Ok(false);
    };
    let own = std::env::current_exe()?;
    let folder = own.parent().context("the wrapper lies nowhere")?.join(HEADERS_FOLDER);
    let Some(precompiled) = precompile(&folder, headers, command)? else {
        return Ok(false);
    };
    let (compiler, flags) = command.split_first().context("no compiler was named")?;
    let flags = flags.iter().filter(|flag| !names_module(flag));
    let status = Command::new(compiler)
        .args(flags)
        .arg("-w")
        .arg("-include-pch")
        .arg(precompiled)
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// The precompiled header, or none if it cannot be made.
fn precompile(folder: &Path, headers: &Headers, command: &[&str]) -> Result<Option<PathBuf>> {
    let [list, made, failed, part] =
        ["h", "pch", "failed", "part"].map(|extension| folder.join(format!("{}.{extension}", headers.name)));
    let lock = File::create(folder.join(format!("{}.lock", headers.name)))?;
    if !made.exists() && !failed.exists() {
        lock.lock()?; // the others that need this header wait here for the one that makes it
    }
    if made.exists() || failed.exists() {
        return Ok(made.exists().then_some(made));
    }
    let flags = flags_of_target(command);
    let (compiler, flags) = flags.split_first().context("no compiler was named")?;
    let output = Command::new(compiler)
        .args(flags)
        .args(["-w", "-x", "c++-header", "-fpch-instantiate-templates"])
        .arg(list)
        .arg("-o")
        .arg(&part)
        .output()?;
    if !output.status.success() {
        std::fs::write(failed, output.stderr)?;
        return Ok(None);
    }
    std::fs::rename(part, &made)?;
    Ok(Some(made))
}

fn object_of<'a>(command: &[&'a str]) -> Option<&'a str> {
    let output = command.iter().position(|flag| *flag == "-o")?;
    command.get(output + 1).copied()
}

/// The command without what belongs to one file: its source, its outputs, and the module that it is part of.
fn flags_of_target<'a>(command: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut flags = command.iter();
    while let Some(flag) = flags.next() {
        match *flag {
            "-c" | "-o" | "-MF" => _ = flags.next(),
            "-MMD" | "-MD" => {}
            flag if flag.ends_with(".cc") || names_module(flag) => {}
            flag => kept.push(flag),
        }
    }
    kept
}

fn names_module(flag: &str) -> bool {
    flag.starts_with("-fmodule-name=")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPILE: [&str; 10] = [
        "clang++",
        "-MMD",
        "-MF",
        "obj/a.o.d",
        "-fmodule-name=a",
        "-DX=1",
        "-c",
        "../a.cc",
        "-o",
        "obj/v8/v8_compiler/a.o",
    ];

    #[test]
    fn flags_of_a_target_name_no_file() {
        assert_eq!(flags_of_target(&COMPILE), ["clang++", "-DX=1"]);
    }

    #[test]
    fn the_object_is_what_follows_o() {
        assert_eq!(object_of(&COMPILE), Some("obj/v8/v8_compiler/a.o"));
        assert_eq!(object_of(&["clang++", "-o"]), None);
    }

    #[test]
    fn flags_of_another_clang_are_dropped() {
        assert!(is_foreign("-fno-lifetime-dse"));
        assert!(is_foreign("-fsanitize-ignore-for-ubsan-feature=array-bounds,return"));
        assert!(!is_foreign("-fsanitize=array-bounds"));
    }
}
