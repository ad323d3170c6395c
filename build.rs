//! Makes the start-up snapshot of the realm that every sandbox starts with, with the V8 that the program is linked with.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use innerbox_realm::snapshot;

fn main() -> Result<(), Box<dyn Error>> {
    // What the snapshot is made of is a dependency: cargo runs this anew when one of those has changed.
    println!("cargo::rerun-if-changed=build.rs");
    snapshot::start();
    let file = PathBuf::from(env::var("OUT_DIR")?).join("realm.snapshot");
    fs::write(file, snapshot::create()?)?;
    Ok(())
}
