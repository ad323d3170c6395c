//! `innerbox map`: one module over many inputs.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use innerbox::{Completion, Error, LimitHit, Outcome, Pool, PoolOptions, Sandbox};

use super::console::Out;
use super::options::SandboxOptions;
use super::recipe::Recipe;
use super::session::GRACE;
use super::{exit, report};

/// Inputs that are read before their answers are written.
const BATCH: usize = 4096;

/// Longest time between two drawings of the progress.
const TICK: Duration = Duration::from_millis(100);

/// Call the default export of the module in FILE with each line of INPUTS, each in a fresh sandbox
///
/// A line is JSON, and so is what is printed for it, in the same order: what the function returned, or the value of the promise
/// that it returned. Of a call that failed the line is `null`, and the standard error stream tells why; the exit code is then 1.
/// Calls run on all processors at once, each under the limits that are given.
#[derive(Args)]
pub(crate) struct Map {
    /// The module, whose default export is a function
    file: PathBuf,
    /// The file with the inputs, one a line; `-` is the standard input
    #[arg(default_value = "-")]
    inputs: PathBuf,
    /// Threads that run sandboxes [default: one for each processor]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    #[command(flatten)]
    sandbox: SandboxOptions,
}

/// How a call ended, or why there was none.
type Answer = Result<Completion, String>;

impl Map {
    pub(crate) fn execute(&self) -> Result<ExitCode> {
        let inputs = open(&self.inputs)?;
        self.file.canonicalize().with_context(|| format!("cannot open `{}`", self.file.display()))?;
        let options = match self.threads {
            Some(threads) => PoolOptions { threads: threads as usize, ..PoolOptions::default() },
            None => PoolOptions::default(),
        };
        let (name, at_once) = (self.file.to_string_lossy(), (1 + options.ready) * options.threads);
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        let recipe = Recipe::new(&self.sandbox, &name, &[], Out::Error, at_once)?;
        let engine = recipe.engine.clone();
        let pool = Pool::new(&engine, options, move |_| recipe.builder().on_overrun(GRACE, end).build())?;
        self.map(&pool, inputs)
    }

    fn map(&self, pool: &Pool, inputs: Box<dyn BufRead>) -> Result<ExitCode> {
        let (start, progress) = (Instant::now(), progress());
        let file: Arc<Path> = Arc::from(self.file.as_path());
        let mut tally = Tally { json: self.sandbox.json, calls: 0, failed: 0 };
        let mut out = std::io::stdout().lock();
        let mut lines = inputs.lines();
        loop {
            let batch: Vec<_> =
                lines.by_ref().take(BATCH).collect::<Result<_, _>>().context("cannot read the inputs")?;
            if batch.is_empty() {
                break;
            }
            progress.inc_length(batch.len() as u64);
            let (file, bar) = (Arc::clone(&file), progress.clone());
            let answers = pool.map(batch, move |sandbox, line: String| {
                let answer = call(sandbox, &file, &line);
                bar.inc(1);
                answer
            })?;
            for answer in answers {
                let answer = answer.map_err(|lost| lost.to_string()).and_then(|answer| answer);
                let line = progress.suspend(|| tally.line(answer))?;
                writeln!(out, "{line}").context("the standard output cannot be written")?;
            }
        }
        progress.finish_and_clear();
        tally.tell(start.elapsed());
        Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { exit::THREW.into() })
    }
}

/// Ends the process where a call cannot be ended. What was answered already and not written yet is lost.
fn end(limit: LimitHit) {
    report::outcome(&Outcome::Limit { limit, error: None });
    report::note("a call could not be ended, so the process is");
    std::process::exit(exit::LIMIT.into());
}

fn open(inputs: &Path) -> Result<Box<dyn BufRead>> {
    let reader: Box<dyn Read> = match inputs == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(inputs).with_context(|| format!("cannot open `{}`", inputs.display()))?),
    };
    Ok(Box::new(BufReader::new(reader)))
}

fn call(sandbox: &mut Sandbox, file: &Path, line: &str) -> Answer {
    let input: serde_json::Value =
        serde_json::from_str(line).map_err(|error| format!("the input is not JSON: {error}"))?;
    sandbox.call_module(file, &input).map_err(|error: Error| error.to_string())
}

/// For eyes only: nothing is drawn where nobody sees it.
fn progress() -> ProgressBar {
    let target = match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {per_sec}  {eta}");
    let progress = ProgressBar::with_draw_target(Some(0), target);
    progress.enable_steady_tick(TICK);
    match style {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
}

/// What has been answered so far.
struct Tally {
    json: bool,
    calls: u64,
    failed: u64,
}

impl Tally {
    /// The line for one answer.
    fn line(&mut self, answer: Answer) -> Result<String> {
        self.calls += 1;
        let failed = !matches!(&answer, Ok(Completion { outcome: Outcome::Returned { .. }, .. }));
        self.failed += u64::from(failed);
        match answer {
            Ok(completion) if self.json => Ok(serde_json::to_string(&completion)?),
            Ok(Completion { outcome: Outcome::Returned { value }, .. }) => Ok(serde_json::to_string(&value)?),
            Ok(completion) => {
                eprint!("line {}: ", self.calls);
                report::outcome(&completion.outcome);
                Ok("null".to_owned())
            }
            Err(why) => {
                eprintln!("line {}: {why}", self.calls);
                Ok("null".to_owned())
            }
        }
    }

    fn tell(&self, took: Duration) {
        let Self { calls, failed, .. } = self;
        let seconds = took.as_secs_f64();
        let each = *calls as f64 / seconds.max(f64::EPSILON);
        eprintln!("{calls} calls in {seconds:.2} s, {each:.0} a second, {failed} failed");
    }
}
