//! Runs that leave their thread to others while they wait.

use std::time::Instant;

use super::Sandbox;
use super::argument::FromScript;
use super::run::{Answer, Entry, Progress, Stage, Waiting};
use crate::completion::{Completion, Usage};
use crate::deadline::Watch;
use crate::modules::Target;

/// What a run is of.
pub(crate) enum Program {
    Script { source: String },
    Module { name: String, source: String },
}

/// A run between two of its steps.
pub(super) struct UnderWay {
    entry: Entry<'static>,
    stage: Stage,
    watch: Watch,
}

/// What a step of a run came to.
pub(crate) enum Step<T> {
    /// It waits, no longer than until then.
    Waits { until: Option<Instant> },
    /// It is over.
    Done(Box<Completion<T>>),
}

impl Sandbox {
    /// Begins a run, and goes on until it waits. As long as it is not over, nothing else is run here.
    pub(crate) fn start<T: FromScript>(&mut self, program: Program) -> Step<T> {
        let (source_bytes, entry) = match program {
            Program::Script { source } => (source.len(), Entry::script("[eval]", source, Answer::Value)),
            Program::Module { name, source } => (source.len(), Entry::Module(Target::source(&name, &source))),
        };
        if let Some(outcome) = self.refusal(source_bytes) {
            return Step::Done(Box::new(Completion { outcome, usage: Usage::default() }));
        }
        let watch = self.begin();
        self.advance(UnderWay { entry, stage: Stage::Beginning, watch })
    }

    /// Goes on with the run that waits, until it waits again; `None` where there is none.
    pub(crate) fn go_on<T: FromScript>(&mut self) -> Option<Step<T>> {
        let under_way = self.under_way.take()?;
        under_way.watch.go_on();
        Some(self.advance(under_way))
    }

    fn advance<T: FromScript>(&mut self, mut under_way: UnderWay) -> Step<T> {
        let UnderWay { entry, stage, watch } = &mut under_way;
        let waiting = Waiting::Apart { since: Instant::now() };
        let progress = self.inside(watch, None, waiting, |run, scope| run.advance(scope, entry, stage));
        let outcome = match progress {
            Ok(Some(Progress::Waits { until })) => {
                under_way.watch.pause();
                self.under_way = Some(under_way);
                return Step::Waits { until };
            }
            Ok(Some(Progress::Ended(outcome))) => Ok(outcome),
            Ok(None) => Ok(None),
            Err(panic) => Err(panic),
        };
        Step::Done(Box::new(self.end(under_way.watch, false, outcome)))
    }
}
