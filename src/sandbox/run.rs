//! One run, from its first instruction until nothing is left to do.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use innerbox_binding::value::{self, string};
use innerbox_binding::{Attending, Failure, Flow, Turn};
use innerbox_bridge_remote::{Action, Reference, perform};
use innerbox_bridge_web::{Colors, inspect};

use super::Parts;
use super::argument::{Argument, FromScript, NotTaken};
use crate::completion::Outcome;
use crate::deadline::Watch;
use crate::error::ScriptError;
use crate::isolate::exception::{position, script_error};
use crate::isolate::platform;
use crate::limit_hit::LimitHit;
use crate::modules::{Modules, Target};

/// Time between two looks for tasks of V8's background threads, where nothing else is left to wait for.
const BACKGROUND_TASK_POLL: Duration = Duration::from_millis(1);

/// What a run begins with.
pub(super) enum Entry<'a> {
    /// A script.
    Script { name: Cow<'a, str>, source: Cow<'a, str>, answer: Answer },
    /// An ES module.
    Module(Target),
    /// Something that is done with a value which the host refers to.
    Access(&'a Reference, Access<'a>),
    /// What others ask for.
    Requests,
}

impl<'a> Entry<'a> {
    /// A script.
    pub(super) fn script(
        name: impl Into<Cow<'a, str>>,
        source: impl Into<Cow<'a, str>>,
        answer: Answer,
    ) -> Self {
        Self::Script { name: name.into(), source: source.into(), answer }
    }
}

/// What the host does with a value that it refers to.
pub(super) enum Access<'a> {
    Copy,
    Get(&'a str),
    Set(&'a str, &'a Argument),
    Delete(&'a str),
    /// With this receiver and these arguments.
    Call(&'a Argument, &'a [Argument]),
}

/// What is read of a script's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The value.
    Value,
    /// Its text for a programmer, unless it is undefined.
    Inspected(Colors),
    /// Nothing. The run is over when the value, if it is a promise, is settled, whatever is left to do then.
    Nothing,
}

/// What a run does that has nothing to do but to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// It keeps its thread.
    Here,
    /// It is paused, so that its thread can do other things; and so it is after a while of work, that others have their turn.
    Apart { since: Instant },
}

/// How long a run goes on that could be paused.
const A_WHILE: Duration = Duration::from_millis(10);

/// How far a run is that has been paused.
#[derive(Default)]
pub(super) enum Stage {
    /// It has not begun.
    #[default]
    Beginning,
    /// Its first turn is over.
    Begun { value: v8::Global<v8::Value>, module: Option<v8::Global<v8::Module>> },
    /// The function that it gave has been called.
    Called { value: v8::Global<v8::Value> },
}

/// What has become of a run.
pub(super) enum Progress<T> {
    /// It waits, no longer than until then.
    Waits { until: Option<Instant> },
    /// It is over; `None` where execution was terminated.
    Ended(Option<Outcome<T>>),
}

/// A run that is being watched.
pub(super) struct Run<'a> {
    pub(super) parts: &'a Parts,
    pub(super) watch: &'a Watch,
    /// True once a handle has ended the sandbox.
    pub(super) terminated: &'a AtomicBool,
    pub(super) value_bytes: usize,
    /// What the function is called with that the entry gives; `None` where that is not to be called.
    pub(super) argument: Option<&'a Argument>,
    pub(super) waiting: Waiting,
}

/// What becomes of what is left to do when a run's promise is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Done,
    Left,
}

/// What a run's first turn gave.
struct Begun<'s> {
    /// The script's value, or the promise of the module's evaluation.
    value: v8::Local<'s, v8::Value>,
    module: Option<v8::Local<'s, v8::Module>>,
}

/// Why a run has no value.
enum Ended {
    Threw(Box<ScriptError>),
    Limit(LimitHit),
    /// V8 was told to stop. Who did knows why.
    Terminated,
    /// It has not: it goes on later, at the latest then.
    Waits {
        until: Option<Instant>,
    },
}

