//! What the user sees while a long step runs: one line with the time passed, or plain lines where stderr is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// How often a plain line tells where a long step is.
const PLAIN_LINE_EVERY: Duration = Duration::from_secs(60);

/// A step that is running. Dropped without `done`, it leaves no line behind: the error that follows names it.
pub(crate) struct Step {
    name: String,
    started: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Step {
    /// Starts a step.
    pub(crate) fn start(name: impl Into<String>) -> Self {
        let name = name.into();
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        if bar.is_none() {
            eprintln!("  ... {name}");
        }
        let now = Instant::now();
        Self { name, started: now, told: now, bar }
    }

    /// Says where the step is now.
    pub(crate) fn tell(&mut self, detail: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(detail.chars().take(80).collect::<String>()),
            None if self.told.elapsed() >= PLAIN_LINE_EVERY => {
                self.told = Instant::now();
                eprintln!("  ... {} [{}] {detail}", self.name, clock(self.started.elapsed()));
            }
            None => {}
        }
    }

    /// How long the step has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the step well, with what came of it.
    pub(crate) fn done(mut self, outcome: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let comma = if outcome.is_empty() { "" } else { ": " };
        eprintln!("  ok  {}{comma}{outcome} ({})", self.name, clock(self.started.elapsed()));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A span of time as a person says it.
pub(crate) fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", span.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::clock;
    use std::time::Duration;

    #[test]
    fn time_is_told_in_words() {
        let told = [0, 9, 10, 59, 60, 1577].map(|seconds| clock(Duration::from_secs(seconds)));
        assert_eq!(told, ["0.0 s", "9.0 s", "10 s", "59 s", "1 min 00 s", "26 min 17 s"]);
    }
}
