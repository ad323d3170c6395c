//! `wit-bindgen c --world WORLD --out-dir FOLDER WIT`: what the program of this name does, for C alone and with these
//! options only. Installing the whole of it takes minutes.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["c", "--world", world, "--out-dir", folder, wit] => bind(world, folder.as_ref(), wit.as_ref()),
        _ => bail!("usage: wit-bindgen c --world WORLD --out-dir FOLDER WIT"),
    }
}

/// Writes the bindings of a world to a folder.
fn bind(world: &str, folder: &Path, wit: &Path) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    std::fs::create_dir_all(folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
    for (name, contents) in files.iter() {
        let path = folder.join(name);
        std::fs::write(&path, contents).with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(())
}
