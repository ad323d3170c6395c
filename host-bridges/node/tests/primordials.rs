//! What the host's JavaScript takes of the language is there to be taken: a name that is missing would be `undefined`, and
//! fail only when it is used.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use innerbox_binding::prelude;
use innerbox_bridge_node::Options;

#[test]
fn every_name_that_is_used_was_taken() {
    let mut names = BTreeSet::new();
    for bridge in ["../web/src/js", "../web/src/js/inspect", "src/js"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(bridge);
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("a source").path();
            if path.extension().is_some_and(|extension| extension == "js") {
                names.extend(used_names(&fs::read_to_string(path).expect("a source")));
            }
        }
    }
    assert!(names.len() > 100, "only {} names were found", names.len());
    let missing = support::with_context(Options::default(), |scope| {
        let primordials = prelude::load(scope, "primordials").expect("the primordials");
        let is_missing = |name: &String| {
            let key = v8::String::new(scope, name).expect("a name");
            primordials.has_own_property(scope, key.into()) != Some(true)
        };
        names.iter().filter(|name| is_missing(name)).cloned().collect::<Vec<_>>()
    });
    assert_eq!(missing, [""; 0]);
}

/// The names in `const { a, b } = primordials;` and after `primordials.`.
fn used_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Some((before, _)) = text.split_once("} = primordials;") {
        let list = before.rsplit_once('{').map_or("", |(_, list)| list);
        names.extend(list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    }
    for (_, rest) in text.match_indices("primordials.").map(|(at, found)| text.split_at(at + found.len())) {
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
        names.push(rest[..end].to_owned());
    }
    names.retain(|name| !name.is_empty());
    names
}
