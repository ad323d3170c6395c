//! Runs untrusted JavaScript in V8 isolates, and gives it native libraries as WASI components, each in a sandbox of its
//! own inside the isolate's.
//!
//! # Examples
//!
//! A script that has ten seconds and may read one directory:
//!
//! ```
//! use std::time::Duration;
//!
//! use innerbox::{Config, Engine, Grant, Limits, Outcome, Sandbox};
//!
//! # let directory = tempfile::tempdir()?;
//! # std::fs::write(directory.path().join("names.json"), r#"["Ada", "Grace"]"#)?;
//! # let directory = directory.path().to_owned();
//! #[derive(serde::Deserialize)]
//! struct Answer {
//!     names: Vec<String>,
//! }
//!
//! // Once for the process.
//! let engine = Engine::new(Config::default())?;
//!
//! // Once for each tenant.
//! let mut sandbox = Sandbox::builder(&engine)
//!     .limits(Limits { wall: Some(Duration::from_secs(10)), ..Limits::default() })
//!     .grant(Grant::read(&directory))
//!     .cwd(&directory)
//!     .build()?;
//!
//! let completion = sandbox.run_module_source(
//!     "main.js",
//!     "import { readFile } from 'node:fs/promises';
//!      export default { names: JSON.parse(await readFile('names.json', 'utf8')) }",
//! );
//! let answer: Answer = completion.into_value()?;
//! assert_eq!(answer.names, ["Ada", "Grace"]);
//!
//! // What was not lent is denied, and the error says what would allow it.
//! let completion = sandbox.eval("import('node:fs').then(fs => fs.readFileSync('/etc/passwd'))");
//! let Outcome::Threw { error } = completion.outcome else { panic!("it may not read that") };
//! assert_eq!(error.message, "access denied: reading `/etc/passwd` needs --allow-read=/etc/passwd");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What there is, how long it lives, and who may share it
//!
//! | | lives | shared |
//! |---|---|---|
//! | [`Engine`] | as long as the process | by all threads: a clone is another handle to it |
//! | [`Extension`] | as long as it is wanted | by all threads: compiled once, its code mapped once |
//! | [`Sandbox`] | as long as its tenant's state is wanted, or until a run hits a limit | by nobody: it belongs to the thread that built it |
//! | a run | from its first instruction until nothing is left to do | it has the sandbox for itself, and one budget for all it does |
//! | [`Completion`] | it is a record of a run | plain data |
//!
//! Scripts have nothing but what they are lent by a [`Grant`], components nothing but what they are lent by an
//! [`ExtensionGrant`], and both may use what their limits allow. A run always ends, in
//! one [`Outcome`]: it returned, threw, hit a limit, exited, or the sandbox is dead. What went wrong on the host's side is
//! an [`Error`].

mod completion;
mod deadline;
mod engine;
mod error;
mod grant;
mod inspect;
mod isolate;
mod limit_hit;
mod limits;
mod modules;
mod pool;
mod sandbox;
mod snapshot;
mod value;

pub use innerbox_bridge_component::typings::WitDocs;
pub use innerbox_bridge_remote::{Reference, Serialized};
pub use innerbox_bridge_web::{Colors, ConsoleSink, Stream};
pub use innerbox_extension::{
    Config, DoorChoice, DoorKind, Extension, ExtensionError, ExtensionGrant, ExtensionLimits, HostFunction,
    HostResult, HostScalar, ImportSource, Loader, MainImport, WasmEngines,
};

pub use completion::{Completion, Outcome, Peak, Peaks, Usage};
pub use engine::Engine;
pub use error::{Error, Position, ScriptError};
pub use grant::Grant;
pub use inspect::{HeapStatistics, Inspector, InspectorMessage, InspectorSession, Start, Times};
pub use limit_hit::{Limit, LimitHit};
pub use limits::Limits;
pub use pool::{Lost, Pool, PoolOptions, Tenant, Ticket};
pub use sandbox::{Argument, Context, FromScript, Sandbox, SandboxBuilder, SandboxHandle, SnapshotBuilder};
pub use snapshot::Snapshot;
pub use value::Value;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/async-context.md")]
struct AsyncContext;

#[cfg(doctest)]
#[doc = include_str!("../docs/inspection.md")]
struct Inspection;

#[cfg(doctest)]
#[doc = include_str!("../docs/from-isolated-vm.md")]
struct FromIsolatedVm;
