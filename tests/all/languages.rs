//! One world, implemented in several languages: a script sees no difference.
//!
//! `cargo xtask languages` builds the components. Where a language's tools could not be had, its test says so.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use innerbox::{
    ConsoleSink, DoorChoice, DoorKind, Extension, ExtensionGrant, ExtensionLimits, Limits, Sandbox, Stream,
};
use serde::Deserialize;

use crate::support::ENGINE;

const SCRIPT: &str = include_str!("languages/script.js");
const COMPONENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/languages");

/// What a language runtime needs: an interpreter is slow on its first call, and has a heap of its own.
fn limits() -> ExtensionLimits {
    ExtensionLimits {
        call_wall: Some(Duration::from_secs(20)),
        memory_bytes: 256 << 20,
        ..ExtensionLimits::default()
    }
}

/// A component; `None`, and a word about it, where set-up could not have the language's tools.
fn component(language: &str) -> Option<PathBuf> {
    let component = Path::new(COMPONENTS).join(language).with_extension("wasm");
    if component.is_file() {
        return Some(component);
    }
    let reason = std::fs::read_to_string(component.with_extension("unavailable"));
    let reason = reason.unwrap_or_else(|_| {
        panic!("`{}` is missing: run `cargo xtask languages`", component.display());
    });
    // Not by `eprintln!`: what a passing test prints is not shown.
    let said = format!("NOT TESTED: the language `{language}` is left out, for {}\n", reason.trim());
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

/// What is written to the standard output stream.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<String>>);

impl ConsoleSink for Written {
    fn write(&mut self, stream: Stream, text: &str) {
        if stream == Stream::Out {
            self.0.borrow_mut().push_str(text);
        }
    }
}

/// What the script tells.
#[derive(Deserialize)]
struct Told {
    failures: Vec<String>,
    mistake: String,
}

/// Runs the script; gives what it told, and what the component wrote.
fn run(guest: &Extension, grants: &[ExtensionGrant]) -> (Told, String) {
    let written = Written::default();
    let mut sandbox = Sandbox::builder(&ENGINE)
        .limits(Limits { wall: Some(Duration::from_secs(60)), cpu: None, ..Limits::default() })
        .extension_with(guest, limits())
        .extension_grants("guest", grants.iter().cloned())
        .console(written.clone())
        .build()
        .unwrap();
    let told = sandbox.run_module_source("script.js", SCRIPT).into_value().unwrap();
    let text = written.0.borrow().clone();
    (told, text)
}

/// What a language's component must be like.
struct Expected<'a> {
    door: DoorKind,
    output: &'a str,
    /// What its makers know, or should: each line begins with what the script calls it.
    faults: &'a [&'a str],
}

const DIRECT: Expected<'_> = Expected { door: DoorKind::Direct, output: OUTPUT, faults: &[] };
const GENERAL: Expected<'_> = Expected { door: DoorKind::General, ..DIRECT };

/// What the script has the component say.
const OUTPUT: &str = "na\u{ef}ve \u{1f600}\n\n";

/// Runs the script with a language's component, by its own door and by the general one, with its standard streams lent
/// and without.
fn check(language: &str, expected: &Expected<'_>) {
    let Some(file) = component(language) else { return };
    let bytes = std::fs::read(file).unwrap();
    let doors = match expected.door {
        DoorKind::Direct => {
            vec![(DoorChoice::Auto, DoorKind::Direct), (DoorChoice::General, DoorKind::General)]
        }
        other => vec![(DoorChoice::Auto, other)],
    };
    for (choice, door) in doors {
        let guest = Extension::from_bytes_by(&ENGINE, "guest", &bytes, choice).unwrap();
        assert_eq!(guest.door_kind(), door, "{language}: {}", guest.door_reason());
        for (grants, output) in [(vec![ExtensionGrant::stdio()], expected.output), (vec![], "")] {
            let (told, written) = run(&guest, &grants);
            check_faults(&told.failures, expected.faults);
            assert!(told.mistake.contains("because of this"), "{language}, {door:?}: {}", told.mistake);
            assert_eq!(written, output, "{language}, {door:?}");
        }
    }
}

/// Nothing but the known faults, and all of them: one that was mended is to be taken out here.
fn check_faults(failures: &[String], known: &[&str]) {
    let is_known = |(failure, known): (&String, &&str)| failure.starts_with(known);
    let same = failures.len() == known.len() && failures.iter().zip(known).all(is_known);
    assert!(same, "expected {known:#?}, got\n{}", failures.join("\n"));
}

#[test]
fn rust() {
    check("rust", &DIRECT);
}

#[test]
fn rust_for_wasi_0_2() {
    check("rust-wasip2", &GENERAL);
}

#[test]
fn c() {
    check("c", &DIRECT);
}

#[test]
fn python() {
    check("python", &GENERAL);
}

/// ComponentizeJS gives u32 beyond 2^31 as other numbers, traps at a negative s64, and forgets another object than the
/// one that was given away. In a host of its makers' own it does so, too.
#[test]
fn javascript() {
    let faults = [
        "echoU32(2147483648): got 0,",
        "echoU32(4294967295): got 4292870144,",
        "echoS64(\"-1n\"): got {\"threw\":\"TrapError\"",
        "echoS64(\"-9223372036854775808n\"): got {\"threw\":\"TrapError\"",
        "echoS64(\"-9007199254740993n\"): got {\"threw\":\"TrapError\"",
        "own: got {\"threw\":\"TrapError\"",
    ];
    check("javascript", &Expected { faults: &faults, ..GENERAL });
}
