//! What a component could ever ask of the host, function by function, and what it is given.

use innerbox::{ImportSource, MainImport};
use serde::Serialize;

/// One thing that a component's code asks for.
#[derive(Debug, Serialize)]
pub(crate) struct Need {
    /// What it is about: files, clocks, ...
    #[serde(rename = "for")]
    pub(crate) purpose: String,
    /// What the component gets of it.
    pub(crate) gets: &'static str,
    /// The functions that it imports for it: of WASI preview 1, or of an interface that JavaScript gives.
    pub(crate) functions: Vec<String>,
}

/// What is asked for, by the beginnings of the names of WASI's functions; the first one that fits counts.
const PURPOSES: [(&str, &[&str], &str); 8] = [
    ("arguments", &["args_"], "none: the list is empty"),
    ("environment", &["environ_"], "none: the list is empty"),
    ("clocks", &["clock_"], "in steps of a millisecond"),
    ("random numbers", &["random_"], "the system's"),
    ("waiting", &["poll_", "sched_"], "for a time; it ends with the run"),
    ("ending itself", &["proc_"], "a trap: its instance dies"),
    ("network", &["sock_"], "none: every call fails"),
    (
        "files and streams",
        &["fd_", "path_"],
        "no file, no input; output is dropped, but for the last words before a trap",
    ),
];

/// Groups the imports of a component by what they are for.
pub(crate) fn needs(imports: &[MainImport]) -> Vec<Need> {
    let wasi: Vec<_> = imports.iter().filter(|import| import.source == ImportSource::Wasi).collect();
    let purpose = |field: &str| {
        PURPOSES.iter().position(|(_, prefixes, _)| prefixes.iter().any(|prefix| field.starts_with(prefix)))
    };
    let groups = PURPOSES.iter().enumerate().map(|(index, (name, _, gets))| Need {
        purpose: (*name).to_owned(),
        gets,
        functions: named(wasi.iter().filter(|import| purpose(&import.field) == Some(index))),
    });
    let others = Need {
        purpose: "something else".to_owned(),
        gets: "what WASI preview 1 gives without a grant",
        functions: named(wasi.iter().filter(|import| purpose(&import.field).is_none())),
    };
    let wasi = groups.chain([others]).filter(|need| !need.functions.is_empty());
    wasi.chain(given(imports)).collect()
}

/// The interfaces that JavaScript gives, each with its functions.
fn given(imports: &[MainImport]) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let is_given = |import: &&MainImport| matches!(import.source, ImportSource::Given(_));
    for import in imports.iter().filter(is_given) {
        match needs.iter_mut().find(|need| need.purpose == import.module) {
            Some(need) => need.functions.push(import.field.clone()),
            None => needs.push(Need {
                purpose: import.module.clone(),
                gets: "what JavaScript gives it",
                functions: vec![import.field.clone()],
            }),
        }
    }
    needs
}

fn named<'a>(imports: impl Iterator<Item = &'a &'a MainImport>) -> Vec<String> {
    imports.map(|import| import.field.clone()).collect()
}
