//! What crosses between JavaScript and components, with values, components and arguments that nobody thought of.
//!
//! Each fuzzer makes its case from a seed, so a seed is all that a failure needs to happen again. The seeds that once
//! failed lie in `fuzz/seeds`, one file for each fuzzer, and are replayed first; then come new ones, until the time is over:
//! `INNERBOX_FUZZ_SECONDS` for each fuzzer, from the seed `INNERBOX_FUZZ_SEED` on.

mod arguments;
mod clone;
mod echo;
mod hostile;
mod image;
mod module;
mod types;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use innerbox::{Config, Engine, ExtensionLimits};

use crate::support::tight;

/// Time for each fuzzer, where the environment says nothing: all of them together take a minute.
const SECONDS: u64 = 20;

/// Compiled once and thrown away: the cache on disk would fill with components that are never seen again.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Config::new().cache_off()).unwrap());

/// Limits that nothing reaches but what never ends: a fuzzer may run for hours beside whatever else a machine does.
fn patient() -> ExtensionLimits {
    ExtensionLimits { call_wall: Some(Duration::from_secs(60)), ..tight() }
}

/// What one seed came to: how many calls were checked, or what went wrong.
type Verdict = Result<usize, String>;

/// Runs one fuzzer: the seeds that failed once, then new ones until its time is over.
fn campaign(name: &str, check: impl Fn(u64) -> Verdict) {
    let corpus = corpus(name);
    let (mut seeds, mut cases) = (0_u64, 0);
    for seed in replayed(&corpus) {
        cases += judge(name, &corpus, seed, check(seed));
        seeds += 1;
    }
    let end = Instant::now() + Duration::from_secs(environment("INNERBOX_FUZZ_SECONDS", SECONDS));
    let mut next = environment("INNERBOX_FUZZ_SEED", 1);
    while Instant::now() < end {
        note(name, next);
        cases += judge(name, &corpus, next, check(next));
        (seeds, next) = (seeds + 1, next + 1);
    }
    // Shown by `--nocapture`.
    eprintln!("fuzz {name}: {seeds} seeds, {cases} cases, next seed {next}");
    assert!(cases > 0, "{name}: nothing was checked");
}

fn judge(name: &str, corpus: &Path, seed: u64, verdict: Verdict) -> usize {
    match verdict {
        Ok(cases) => cases,
        Err(failure) => {
            remember(corpus, seed);
            panic!("fuzz {name}, seed {seed}: {failure}")
        }
    }
}

fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: a number, not {text:?}")))
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/all/fuzz/seeds/{name}.txt"))
}

/// The seeds of a corpus file: one a line, and a `#` before what there is to say of it.
fn replayed(corpus: &Path) -> Vec<u64> {
    let text = fs::read_to_string(corpus).unwrap_or_default();
    let seeds = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    seeds.filter(|line| !line.is_empty()).map(|line| line.parse().unwrap()).collect()
}

/// Adds a seed to a corpus file, where the files can be written at all.
fn remember(corpus: &Path, seed: u64) {
    if !replayed(corpus).contains(&seed) {
        let mut text = fs::read_to_string(corpus).unwrap_or_default();
        let _ = writeln!(text, "{seed}");
        let _ = corpus.parent().map(fs::create_dir_all);
        let _ = fs::write(corpus, text);
    }
}

/// Where the process dies, this file tells which seed it was.
fn note(name: &str, seed: u64) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}.seed"));
    fs::write(file, seed.to_string()).unwrap();
}
