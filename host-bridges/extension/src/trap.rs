//! From wasmtime's errors to faults.

use innerbox_bridge_component::Fault;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::limiter::Refused;

/// Most frames of the wasm stack that an error carries: a recursion has tens of thousands.
const FRAMES_MAX: usize = 32;

/// Why an instance ended a call, by what the host knows besides the error itself.
pub(super) enum Cause {
    /// The run is being ended.
    Terminated,
    /// The call used more wall time than it may.
    CallWall { ms: u64 },
    /// The instance was refused memory or tables.
    Refused(Refused),
    /// Nothing but the error itself.
    Trap {
        /// What the component wrote to its standard error stream last: Rust's panics put their message there.
        last_words: Option<String>,
    },
}

/// The fault for an error that came out of a call.
pub(super) fn fault(error: &wasmtime::Error, cause: Cause) -> Box<Fault> {
    Box::new(match cause {
        Cause::Terminated => Fault::Terminated,
        Cause::CallWall { ms } => {
            Fault::Limit { which: "wall time of one call", used: ms, allowed: ms, unit: "ms" }
        }
        Cause::Refused(Refused { which, wanted, allowed, unit }) => {
            Fault::Limit { which, used: wanted, allowed, unit }
        }
        Cause::Trap { last_words } => {
            Fault::Trap { message: message(error, last_words), frames: frames(error) }
        }
    })
}

/// An error that carries a fault through wasmtime.
pub(super) fn carried(fault: &Fault) -> wasmtime::Error {
    match fault {
        Fault::Trap { message, .. } => wasmtime::Error::msg(message.clone()),
        other => wasmtime::Error::msg(format!("{other:?}")),
    }
}

fn message(error: &wasmtime::Error, last_words: Option<String>) -> String {
    // What a language's runtime says of an error is all there is to say; the `unreachable` after it says nothing.
    if let Some(said) = last_words.as_deref().and_then(said_by_runtime) {
        return said.to_owned();
    }
    let what = match (error.downcast_ref::<Trap>(), error.downcast_ref::<I32Exit>()) {
        (Some(trap), _) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
        (None, Some(exit)) => format!("it called exit({})", exit.0),
        (None, None) => error.root_cause().to_string(),
    };
    match last_words {
        Some(words) => format!("{what}: {words}"),
        None => what,
    }
}

/// A traceback of Python's or, since a panic of its own runtime follows that, else a panic of Rust's.
fn said_by_runtime(words: &str) -> Option<&str> {
    const PANIC: &str = "panicked at ";
    let Some(traceback) = words.rfind("Traceback (most recent call last):") else {
        return words.find(PANIC).map(|at| &words[at..]);
    };
    let traceback = &words[traceback..];
    let end = traceback.find(PANIC).and_then(|at| traceback[..at].rfind(" thread '"));
    Some(&traceback[..end.unwrap_or(traceback.len())])
}

fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let frames = backtrace.frames();
    let shown = frames.iter().take(FRAMES_MAX).map(|frame| match frame.func_name() {
        Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
        None => format!("function {}", frame.func_index()),
    });
    let rest = frames.len().saturating_sub(FRAMES_MAX);
    shown.chain((rest > 0).then(|| format!("{rest} more frames"))).collect()
}

#[cfg(test)]
mod tests {
    use super::said_by_runtime;

    #[test]
    fn what_a_runtime_says_of_an_error_is_known_by_its_first_words() {
        let python = "log Traceback (most recent call last): File \"a.py\", line 1, in f E: why";
        let panic = "thread '<unnamed>' (1) panicked at src/lib.rs:1:2: why";
        assert_eq!(said_by_runtime(panic), Some(&panic[23..]));
        assert_eq!(said_by_runtime(&format!("{python} {panic}")), Some(&python[4..]));
        assert_eq!(said_by_runtime(python), Some(&python[4..]));
        assert_eq!(said_by_runtime("a word"), None);
    }
}
