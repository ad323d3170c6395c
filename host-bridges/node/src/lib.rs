//! The `node:` modules that packages need.
//!
//! [`install`] gives the current context `process`, `Buffer` and `global`, and says what they and the modules are lent.
//! [`exports`] gives what `import` finds in a module. Most of it is JavaScript (`src/js`), compiled when it is first
//! used; files, limits and everything that leaves the isolate are in Rust.

mod access;
mod async_hooks;
mod budget;
mod encoding;
mod errors;
mod files;
mod fs;
mod modules;
mod operations;
mod process;
mod right;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Failure, prelude};

pub use access::FileAccess;
pub use modules::{exports, specifiers};
pub use process::exit_code;
pub use right::Right;

/// What the `node:` modules are lent.
pub struct Options {
    /// The files that `node:fs` reaches.
    pub files: FileAccess,
    /// `process.argv`: the program, the script, and what follows.
    pub arguments: Vec<String>,
    /// `process.env`.
    pub environment: Vec<(String, String)>,
    /// The folder that relative paths start from, absolute.
    pub cwd: PathBuf,
    /// Ends the run with the given code: what `process.exit` calls.
    ///
    /// It should terminate execution. Where it returns and does not, `process.exit` throws an error with code
    /// `ERR_PROCESS_EXIT`.
    pub exit: Box<dyn Fn(i32)>,
}

impl Default for Options {
    /// Nothing is lent, and `process.exit` throws.
    fn default() -> Self {
        Self {
            files: FileAccess::none(),
            arguments: vec!["innerbox".to_owned()],
            environment: Vec::new(),
            cwd: PathBuf::from("/"),
            exit: Box::new(|_| {}),
        }
    }
}

/// What the functions of one context share.
struct State {
    files: Arc<FileAccess>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    cwd: PathBuf,
    exit: Box<dyn Fn(i32)>,
}

impl State {
    fn of(scope: &v8::PinScope<'_, '_>) -> Result<Rc<Self>, Failure> {
        scope.get_current_context().get_slot::<Self>().ok_or_else(missing)
    }
}

fn missing() -> Failure {
    Failure::error("host fault: the context has no node modules").code("ERR_HOST_FAULT")
}

/// Makes the `node:` modules known to the current context, and puts `process`, `Buffer`, `global`, `setImmediate` and
/// its other timers on its global object: call after the web's globals are installed and before any of the tenant's code
/// runs.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn install(scope: &mut v8::PinScope<'_, '_>, options: Options) -> Result<(), Failure> {
    define(scope)?;
    attach(scope, options)
}

/// The first half of [`install`], of which nothing is Rust's: it can be in a start-up snapshot.
///
/// # Errors
/// As [`install`].
pub fn define(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    prelude::register(scope, modules::SOURCES)?;
    modules::define_globals(scope);
    Ok(())
}

/// The second half: what this context's modules are lent.
///
/// # Errors
/// As [`install`].
pub fn attach(scope: &mut v8::PinScope<'_, '_>, options: Options) -> Result<(), Failure> {
    let state = State {
        files: Arc::new(options.files),
        arguments: options.arguments,
        environment: options.environment,
        cwd: access::normalize(&options.cwd),
        exit: options.exit,
    };
    attach_state(scope, Rc::new(state))
}

/// The second half for a further context of an isolate: it shares what `other` is lent.
///
/// # Errors
/// As [`install`], and a host fault where `other` has none of it.
pub fn attach_like(scope: &mut v8::PinScope<'_, '_>, other: v8::Local<v8::Context>) -> Result<(), Failure> {
    attach_state(scope, other.get_slot::<State>().ok_or_else(missing)?)
}

fn attach_state(scope: &mut v8::PinScope<'_, '_>, state: Rc<State>) -> Result<(), Failure> {
    prelude::register(scope, modules::SOURCES)?;
    scope.get_current_context().set_slot(state);
    process::tell_again(scope)
}

/// What a snapshot refers to in which the globals have been used. The modules that only `import` gives are not among them.
#[must_use]
pub fn references() -> Vec<v8::ExternalReference> {
    [encoding::references(), process::references(), prelude::text_references(modules::SOURCES)].concat()
}
