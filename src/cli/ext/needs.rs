//! What a component could ever ask of the host, function by function, and what it is given.

use innerbox::{ImportSource, MainImport};
use serde::Serialize;

/// One thing that a component's code asks for.
#[derive(Debug, Serialize)]
pub(crate) struct Need {
    /// What it is about: files, clocks, ...
    #[serde(rename = "for")]
    pub(crate) purpose: String,
    /// What the component gets of it, where it is lent nothing.
    pub(crate) gets: &'static str,
    /// The options that lend it.
    pub(crate) lent_by: Vec<String>,
    /// The functions that it imports for it: of WASI, or of an interface that JavaScript gives.
    pub(crate) functions: Vec<String>,
}

/// One thing that WASI has functions for.
struct Purpose {
    name: &'static str,
    /// How the names of its functions begin, as [`key`] has them.
    prefixes: &'static [&'static str],
    gets: &'static str,
    /// Options that lend more of it, with `NAME` for the extension's name.
    lent_by: &'static [&'static str],
}

/// What is asked for; the first one that fits a function counts.
const PURPOSES: [Purpose; 11] = [
    Purpose {
        name: "arguments",
        prefixes: &["args_", "wasi:cli/environment#get-arguments"],
        gets: "none: the list is empty",
        lent_by: &["--ext-arg NAME=ARG"],
    },
    Purpose {
        name: "environment",
        prefixes: &["environ_", "wasi:cli/environment#"],
        gets: "none: the list is empty",
        lent_by: &["--ext-env NAME=KEY[=VALUE]"],
    },
    Purpose {
        name: "clocks",
        prefixes: &["clock_", "wasi:clocks/"],
        gets: "in steps of a millisecond",
        lent_by: &["--ext-fine-clocks NAME"],
    },
    Purpose {
        name: "random numbers",
        prefixes: &["random_", "wasi:random/"],
        gets: "the system's",
        lent_by: &[],
    },
    Purpose {
        name: "waiting",
        prefixes: &["poll_", "sched_", "wasi:io/poll#"],
        gets: "for a time; it ends with the run",
        lent_by: &[],
    },
    Purpose {
        name: "ending itself",
        prefixes: &["proc_", "wasi:cli/exit#"],
        gets: "a trap: its instance dies",
        lent_by: &[],
    },
    Purpose {
        name: "HTTP requests",
        prefixes: &["wasi:http/"],
        gets: "none: every request is denied",
        lent_by: &["--ext-allow-http NAME=[http://]HOST[:PORT]"],
    },
    Purpose {
        name: "sockets",
        prefixes: &["wasi:sockets/"],
        gets: "none: every call fails",
        lent_by: &["--ext-allow-tcp NAME=HOST:PORT", "--ext-allow-udp NAME=HOST:PORT"],
    },
    Purpose {
        name: "sockets of WASI preview 1",
        prefixes: &["sock_"],
        gets: "none: every call fails, and nothing lends it",
        lent_by: &[],
    },
    Purpose {
        name: "files",
        prefixes: &["path_", "fd_prestat_", "fd_readdir", "wasi:filesystem/"],
        gets: "none: there is no directory",
        lent_by: &["--ext-allow-read NAME=DIR[::GUEST]", "--ext-allow-write NAME=DIR[::GUEST]"],
    },
    Purpose {
        name: "streams",
        prefixes: &["fd_", "wasi:io/", "wasi:cli/"],
        gets: "no input; output is dropped, but for the last words before a trap",
        lent_by: &["--ext-stdio NAME"],
    },
];

/// Groups the imports of the component `extension` by what they are for.
pub(crate) fn needs(extension: &str, imports: &[MainImport]) -> Vec<Need> {
    let wasi: Vec<_> = imports.iter().filter(|import| import.source == ImportSource::Wasi).collect();
    let purpose = |import: &MainImport| {
        let key = key(import);
        PURPOSES.iter().position(|purpose| purpose.prefixes.iter().any(|prefix| key.starts_with(prefix)))
    };
    let groups = PURPOSES.iter().enumerate().map(|(index, about)| Need {
        purpose: about.name.to_owned(),
        gets: about.gets,
        lent_by: about.lent_by.iter().map(|option| option.replace("NAME", extension)).collect(),
        functions: named(wasi.iter().filter(|import| purpose(import) == Some(index))),
    });
    let others = Need {
        purpose: "something else".to_owned(),
        gets: "what WASI gives without a grant",
        lent_by: Vec::new(),
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
                lent_by: Vec::new(),
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
