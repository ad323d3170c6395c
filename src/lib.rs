//! Runs untrusted JavaScript in V8 isolates, with native libraries as sandboxed WASI components.
//!
//! # Examples
//! ```
//! use innerbox::{Config, Engine, Sandbox};
//!
//! let engine = Engine::new(Config::default())?;
//! let mut sandbox = Sandbox::builder(&engine).build()?;
//! assert_eq!(sandbox.eval("6 * 7").into_value::<u32>()?, 42);
//! # Ok::<(), innerbox::Error>(())
//! ```

mod completion;
mod config;
mod deadline;
mod engine;
mod error;
mod extension;
mod grant;
mod isolate;
mod limits;
mod modules;
mod sandbox;
mod value;

pub use innerbox_bridge_web::{Colors, ConsoleSink, Stream};

pub use completion::{Completion, Limit, LimitHit, Outcome, Usage};
pub use config::Config;
pub use engine::Engine;
pub use error::{Error, Position, ScriptError};
pub use extension::{Extension, ImportSource, MainImport};
pub use grant::Grant;
pub use limits::{ExtensionLimits, Limits};
pub use sandbox::{Sandbox, SandboxBuilder};
pub use value::Value;
