//! What the tests share.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use innerbox::{Config, DoorChoice, Engine, Extension, ExtensionLimits, Limits, Sandbox};

/// One engine for all tests of the process.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Config::default()).unwrap());

/// The file of a built guest.
pub(crate) fn guest(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/guests").join(format!("{name}.wasm"));
    assert!(file.is_file(), "{} is missing: run `cargo xtask guests`", file.display());
    file
}

/// A component's own door, and the one that takes every component: what a script sees must be the same.
pub(crate) const DOORS: [DoorChoice; 2] = [DoorChoice::Auto, DoorChoice::General];

pub(crate) fn extension(name: &str) -> Extension {
    extension_by(name, DoorChoice::Auto)
}

pub(crate) fn extension_by(name: &str, door: DoorChoice) -> Extension {
    let bytes = std::fs::read(guest(name)).unwrap();
    Extension::from_bytes_by(&ENGINE, name, &bytes, door).unwrap()
}

/// Limits that a hostile guest reaches soon.
pub(crate) fn tight() -> ExtensionLimits {
    ExtensionLimits {
        memory_bytes: 64 << 20,
        call_wall: Some(Duration::from_secs(1)),
        ..ExtensionLimits::default()
    }
}

/// A sandbox with these guests, under tight limits for each.
pub(crate) fn sandbox_with(guests: &[&str]) -> Sandbox {
    sandbox_by(guests, DoorChoice::Auto)
}

/// The same, with a choice of door.
pub(crate) fn sandbox_by(guests: &[&str], door: DoorChoice) -> Sandbox {
    let limits = Limits { wall: Some(Duration::from_secs(60)), cpu: None, ..Limits::default() };
    let mut builder = Sandbox::builder(&ENGINE).limits(limits);
    for name in guests {
        builder = builder.extension_with(&extension_by(name, door), tight());
    }
    builder.build().unwrap()
}

/// A component with what a world exports, each function of which traps: for what reads components and calls none.
pub(crate) fn component_of(wit: &str) -> Vec<u8> {
    let (resolve, world) = resolved(wit);
    let mangling = wit_parser::ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync);
    encoded(wit_component::dummy_module(&resolve, world, mangling), &resolve, world)
}

/// A component of a world, made of a core module that has what the world exports.
pub(crate) fn component_with(wit: &str, module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = resolved(wit);
    encoded(module, &resolve, world)
}

fn resolved(wit: &str) -> (wit_parser::Resolve, wit_parser::WorldId) {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("test.wit", wit).unwrap_or_else(|error| panic!("{error:#}"));
    let world = resolve.select_world(&[package], None).unwrap();
    (resolve, world)
}

fn encoded(mut module: Vec<u8>, resolve: &wit_parser::Resolve, world: wit_parser::WorldId) -> Vec<u8> {
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, resolve, world, encoding).unwrap();
    let encoder = wit_component::ComponentEncoder::default().module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}
