//! Runs scripts with the web's globals and the `node:` modules, and `require` for the latter.
#![allow(dead_code, reason = "each test uses a part of it")]

#[path = "../../../web/tests/harness/mod.rs"]
mod harness;

use std::cell::RefCell;

use innerbox_binding::{Arguments, Failure, OrPending, Outcome, Quota, value};
use innerbox_bridge_node::{Options, exports};

/// Runs `script` and gives all that it printed.
pub(crate) fn run(script: &str, options: Options) -> String {
    harness::run(script, |scope, sink| install(scope, sink, options))
}

/// Runs `script` in a sandbox with so many array-buffer bytes for what the host makes.
pub(crate) fn run_with_quota(script: &str, options: Options, bytes: usize) -> String {
    harness::run(script, |scope, sink| {
        Quota::new(bytes).install(scope);
        install(scope, sink, options)
    })
}

/// Does something in a context where no script has run.
pub(crate) fn with_context<R>(options: Options, body: impl FnOnce(&mut v8::PinScope<'_, '_>) -> R) -> R {
    let answer = RefCell::new(None);
    harness::run("", |scope, sink| {
        install(scope, sink, options)?;
        answer.replace(Some(body(scope)));
        Ok(())
    });
    answer.into_inner().expect("the body ran")
}

fn install(
    scope: &mut v8::PinScope<'_, '_>,
    sink: harness::Printed,
    options: Options,
) -> Result<(), Failure> {
    innerbox_bridge_web::install(scope, innerbox_bridge_web::Options::new(sink))?;
    innerbox_bridge_node::install(scope, options)?;
    let global = scope.get_current_context().global(scope);
    value::set_function(scope, global, "require", require);
    Ok(())
}

fn require<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let specifier = value::text(scope, "specifier", args.get(0))?;
    let module = exports(scope, &specifier)?;
    value::get(scope, module, "default").or_pending()
}
