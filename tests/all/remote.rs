//! Data between isolates, and between the host and an isolate: clones, references, functions of the host's.

mod between;
mod clones;
mod functions;
mod patience;
mod references;

use std::time::Duration;

use innerbox::{Completion, Limits, Outcome, Sandbox, ScriptError};

use crate::support::ENGINE;

fn sandbox() -> Sandbox {
    limited(Limits::default())
}

fn limited(limits: Limits) -> Sandbox {
    Sandbox::builder(&ENGINE).limits(limits).build().unwrap()
}

fn tight() -> Limits {
    Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() }
}

/// What a run threw.
fn thrown<T: std::fmt::Debug>(completion: Completion<T>) -> Box<ScriptError> {
    match completion.outcome {
        Outcome::Threw { error } | Outcome::Limit { error: Some(error), .. } => error,
        outcome => panic!("it must throw: {outcome:?}"),
    }
}

/// Its code and message.
fn told<T: std::fmt::Debug>(completion: Completion<T>) -> (String, String) {
    let error = thrown(completion);
    (error.code.unwrap_or_default(), error.message)
}
