//! Figures and their floors, timed in turns: what else happens on this machine slows both alike, and their ratio stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::floor::Floors;
use crate::report;
use crate::subject::{SAMPLES, target};

/// Turns that each sample is divided into.
const TURNS: u64 = 8;

/// Times figures together with what the report sets them against.
pub(crate) struct Pairs {
    pub(crate) floors: Floors,
    /// By criterion's name of the figure: the ratio of each sample.
    ratios: BTreeMap<&'static str, Vec<f64>>,
}

impl Pairs {
    pub(crate) fn new() -> Self {
        Self { floors: Floors::new(), ratios: BTreeMap::new() }
    }

    /// How long `subject` takes so many times. Its floors take their turns in between, which is not part of it.
    pub(crate) fn time(
        &mut self,
        id: &str,
        times: u64,
        mut subject: impl FnMut(u64) -> Duration,
    ) -> Duration {
        let Some((id, floors)) = report::floors(id) else { return subject(times) };
        let (mut own, mut beneath) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..TURNS {
            let times = times * (turn + 1) / TURNS - times * turn / TURNS;
            if times == 0 {
                continue;
            }
            own += subject(times);
            beneath += floors.iter().map(|floor| self.floors.time(floor, times)).sum();
        }
        self.ratios.entry(id).or_default().push(own.as_secs_f64() / beneath.as_secs_f64());
        own
    }

    /// Keeps the ratios beside what criterion has kept.
    pub(crate) fn save(&self) {
        for (id, ratios) in &self.ratios {
            // Those before are of the warming up.
            let measured = &ratios[ratios.len().saturating_sub(SAMPLES)..];
            fs::write(file(id), serde_json::to_vec(measured).unwrap()).unwrap();
        }
    }
}

/// The median of a figure's ratios when it was last measured; `None` where it has never been measured in turns.
pub(crate) fn ratio(id: &str) -> Option<f64> {
    let mut ratios: Vec<f64> = serde_json::from_slice(&fs::read(file(id)).ok()?).ok()?;
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

fn file(id: &str) -> PathBuf {
    target().join("criterion").join(id).join("ratios.json")
}
