//! What went wrong, for the eyes of a person: on the standard error stream, in colour on a terminal.

use std::io::{IsTerminal, Write};

use innerbox::{Limit, LimitHit, Outcome};

const RED: &str = "\x1b[1;31m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Whether lines carry ANSI escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Never,
    Always,
}

impl Paint {
    /// In colour on a terminal, unless the environment says `NO_COLOR`.
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !refused { Self::Always } else { Self::Never }
    }

    fn with(self, style: &str, text: &str) -> String {
        match self {
            Self::Always if !text.is_empty() => format!("{style}{text}{PLAIN}"),
            _ => text.to_owned(),
        }
    }
}

/// Tells why a command came to nothing.
pub(crate) fn failure(error: &anyhow::Error) {
    let paint = Paint::of(&std::io::stderr());
    say(&format!("{} {}\n", paint.with(RED, "error:"), chain(error)));
}

/// Tells that a limit is near.
pub(crate) fn warning(limit: &LimitHit) {
    let paint = Paint::of(&std::io::stderr());
    let LimitHit { which, used, allowed } = limit;
    say(&format!("{} {which}: {used} used, {allowed} allowed\n", paint.with(DIM, "warning:")));
}

/// Tells what a command did without.
pub(crate) fn note(text: &str) {
    let paint = Paint::of(&std::io::stderr());
    say(&format!("{} {text}\n", paint.with(DIM, "note:")));
}

/// Tells something in these very words, for whoever reads them.
pub(crate) fn line(text: &str) {
    say(&format!("{text}\n"));
}

/// An error with its sources, without those that it tells already.
fn chain(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for source in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&source) {
            told = format!("{told}: {source}");
        }
    }
    told
}

/// Tells how a run ended that did not return.
pub(crate) fn outcome(outcome: &Outcome) {
    let paint = Paint::of(&std::io::stderr());
    match outcome {
        Outcome::Returned { .. } | Outcome::Exited { .. } => {}
        Outcome::Threw { error } => say(&threw(&error.report(), &error.to_string(), paint)),
        Outcome::Limit { limit, error } => {
            if let Some(error) = error {
                say(&threw(&error.report(), &error.to_string(), paint));
            }
            say(&format!("{}\n", limit_hit(limit, paint)));
        }
        Outcome::Died { reason } => say(&format!("{} {reason}\n", paint.with(RED, "the sandbox died:"))),
    }
}

/// An error's report in colours: what it says stands out, and where the calls were stands back.
fn threw(report: &str, headline: &str, paint: Paint) -> String {
    let headline = headline.lines().next().unwrap_or_default();
    let lines = report.lines().map(|line| match line.trim() {
        "^" => paint.with(RED, line),
        text if !text.is_empty() && text == headline => paint.with(RED, line),
        text if text.starts_with("at ") => paint.with(DIM, line),
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

fn limit_hit(limit: &LimitHit, paint: Paint) -> String {
    let LimitHit { which, used, allowed } = limit;
    let raise = match flag(*which) {
        Some(flag) => format!("; `{flag}` allows more"),
        None => String::new(),
    };
    format!("{} {which}: {used} used, {allowed} allowed{raise}", paint.with(RED, "limit reached:"))
}

/// The option that sets a limit.
fn flag(limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::HeapBytes => Some("--heap"),
        Limit::WallMs => Some("--wall"),
        Limit::CpuMs => Some("--cpu"),
        Limit::SourceBytes => Some("--source"),
        Limit::ArrayBufferBytes => Some("--array-buffers"),
        Limit::ConsoleBytes => Some("--console"),
        Limit::Timers => Some("--timers"),
        Limit::PendingPromises => Some("--pending-promises"),
        Limit::Handles => Some("--handles"),
        _ => None,
    }
}

/// Writes to the standard error stream. Where nobody reads it any more there is nobody to tell.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use innerbox::{Limit, LimitHit};

    use super::{Paint, chain, limit_hit, threw};

    const REPORT: &str = "a.js:1:7\nthrow new Error('no')\n      ^\nError: no\n    at a.js:1:7\n";

    #[test]
    fn a_report_without_colours_is_as_it_was() {
        assert_eq!(threw(REPORT, "Error: no", Paint::Never), REPORT);
    }

    #[test]
    fn colours_mark_the_place_the_message_and_the_calls() {
        let expected = "a.js:1:7\nthrow new Error('no')\n\x1b[1;31m      ^\x1b[0m\n\
                        \x1b[1;31mError: no\x1b[0m\n\x1b[2m    at a.js:1:7\x1b[0m\n";
        assert_eq!(threw(REPORT, "Error: no", Paint::Always), expected);
    }

    #[test]
    fn a_source_that_is_told_already_is_not_told_again() {
        let error =
            anyhow::anyhow!("no such file").context("cannot read `a`: no such file").context("cannot run");
        assert_eq!(chain(&error), "cannot run: cannot read `a`: no such file");
    }

    #[test]
    fn a_limit_is_told_with_the_option_that_sets_it() {
        let hit = LimitHit { which: Limit::WallMs, used: 60, allowed: 50 };
        let expected = "limit reached: milliseconds of wall time: 60 used, 50 allowed; `--wall` allows more";
        assert_eq!(limit_hit(&hit, Paint::Never), expected);
    }
}
