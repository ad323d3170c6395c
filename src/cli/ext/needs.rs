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
    /// The functions that it imports for it: of WASI, or of an interface that JavaScript gives.
    pub(crate) functions: Vec<String>,
}

/// What is asked for, by the beginnings of the names of WASI's functions, as [`key`] has them; the first one that fits
/// counts.
const PURPOSES: [(&str, &[&str], &str); 8] = [
    ("arguments", &["args_", "wasi:cli/environment#get-arguments"], "none: the list is empty"),
    ("environment", &["environ_", "wasi:cli/environment#"], "none: the list is empty"),
    ("clocks", &["clock_", "wasi:clocks/"], "in steps of a millisecond"),
    ("random numbers", &["random_", "wasi:random/"], "the system's"),
    ("waiting", &["poll_", "sched_", "wasi:io/poll#"], "for a time; it ends with the run"),
    ("ending itself", &["proc_", "wasi:cli/exit#"], "a trap: its instance dies"),
    ("network", &["sock_", "wasi:sockets/"], "none: every call fails"),
    (
        "files and streams",
        &["fd_", "path_", "wasi:filesystem/", "wasi:io/", "wasi:cli/"],
        "no file, no input; output is dropped, but for the last words before a trap",
    ),
];

/// Groups the imports of a component by what they are for.
pub(crate) fn needs(imports: &[MainImport]) -> Vec<Need> {
    let wasi: Vec<_> = imports.iter().filter(|import| import.source == ImportSource::Wasi).collect();
    let purpose = |import: &MainImport| {
        let key = key(import);
        PURPOSES.iter().position(|(_, prefixes, _)| prefixes.iter().any(|prefix| key.starts_with(prefix)))
    };
    let groups = PURPOSES.iter().enumerate().map(|(index, (name, _, gets))| Need {
        purpose: (*name).to_owned(),
        gets,
        functions: named(wasi.iter().filter(|import| purpose(import) == Some(index))),
    });
    let others = Need {
        purpose: "something else".to_owned(),
        gets: "what WASI gives without a grant",
        functions: named(wasi.iter().filter(|import| purpose(import).is_none())),
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

/// The name of a function of WASI preview 1 as it is, of WASI 0.2 with its interface: `wasi:io/poll#poll`.
fn key(import: &MainImport) -> String {
    match interface(import) {
        Some(interface) => format!("{interface}#{}", import.field),
        None => import.field.clone(),
    }
}

/// The interface of WASI 0.2 that a function is of, without its version.
fn interface(import: &MainImport) -> Option<&str> {
    import.module.starts_with("wasi:").then(|| import.module.split('@').next().unwrap_or_default())
}

/// What a function is called in print: `fd_write`, `poll.poll`.
fn shown(import: &MainImport) -> String {
    match interface(import).and_then(|interface| interface.split('/').next_back()) {
        Some(interface) => format!("{interface}.{}", import.field),
        None => import.field.clone(),
    }
}

fn named<'a>(imports: impl Iterator<Item = &'a &'a MainImport>) -> Vec<String> {
    imports.map(|import| shown(import)).collect()
}