impl Run<'_> {
    /// Runs `entry` to its end; `None` where execution was terminated. It waits here.
    pub(super) fn complete<T: FromScript>(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        entry: &Entry<'_>,
    ) -> Option<Outcome<T>> {
        match self.advance(scope, entry, &mut Stage::Beginning) {
            Progress::Ended(outcome) => outcome,
            Progress::Waits { .. } => None,
        }
    }

    /// Runs `entry` from where it is to its end, or until it is paused.
    pub(super) fn advance<T: FromScript>(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        entry: &Entry<'_>,
        stage: &mut Stage,
    ) -> Progress<T> {
        let value = self.value(scope, entry, stage);
        // Whatever a getter of the value has entered: the next run begins in none.
        Flow::leave(scope);
        Progress::Ended(match value {
            Ok(value) => Some(returned(scope, entry, value)),
            // What was thrown because time was over: the limit is what there is to tell.
            Err(Ended::Threw(_)) if self.is_over() => None,
            Err(Ended::Threw(error)) => Some(Outcome::Threw { error }),
            Err(Ended::Limit(limit)) => Some(Outcome::Limit { limit, error: None }),
            Err(Ended::Terminated) => None,
            Err(Ended::Waits { until }) => return Progress::Waits { until },
        })
    }

    fn value<T: FromScript>(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        entry: &Entry<'_>,
        stage: &mut Stage,
    ) -> Result<T, Ended> {
        self.parts.attend_inspector(scope);
        let begun = match std::mem::take(stage) {
            Stage::Beginning => {
                let begun = self.begin(scope, entry);
                // What the entry did not leave of its async context is in what it registered: whatever comes now has its own.
                Flow::leave(scope);
                begun?
            }
            Stage::Begun { value, module } => Begun {
                value: v8::Local::new(scope, value),
                module: module.map(|module| v8::Local::new(scope, module)),
            },
            Stage::Called { value } => {
                let answer = v8::Local::new(scope, value);
                return self.answer(scope, answer, stage);
            }
        };
        let attending = match entry {
            Entry::Requests => Attending::UntilDone,
            Entry::Script { .. } | Entry::Module(_) | Entry::Access(..) => Attending::Meanwhile,
        };
        let rest = match entry {
            Entry::Script { answer: Answer::Nothing, .. } => Rest::Left,
            _ => Rest::Done,
        };
        let event_loop = &self.parts.event_loop;
        let value = event_loop.attend(attending, || self.settled(scope, begun.value, begun.module, rest));
        if let Err(Ended::Waits { .. }) = value {
            let value = v8::Global::new(scope, begun.value);
            *stage =
                Stage::Begun { value, module: begun.module.map(|module| v8::Global::new(scope, module)) };
        }
        let value = value?;
        let value = match (begun.module, entry) {
            (Some(module), _) => default_export(scope, module)?,
            (None, Entry::Script { answer: Answer::Inspected(colors), .. }) if !value.is_undefined() => {
                inspected(scope, value, *colors)?
            }
            (None, _) => value,
        };
        let Some(argument) = self.argument else { return self.take(scope, value) };
        let answer = call(scope, value, argument);
        Flow::leave(scope);
        self.answer(scope, answer?, stage)
    }

    /// What the function comes to that the run gave.
    fn answer<'s, T: FromScript>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        answer: v8::Local<'s, v8::Value>,
        stage: &mut Stage,
    ) -> Result<T, Ended> {
        let value = self.settled(scope, answer, None, Rest::Done);
        if let Err(Ended::Waits { .. }) = value {
            *stage = Stage::Called { value: v8::Global::new(scope, answer) };
        }
        self.take(scope, value?)
    }

    /// Runs until nothing is left to do. Of a promise it gives what that was fulfilled with.
    fn settled<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        value: v8::Local<'s, v8::Value>,
        module: Option<v8::Local<v8::Module>>,
        rest: Rest,
    ) -> Result<v8::Local<'s, v8::Value>, Ended> {
        let promise = v8::Local::<v8::Promise>::try_from(value).ok();
        if let Some(promise) = promise {
            self.parts.rejections.handled(promise);
        }
        self.until_idle(scope, promise, rest)?;
        let Some(promise) = promise else { return Ok(value) };
        match promise.state() {
            v8::PromiseState::Fulfilled => Ok(promise.result(scope)),
            v8::PromiseState::Rejected => {
                let reason = promise.result(scope);
                Err(Ended::Threw(script_error(scope, reason, None)))
            }
            v8::PromiseState::Pending => Err(Ended::Threw(unsettled(scope, module))),
        }
    }

    fn begin<'s>(&self, scope: &mut v8::PinScope<'s, '_>, entry: &Entry<'_>) -> Result<Begun<'s>, Ended> {
        match entry {
            Entry::Script { name, source, .. } => {
                v8::tc_scope!(let scope, scope);
                let value = compile(scope, name, source).and_then(|script| {
                    self.parts.break_at_start();
                    script.run(scope)
                });
                match value {
                    Some(value) => Ok(Begun { value, module: None }),
                    None => Err(caught(scope)),
                }
            }
            Entry::Module(target) => {
                let linked = self.parts.contexts.current.modules().link(scope, target.clone());
                let module = linked.map_err(|failure| failed(scope, failure))?;
                self.parts.break_at_start();
                match Modules::evaluate(scope, module) {
                    Ok(promise) => Ok(Begun { value: promise.into(), module: Some(module) }),
                    Err(failure) => Err(failed(scope, failure)),
                }
            }
            Entry::Access(reference, access) => {
                v8::tc_scope!(let scope, scope);
                match self.access(scope, reference, access) {
                    Ok(value) => Ok(Begun { value, module: None }),
                    Err(Failure::Pending) => Err(caught(scope)),
                    Err(failure) => Err(failed(scope, failure)),
                }
            }
            Entry::Requests => Ok(Begun { value: value::undefined(scope), module: None }),
        }
    }

    fn access<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        reference: &Reference,
        access: &Access<'_>,
    ) -> innerbox_binding::Outcome<'s> {
        let target = self.parts.remotes.value(scope, reference)?;
        let key = |scope: &v8::PinScope<'s, '_>, key: &str| v8::Local::from(string(scope, key));
        let (action, input) = match access {
            Access::Copy => (Action::Copy, vec![]),
            Access::Get(name) => (Action::Get, vec![key(scope, name)]),
            Access::Set(name, value) => (Action::Set, vec![key(scope, name), value.write(scope)?]),
            Access::Delete(name) => (Action::Delete, vec![key(scope, name)]),
            Access::Call(receiver, arguments) => {
                let arguments: Result<Vec<_>, _> =
                    arguments.iter().map(|argument| argument.write(scope)).collect();
                let arguments = v8::Array::new_with_elements(scope, &arguments?);
                (Action::Call, vec![receiver.write(scope)?, arguments.into()])
            }
        };
        let input = v8::Array::new_with_elements(scope, &input);
        perform(scope, target, action, input)
    }

    /// Does what others ask for and what is due, without waiting for anything; `None` where execution was terminated. What
    /// scripts throw there and nobody handles is told to nobody: the request that it belongs to is answered for itself.
    pub(super) fn attend(&self, scope: &mut v8::PinScope<'_, '_>) -> Option<Outcome<()>> {
        self.parts.event_loop.attend(Attending::ForAWhile, || {
            loop {
                v8::scope!(let scope, scope);
                if !self.goes_on(scope) {
                    return None;
                }
                match self.parts.event_loop.look(scope) {
                    Ok(Turn::Ran) => {}
                    Ok(Turn::Idle | Turn::Late) => return Some(Outcome::Returned { value: () }),
                    Err(failure) => match failed(scope, failure) {
                        Ended::Terminated => return None,
                        Ended::Threw(_) | Ended::Limit(_) | Ended::Waits { .. } => {}
                    },
                }
            }
        })
    }

    /// Runs microtasks, timers and the answers of host calls until nothing is left to wait for.
    fn until_idle(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        promise: Option<v8::Local<v8::Promise>>,
        rest: Rest,
    ) -> Result<(), Ended> {
        loop {
            v8::scope!(let scope, scope);
            if !self.goes_on(scope) {
                return Err(Ended::Terminated);
            }
            if let Some(reason) = self.parts.rejections.first() {
                let reason = v8::Local::new(scope, reason);
                return Err(Ended::Threw(script_error(scope, reason, None)));
            }
            let state = promise.map(|promise| promise.state());
            if state == Some(v8::PromiseState::Rejected)
                || rest == Rest::Left && state != Some(v8::PromiseState::Pending)
            {
                return Ok(());
            }
            let event_loop = &self.parts.event_loop;
            let turn = match self.waiting {
                Waiting::Here => event_loop.turn(scope, self.watch.deadline()),
                Waiting::Apart { .. } => event_loop.look(scope),
            };
            let turn = turn.map_err(|failure| failed(scope, failure))?;
            if turn == Turn::Idle && !scope.has_pending_background_tasks() {
                return Ok(());
            }
            self.wait(turn)?;
        }
    }

    /// Waits after a turn for what the turn itself has not waited for, or pauses the run.
    fn wait(&self, turn: Turn) -> Result<(), Ended> {
        let now = Instant::now();
        let until = match (self.waiting, turn) {
            (Waiting::Here, Turn::Idle) => {
                std::thread::sleep(BACKGROUND_TASK_POLL);
                return Ok(());
            }
            (Waiting::Here, Turn::Ran | Turn::Late) => return Ok(()),
            (Waiting::Apart { since }, Turn::Ran) if now.saturating_duration_since(since) < A_WHILE => {
                return Ok(());
            }
            (Waiting::Apart { .. }, Turn::Ran) => Some(now),
            (Waiting::Apart { .. }, Turn::Late) => self.parts.event_loop.next_timer(),
            (Waiting::Apart { .. }, Turn::Idle) => Some(now + BACKGROUND_TASK_POLL),
        };
        Err(Ended::Waits { until: until.into_iter().chain(self.watch.deadline()).min() })
    }

    /// Does what is to be done before each turn of the event loop; false where the run must end.
    fn goes_on(&self, scope: &mut v8::PinScope<'_, '_>) -> bool {
        // First: some of what a session asks for is a task.
        self.parts.attend_inspector(scope);
        platform::pump(scope);
        self.parts.stdio.deliver();
        scope.perform_microtask_checkpoint();
        !scope.is_execution_terminating() && !self.is_over()
    }

    /// True once something has ended the run. V8 forgets that it was terminated when that happened in a microtask.
    fn is_over(&self) -> bool {
        let Parts { exit_code, heap, .. } = self.parts;
        let terminated = self.terminated.load(Ordering::Acquire);
        terminated || exit_code.get().is_some() || heap.reached().is_some() || self.watch.hit().is_some()
    }

    fn take<T: FromScript>(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        value: v8::Local<v8::Value>,
    ) -> Result<T, Ended> {
        v8::tc_scope!(let scope, scope);
        match T::take(scope, value, self.value_bytes) {
            Ok(value) => Ok(value),
            Err(NotTaken::Limit(limit)) => Err(Ended::Limit(limit)),
            Err(NotTaken::Failed(Failure::Pending)) => Err(caught(scope)),
            Err(NotTaken::Failed(failure)) => Err(failed(scope, failure)),
        }
    }
}

