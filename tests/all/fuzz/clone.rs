//! Structured clones of values of any shape: what arrives in another isolate is what the same seed makes there.

use innerbox::{Limits, Reference, Sandbox, Serialized};

use super::types::spread;
use super::{ENGINE, campaign};

/// Values of one seed: two sandboxes are made for them.
const CASES: usize = 100;

#[test]
fn what_arrives_is_what_was_sent() {
    campaign("clone", |seed| {
        let (mut from, mut to) = (sandbox()?, sandbox()?);
        for case in 0..CASES {
            let state = spread(seed.wrapping_mul(CASES as u64) + case as u64) as u32 | 1;
            check(&mut from, &mut to, state).map_err(|error| format!("case {case}: {error}"))?;
        }
        Ok(CASES)
    });
}

fn sandbox() -> Result<Sandbox, String> {
    let limits = Limits { cpu: None, wall: None, source_bytes: usize::MAX, ..Limits::default() };
    let mut sandbox = Sandbox::builder(&ENGINE).limits(limits).build().map_err(|error| error.to_string())?;
    let prepared = sandbox.run_module_source("clone.js", include_str!("clone.js"));
    prepared.into_returned().map_err(|error| error.to_string())?;
    Ok(sandbox)
}

/// There and back: both have to be what the seed makes.
fn check(from: &mut Sandbox, to: &mut Sandbox, state: u32) -> Result<(), String> {
    let sent: Serialized = taken(from, &format!("make({state})"))?;
    let compare: Reference = taken(to, &format!("(came) => (compare({state}, came), came)"))?;
    let back: Serialized =
        to.call_into(&compare, &[sent.into()]).into_returned().map_err(|error| error.to_string())?;
    let compare: Reference = taken(from, &format!("(came) => (compare({state}, came), 0)"))?;
    from.call(&compare, &[back.into()]).into_returned().map_err(|error| format!("back: {error}"))?;
    Ok(())
}

fn taken<T: innerbox::FromScript>(sandbox: &mut Sandbox, source: &str) -> Result<T, String> {
    sandbox.eval_into(source).into_returned().map_err(|error| error.to_string())
}
