//! Arrows point down only: a module uses what stands on its own floor or on one below, and no engine it does not know.

use std::path::{Path, PathBuf};

/// The floors of `src`, from the ground up.
const FLOORS: &[&[&str]] = &[
    &["completion", "error", "grant", "limit_hit", "limits", "value"],
    &["isolate"],
    &["deadline", "engine"],
    &["inspect", "modules", "snapshot"],
    &["sandbox"],
    &["pool"],
    &["cli", "service", "main", "lib"],
];

/// What a part of `src` must never name. None of it can name wasmtime: that is known to `host-bridges/extension` alone, which
/// in turn knows no V8, as their manifests say.
const STRANGERS: &[(&str, &[&str])] = &[("cli", &["v8::"]), ("service", &["v8::"])];

#[test]
fn arrows_point_down_only() {
    for (part, file, line) in code() {
        for name in line.split("crate::").skip(1).filter_map(first_name) {
            assert!(
                floor(name) <= floor(&part),
                "`{part}` uses `{name}`, which stands above it: {file}: {line}"
            );
        }
    }
}

#[test]
fn nobody_names_an_engine_it_does_not_know() {
    for (part, file, line) in code() {
        let strangers = STRANGERS.iter().filter(|(known, _)| *known == part).flat_map(|(_, names)| *names);
        for name in strangers {
            assert!(!line.contains(name), "`{part}` knows no `{name}`: {file}: {line}");
        }
    }
}

fn floor(name: &str) -> usize {
    let floor = FLOORS.iter().position(|floor| floor.contains(&name));
    floor.unwrap_or_else(|| panic!("`{name}` is on no floor: give it one in this test"))
}

/// The module in `sandbox::run::Entry`; none in what is a type of the crate's root.
fn first_name(path: &str) -> Option<&str> {
    let end = path.find(|character: char| !character.is_alphanumeric() && character != '_')?;
    let name = &path[..end];
    path[end..].starts_with("::").then_some(name)
}

/// Each line of code in `src`, with the part of `src` that it belongs to and the file.
fn code() -> Vec<(String, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut lines = Vec::new();
    for file in rust_files(&src) {
        let path = file.strip_prefix(&src).expect("it was found there");
        let part = path.iter().next().expect("a file has a name").to_string_lossy();
        let part = part.trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&file).expect("a source file");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.extend(code.map(|line| (part.clone(), path.display().to_string(), line.to_owned())));
    }
    lines
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory of sources");
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
