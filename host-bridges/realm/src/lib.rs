//! The realm that every sandbox starts with: what a tenant must not have is taken away, and every bridge has defined its
//! globals. Nothing in it is Rust's, so it can be in a start-up [`snapshot`]; what each sandbox is lent comes after.

pub mod snapshot;

use innerbox_binding::{
    Arguments, Failure, OrPending, Outcome, define_denied_error, function,
    prelude::{self, Text, text},
    value::name,
};

/// What one isolate's JavaScript may use of its thread's stack.
pub const STACK_BYTES: usize = 984 << 10;

/// V8's flags, the same wherever snapshots are made and used. One a call: V8 drops every flag that follows one it does not
/// know.
pub const FLAGS: [&str; 4] = [
    // SharedArrayBuffer makes a clock as fine as the processor's, and its bytes are not counted. Without a callback that
    // allows it, this takes the constructor out of every context.
    "--enable-sharedarraybuffer-per-context",
    // `STACK_BYTES`, in KiB. A component called from there gets another
    // 512 KiB, and the smallest usual thread has 2 MiB.
    "--stack-size=984",
    // Unrolling an inner loop takes the interrupt check out of the loop around it: optimised code of
    // `for (;;) list.push(new Array(1000))` can then be ended by nothing, and its heap limit ends the process.
    "--no-turboshaft-loop-unrolling",
    // All isolates of a process share V8's read-only heap, whatever snapshot each came from: so no snapshot may add to it.
    "--no-extensible-ro-snapshot",
];

/// What a realm keeps that is otherwise taken away.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealmGrants {
    /// `eval`, `new Function` and their kin.
    pub code_from_strings: bool,
    /// V8's own `WebAssembly`, whose memories are not counted by any limit.
    pub web_assembly: bool,
}

/// Prepares the current context, which is fresh.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack or heap, or terminated.
pub fn define(scope: &mut v8::PinScope<'_, '_>, grants: RealmGrants) -> Result<(), Failure> {
    take_away(scope, grants)?;
    prelude::begin(scope)?;
    define_denied_error(scope)?;
    innerbox_bridge_web::define(scope)?;
    innerbox_bridge_node::define(scope)?;
    innerbox_bridge_component::define_errors(scope)
}

/// As [`define`], in a context that came from a start-up snapshot, in which it is defined already.
///
/// # Errors
/// A host fault where it is not.
pub fn restore(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    // V8 adds it to such a context.
    let global = scope.get_current_context().global(scope);
    global.delete(scope, name(scope, "WebAssembly").into()).or_pending()?;
    prelude::restore(scope)
}

/// The prelude. Each is a function of what the first one gives; the second is told besides what is granted.
static COMMON: Text = text(include_str!("js/common.js"));
static REMOVALS: Text = text(include_str!("js/removals.js"));
static WARM_UP: Text = text(include_str!("js/warm_up.js"));
static REPLACEMENTS: [Text; 6] = [
    text(include_str!("js/array_search.js")),
    text(include_str!("js/array_change.js")),
    text(include_str!("js/array_sort.js")),
    text(include_str!("js/typed_array.js")),
    text(include_str!("js/string.js")),
    text(include_str!("js/lists.js")),
];

/// Takes memory away that no limit counts, and replaces what V8 cannot be interrupted in or aborts the process for.
fn take_away(scope: &mut v8::PinScope<'_, '_>, grants: RealmGrants) -> Result<(), Failure> {
    let is_real_array = function(scope, "isRealArray", is_real_array, None).or_pending()?;
    let common = call_text(scope, &COMMON, &[is_real_array.into()])?;
    let web_assembly = v8::Boolean::new(scope, grants.web_assembly);
    call_text(scope, &REMOVALS, &[common, web_assembly.into()])?;
    for source in &REPLACEMENTS {
        call_text(scope, source, &[common])?;
    }
    Ok(())
}

fn call_text<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    source: &'static Text,
    arguments: &[v8::Local<'s, v8::Value>],
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let source = v8::String::new_from_onebyte_const(scope, source).or_pending()?;
    call(scope, source, arguments)
}

/// Calls the function that a script is.
fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    source: v8::Local<'s, v8::String>,
    arguments: &[v8::Local<'s, v8::Value>],
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    v8::tc_scope!(let scope, scope);
    let receiver = v8::undefined(scope).into();
    let called = v8::Script::compile(scope, source, None)
        .and_then(|script| script.run(scope))
        .and_then(|value| v8::Local::<v8::Function>::try_from(value).ok())
        .and_then(|prelude| prelude.call(scope, receiver, arguments));
    match called {
        Some(value) => Ok(value),
        None => Err(scope.exception().map_or(Failure::Pending, |thrown| Failure::thrown(scope, thrown))),
    }
}

/// True for arrays, false for all that only look like one: to JavaScript an ES Proxy of an array is an array as well.
fn is_real_array<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    Ok(v8::Boolean::new(scope, args.get(0).is_array()).into())
}

#[cfg(test)]
mod tests;