/// Calls the function that a run gave.
fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: v8::Local<'s, v8::Value>,
    argument: &Argument,
) -> Result<v8::Local<'s, v8::Value>, Ended> {
    v8::tc_scope!(let scope, scope);
    let Ok(function) = v8::Local::<v8::Function>::try_from(function) else {
        let message = format!("the script's value: expected function, got {}", value::kind(function));
        return Err(failed(scope, Failure::type_error(message)));
    };
    let receiver = value::undefined(scope);
    match argument.write(scope) {
        Ok(argument) => function.call(scope, receiver, &[argument]).ok_or_else(|| caught(scope)),
        Err(Failure::Pending) => Err(caught(scope)),
        Err(failure) => Err(failed(scope, failure)),
    }
}

/// The outcome of a run that gave `value`. A module may have left another in `process.exitCode`, as programs do.
fn returned<T>(scope: &mut v8::PinScope<'_, '_>, entry: &Entry<'_>, value: T) -> Outcome<T> {
    v8::tc_scope!(let scope, scope);
    let code = match entry {
        Entry::Module(_) => innerbox_bridge_node::exit_code(scope),
        Entry::Script { .. } | Entry::Access(..) | Entry::Requests => None,
    };
    match code {
        Some(code) if code != 0 => Outcome::Exited { code },
        _ => Outcome::Returned { value },
    }
}

