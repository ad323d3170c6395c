//! Arguments that do things while they are read: the call throws, or the component gets what was read, once.

use std::sync::LazyLock;

use std::time::Duration;

use innerbox::{DoorChoice, Extension, Limits, Sandbox};

use super::types::spread;
use super::{ENGINE, Verdict, campaign, patient};
use crate::support::guest;

/// Calls of one seed: a sandbox and its instances are made once for them.
const CASES: usize = 200;

static ECHO: LazyLock<[Extension; 2]> =
    LazyLock::new(|| [DoorChoice::Auto, DoorChoice::General].map(|door| load("fixture-echo", door)));
static GIVEN: LazyLock<Extension> = LazyLock::new(|| load("fixture-given", DoorChoice::Auto));

pub(super) fn load(name: &str, door: DoorChoice) -> Extension {
    Extension::from_bytes_by(&ENGINE, name, &std::fs::read(guest(name)).unwrap(), door).unwrap()
}

#[test]
fn arguments_are_read_once_or_refused() {
    campaign("arguments", |seed| {
        let state = format!("{} | 0", spread(seed) as u32 | 1);
        let source = include_str!("arguments.js").replace("= SEED;", &format!("= {state};"));
        let source = source.replace("< CASES", &format!("< {CASES}"));
        ECHO.iter().try_fold(0, |cases, echo| Ok(cases + run(echo, &source)?))
    });
}

fn run(echo: &Extension, source: &str) -> Verdict {
    let limits = Limits { cpu: None, wall: Some(Duration::from_secs(600)), ..Limits::default() };
    let mut sandbox = Sandbox::builder(&ENGINE)
        .limits(limits)
        .extension_with(echo, patient())
        .extension_with(&GIVEN, patient())
        .build()
        .unwrap();
    let failures: String = sandbox
        .run_module_source("arguments.js", source)
        .into_value()
        .map_err(|error| format!("{:?}: {error}", echo.door_kind()))?;
    match failures.as_str() {
        "" => Ok(CASES),
        failures => Err(format!("{:?}: {failures}", echo.door_kind())),
    }
}
