//! One run, from its first instruction until nothing is left to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use innerbox_binding::value::{self, string};
use innerbox_binding::{Failure, Flow, Turn};
use innerbox_bridge_web::{Colors, inspect};

use super::Parts;
use crate::completion::{LimitHit, Outcome};
use crate::deadline::Watch;
use crate::error::ScriptError;
use crate::isolate::exception::{position, script_error};
use crate::isolate::platform;
use crate::modules::{Modules, Target};
use crate::value::{Unreadable, Value, read};

/// Time between two looks for tasks of V8's background threads, where nothing else is left to wait for.
const BACKGROUND_TASK_POLL: Duration = Duration::from_millis(1);

/// What a run begins with.
pub(super) enum Entry<'a> {
    /// A script.
    Script { name: &'a str, source: &'a str, answer: Answer },
    /// An ES module.
    Module(Target),
}

/// What is read of a script's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The value.
    Value,
    /// Its text for a programmer, unless it is undefined.
    Inspected(Colors),
}

/// A run that is being watched.
pub(super) struct Run<'a> {
    pub(super) parts: &'a Parts,
    pub(super) watch: &'a Watch,
    /// True once a handle has ended the sandbox.
    pub(super) terminated: &'a AtomicBool,
    pub(super) value_bytes: usize,
    /// What the function is called with that the entry gives; `None` where that is not to be called.
    pub(super) argument: Option<&'a str>,
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
}

impl Run<'_> {
    /// Runs `entry` to its end; `None` where execution was terminated.
    pub(super) fn complete(&self, scope: &mut v8::PinScope<'_, '_>, entry: &Entry<'_>) -> Option<Outcome> {
        let value = self.value(scope, entry);
        // Whatever a getter of the value has entered: the next run begins in none.
        Flow::leave(scope);
        match value {
            Ok(value) => Some(returned(scope, entry, value)),
            Err(Ended::Threw(error)) => Some(Outcome::Threw { error }),
            Err(Ended::Limit(limit)) => Some(Outcome::Limit { limit, error: None }),
            Err(Ended::Terminated) => None,
        }
    }

    fn value(&self, scope: &mut v8::PinScope<'_, '_>, entry: &Entry<'_>) -> Result<Value, Ended> {
        self.parts.attend_inspector(scope);
        let begun = self.begin(scope, entry);
        // What the entry did not leave of its async context is in what it registered: whatever comes now has its own.
        Flow::leave(scope);
        let begun = begun?;
        let value = self.settled(scope, begun.value, begun.module)?;
        let value = match (begun.module, entry) {
            (Some(module), _) => default_export(scope, module)?,
            (None, Entry::Script { answer: Answer::Inspected(colors), .. }) if !value.is_undefined() => {
                inspected(scope, value, *colors)?
            }
            (None, _) => value,
        };
        let value = match self.argument {
            Some(argument) => {
                let answer = call(scope, value, argument);
                Flow::leave(scope);
                let answer = answer?;
                self.settled(scope, answer, None)?
            }
            None => value,
        };
        self.read(scope, value)
    }

    /// Runs until nothing is left to do. Of a promise it gives what that was fulfilled with.
    fn settled<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        value: v8::Local<'s, v8::Value>,
        module: Option<v8::Local<v8::Module>>,
    ) -> Result<v8::Local<'s, v8::Value>, Ended> {
        let promise = v8::Local::<v8::Promise>::try_from(value).ok();
        if let Some(promise) = promise {
            self.parts.rejections.handled(promise);
        }
        self.until_idle(scope, promise)?;
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
                let linked = self.parts.modules.link(scope, target.clone());
                let module = linked.map_err(|failure| failed(scope, failure))?;
                self.parts.break_at_start();
                match Modules::evaluate(scope, module) {
                    Ok(promise) => Ok(Begun { value: promise.into(), module: Some(module) }),
                    Err(failure) => Err(failed(scope, failure)),
                }
            }
        }
    }

    /// Runs microtasks, timers and the answers of host calls until nothing is left to wait for.
    fn until_idle(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        promise: Option<v8::Local<v8::Promise>>,
    ) -> Result<(), Ended> {
        loop {
            v8::scope!(let scope, scope);
            // Some of what a session asks for is a task.
            self.parts.attend_inspector(scope);
            platform::pump(scope);
            self.parts.stdio.deliver();
            scope.perform_microtask_checkpoint();
            if scope.is_execution_terminating() || self.is_over() {
                return Err(Ended::Terminated);
            }
            if let Some(reason) = self.parts.rejections.first() {
                let reason = v8::Local::new(scope, reason);
                return Err(Ended::Threw(script_error(scope, reason, None)));
            }
            if promise.is_some_and(|promise| promise.state() == v8::PromiseState::Rejected) {
                return Ok(());
            }
            match self.parts.event_loop.turn(scope, self.watch.deadline()) {
                Ok(Turn::Ran | Turn::Late) => {}
                Ok(Turn::Idle) if scope.has_pending_background_tasks() => {
                    std::thread::sleep(BACKGROUND_TASK_POLL);
                }
                Ok(Turn::Idle) => return Ok(()),
                Err(failure) => return Err(failed(scope, failure)),
            }
        }
    }

    /// True once something has ended the run. V8 forgets that it was terminated when that happened in a microtask.
    fn is_over(&self) -> bool {
        let Parts { exit_code, heap, .. } = self.parts;
        let terminated = self.terminated.load(Ordering::Acquire);
        terminated || exit_code.get().is_some() || heap.reached().is_some() || self.watch.hit().is_some()
    }

    fn read(&self, scope: &mut v8::PinScope<'_, '_>, value: v8::Local<v8::Value>) -> Result<Value, Ended> {
        v8::tc_scope!(let scope, scope);
        match read(scope, value, self.value_bytes) {
            Ok(value) => Ok(value),
            Err(Unreadable::Limit(limit)) => Err(Ended::Limit(limit)),
            Err(Unreadable::Threw) => Err(caught(scope)),
        }
    }
}

/// Calls the function that a run gave with one argument, as JSON.
fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    function: v8::Local<'s, v8::Value>,
    argument: &str,
) -> Result<v8::Local<'s, v8::Value>, Ended> {
    v8::tc_scope!(let scope, scope);
    let Ok(function) = v8::Local::<v8::Function>::try_from(function) else {
        let message = format!("the script's value: expected function, got {}", value::kind(function));
        return Err(failed(scope, Failure::type_error(message)));
    };
    let argument = v8::String::new(scope, argument).and_then(|text| v8::json::parse(scope, text));
    let receiver = value::undefined(scope);
    let answer = argument.and_then(|argument| function.call(scope, receiver, &[argument]));
    answer.ok_or_else(|| caught(scope))
}

/// The outcome of a run that gave `value`. A module may have left another in `process.exitCode`, as programs do.
fn returned(scope: &mut v8::PinScope<'_, '_>, entry: &Entry<'_>, value: Value) -> Outcome {
    v8::tc_scope!(let scope, scope);
    let code = match entry {
        Entry::Module(_) => innerbox_bridge_node::exit_code(scope).ok().flatten(),
        Entry::Script { .. } => None,
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