fn inspected<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: v8::Local<'s, v8::Value>,
    colors: Colors,
) -> Result<v8::Local<'s, v8::Value>, Ended> {
    v8::tc_scope!(let scope, scope);
    match inspect(scope, value, colors) {
        Ok(text) => Ok(text),
        Err(Failure::Pending) => Err(caught(scope)),
        Err(failure) => Err(failed(scope, failure)),
    }
}

fn default_export<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: v8::Local<v8::Module>,
) -> Result<v8::Local<'s, v8::Value>, Ended> {
    v8::tc_scope!(let scope, scope);
    let namespace = v8::Local::<v8::Object>::try_from(module.get_module_namespace()).ok();
    let default = namespace.and_then(|namespace| value::get(scope, namespace, "default"));
    default.ok_or_else(|| caught(scope))
}

fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    source: &str,
) -> Option<v8::Local<'s, v8::Script>> {
    let Some(source) = v8::String::new(scope, source) else {
        Failure::range_error("the script is longer than a string can be").code("ERR_LIMIT").throw(scope);
        return None;
    };
    let name = string(scope, name).into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, false, None);
    v8::Script::compile(scope, source, Some(&origin))
}

/// The error of a run that can only wait. In a module, V8 knows which `await` it is that waits.
fn unsettled(scope: &mut v8::PinScope<'_, '_>, module: Option<v8::Local<v8::Module>>) -> Box<ScriptError> {
    let stalled = module.and_then(|module| {
        let (_, message) = module.get_stalled_top_level_await_message(scope).into_iter().next()?;
        position(scope, message)
    });
    Box::new(ScriptError {
        name: "Error".to_owned(),
        message: "nothing is left to wait for: the promise of the run will never be settled".to_owned(),
        code: Some("ERR_UNSETTLED_PROMISE".to_owned()),
        position: stalled,
        ..ScriptError::default()
    })
}

fn failed(scope: &mut v8::PinScope<'_, '_>, failure: Failure) -> Ended {
    match failure.into_exception(scope) {
        Some(exception) => Ended::Threw(script_error(scope, exception, None)),
        None => Ended::Terminated,
    }
}

type Catching<'a, 'b, 'c, 'd> = v8::PinnedRef<'a, v8::TryCatch<'b, 'c, v8::HandleScope<'d>>>;

fn caught(scope: &mut Catching<'_, '_, '_, '_>) -> Ended {
    let message = scope.message();
    match scope.exception() {
        Some(exception) if !scope.has_terminated() => Ended::Threw(script_error(scope, exception, message)),
        _ => Ended::Terminated,
    }
}
