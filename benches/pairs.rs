//! Figures and their floors, timed in turns: what else happens on this machine slows both alike, and their ratio stays.

use std::collections::BTreeMap;
use std::time::Duration;

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;

use crate::floor::Floors;
use crate::report;
use crate::subject::{SAMPLES, Script};

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

    /// Measures the global function `name` of a script as `id` of the group `call`.
    pub(crate) fn bench(
        &mut self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        script: &mut Script,
        id: &str,
        name: &str,
    ) {
        let full = format!("call/{id}");
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|times| self.time(&full, times, |times| script.time(name, times)));
        });
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
            report::ratios::save(id, &ratios[ratios.len().saturating_sub(SAMPLES)..]);
        }
    }
}
