//! Any WIT type with any value: what goes in comes out, and lies in memory as wasmtime puts it there.

use std::time::Duration;

use innerbox::{Extension, Limits, Sandbox};

use super::types::{Types, spread};
use super::{ENGINE, Verdict, campaign, image, patient};
use crate::crossing::generate::Generator;
use crate::crossing::literal::literal;
use crate::crossing::oracle::Oracle;
use crate::crossing::{FAILURES, SAME, Subject, compare};
use crate::support::DOORS;

/// Types of one component.
const TYPES: usize = 3;

/// Values of each type: the edges come in the first rounds.
const ROUNDS: usize = 12;

#[test]
fn any_value_of_any_type_comes_back_as_it_was() {
    campaign("echo", |seed| {
        let mut types = Types::new(seed);
        let chosen: Vec<String> = (0..TYPES).map(|_| types.any()).collect();
        let (wit, bytes) = image::echoing(&types.declarations, &chosen);
        let (engine, seed) = (&*ENGINE, spread(seed));
        let subject =
            Subject { engine, name: "fuzz", bytes: &bytes, interface: "echo", seed, rounds: ROUNDS };
        let echoed = compare(&subject).map_err(|failure| format!("{failure}\n{wit}"))?;
        let (wit, relay) = image::relaying(&types.declarations, &types.names, &chosen);
        let relayed = relayed(&bytes, &relay, seed).map_err(|failure| format!("{failure}\n{wit}"))?;
        Ok(echoed + relayed)
    });
}

/// Sends values through a component to functions of JavaScript's that give them back. The types are those of the functions
/// `flat` of `echo`.
fn relayed(echo: &[u8], relay: &[u8], seed: u64) -> Verdict {
    let mut generator = Generator::new(seed);
    let mut calls = String::new();
    let mut cases = 0;
    let functions = Oracle::load(echo, "echo").functions();
    let flat = functions.iter().filter(|function| function.name.starts_with("flat"));
    for (index, function) in flat.enumerate() {
        for round in 0..ROUNDS {
            let ty = &function.params[0];
            let value = literal(&generator.params(&function.params, round)[0], ty);
            calls.push_str(&format!(
                "await check('relay{index}', [{value}], () => guest.relay{index}({value}), {{ok: [{value}]}});\n"
            ));
            cases += 1;
        }
    }
    let mirrors: String = (0..TYPES).map(|index| format!("mirror{index}: (value) => [value], ")).collect();
    let source = format!(
        "import {{ instantiate }} from 'innerbox:component';
         const guest = instantiate('fuzz', {{ host: {{ {mirrors} }} }});
         {SAME} {calls} {FAILURES}"
    );
    for door in DOORS {
        let guest =
            Extension::from_bytes_by(&ENGINE, "fuzz", relay, door).map_err(|error| error.to_string())?;
        let limits = Limits { cpu: None, wall: Some(Duration::from_secs(600)), ..Limits::default() };
        let builder = Sandbox::builder(&ENGINE).limits(limits).extension_with(&guest, patient());
        let completion = builder.build().unwrap().run_module_source("relay.js", &source);
        let failures: String = completion.into_value().map_err(|error| format!("{door:?}: {error}"))?;
        if !failures.is_empty() {
            return Err(format!("{door:?}: {failures}"));
        }
    }
    Ok(cases)
}
