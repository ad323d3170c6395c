//! What is measured: an engine, the guests, and scripts in a sandbox whose loops are timed from outside.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use innerbox::{Completion, Config, DoorChoice, Engine, Extension, Sandbox};

/// The folder that everything is built into.
pub(crate) fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Samples of each figure.
pub(crate) const SAMPLES: usize = 30;

/// Short runs: some thirty figures are to come in some minutes.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .output_directory(&target().join("criterion"))
        .without_plots()
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
}

/// A group whose samples all have as many iterations: what is timed is a loop in a script.
pub(crate) fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    group
}

/// The engine of all benches. Its cache lies below `target`, so that the first load of a component is the only slow one.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Config::new().cache_directory(target().join("bench-cache"))).unwrap())
}

/// The file of a guest. Says what to do where there is none.
pub(crate) fn guest(name: &str) -> PathBuf {
    let path = target().join("guests").join(name).with_extension("wasm");
    if !path.is_file() {
        eprintln!("error: `{}` is missing: run `cargo xtask guests`", path.display());
        std::process::exit(1);
    }
    path
}

pub(crate) fn extension(name: &str) -> Extension {
    Extension::from_file(engine(), guest(name)).unwrap()
}

/// A script in a sandbox of its own, whose global functions take a number of times to go round.
///
/// The sandbox is made when something of it is first measured, so that what is not asked for costs nothing.
pub(crate) struct Script {
    prepare: Box<dyn Fn(&mut Sandbox)>,
    extension: &'static str,
    door: DoorChoice,
    /// Whether the host answers `add` of `fixture-given`.
    answers: bool,
    sandbox: Option<Sandbox>,
}

impl Script {
    /// A module that sets the global functions, and imports from an extension.
    pub(crate) fn new(extension: &'static str, source: String) -> Self {
        Self::prepared(extension, move |sandbox| done(sandbox.run_module_source("bench.js", &source)))
    }

    /// A sandbox with an extension, in which something is done before anything is measured.
    pub(crate) fn prepared(extension: &'static str, prepare: impl Fn(&mut Sandbox) + 'static) -> Self {
        Self { prepare: Box::new(prepare), extension, door: DoorChoice::Auto, answers: false, sandbox: None }
    }

    /// The same, with the extension through a certain door.
    pub(crate) fn by(self, door: DoorChoice) -> Self {
        Self { door, ..self }
    }

    /// The same, with the host answering `add` of `fixture-given`.
    pub(crate) fn answering(self) -> Self {
        Self { answers: true, ..self }
    }

    /// Measures the global function `name` as `id` of a group.
    pub(crate) fn bench(&mut self, group: &mut BenchmarkGroup<'_, WallTime>, id: &str, name: &str) {
        group.bench_function(id, |bencher| bencher.iter_custom(|times| self.time(name, times)));
    }

    /// How long the global function `name` takes to go round so many times.
    pub(crate) fn time(&mut self, name: &str, times: u64) -> Duration {
        time(self.sandbox(), name, times)
    }

    fn sandbox(&mut self) -> &mut Sandbox {
        self.sandbox.get_or_insert_with(|| {
            let mut loader = Extension::loader(engine()).door(self.door);
            if self.answers {
                loader = loader.function("test:given/host", "add", |a: u32, b: u32| a.wrapping_add(b));
            }
            let extension = loader.load_file(guest(self.extension)).unwrap();
            let mut sandbox = Sandbox::builder(engine()).extension(&extension).build().unwrap();
            (self.prepare)(&mut sandbox);
            sandbox
        })
    }
}

/// How long a global function takes to go round so many times. Entering the sandbox is part of it.
pub(crate) fn time(sandbox: &mut Sandbox, name: &str, times: u64) -> Duration {
    let call = format!("{name}({times})");
    let start = Instant::now();
    let completion = sandbox.eval(&call);
    let time = start.elapsed();
    done(completion);
    time
}

/// Hands bytes to scripts, as the global `name`. They cross as text, so this is not for timing.
pub(crate) fn give(sandbox: &mut Sandbox, name: &str, bytes: &[u8]) {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    done(sandbox.eval(&format!("globalThis.{name} = Uint8Array.fromHex('{hex}'); null")));
}

/// A script that threw would be timed as a fast one.
pub(crate) fn done(completion: Completion) {
    if !matches!(completion.outcome, innerbox::Outcome::Returned { .. }) {
        panic!("{:#?}", completion.outcome);
    }
}
