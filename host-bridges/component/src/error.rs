//! Faults and payloads as exceptions of the isolate's own realm.

use innerbox_binding::Failure;
use innerbox_binding::prelude::{self, Source, no_natives};
use innerbox_binding::value::{name, string};

use crate::bridge::Bridge;
use crate::fault::Fault;
use crate::payload;

static SOURCES: &[Source] = &[Source {
    name: "component/errors",
    text: prelude::text(include_str!("errors.js")),
    natives: no_natives,
}];

/// What a snapshot with the classes of [`define_errors`](crate::define_errors) refers to.
#[must_use]
pub fn references() -> Vec<v8::ExternalReference> {
    prelude::text_references(SOURCES)
}

/// Makes the errors, of the classes that the current context has.
pub(crate) struct Errors;

/// One of the classes of `errors.js`.
struct Described<'s> {
    class: &'static str,
    message: String,
    code: &'static str,
    details: Vec<(&'static str, v8::Local<'s, v8::Value>)>,
    frames: Vec<String>,
}

impl Errors {
    /// Defines the classes on the global object.
    pub(crate) fn define(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
        prelude::register(scope, SOURCES)?;
        prelude::load(scope, SOURCES[0].name).map(drop)
    }

    /// Tells the current context, which has the classes, where they come from.
    pub(crate) fn attach(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
        prelude::register(scope, SOURCES)
    }

    /// The exception for a fault of a component; [`Failure::Pending`] where the run itself is being ended.
    pub(crate) fn fault(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        component: &str,
        export: &str,
        fault: &Fault,
    ) -> Failure {
        let described = match fault {
            // V8 notices on entry to `make`: the termination is pending from there on, and this error never made. It is
            // thrown where the watchdog has told the component and not yet V8.
            Fault::Terminated => Described {
                class: "LimitError",
                message: format!("`{export}`: the run is being ended"),
                code: "ERR_LIMIT",
                details: self.origin(scope, component, export),
                frames: Vec::new(),
            },
            Fault::Thrown => return Failure::Pending,
            Fault::Raised { call, text } => {
                let raised = Bridge::of(scope).ok().and_then(|bridge| bridge.outstanding.raised(*call));
                return match raised {
                    Some(exception) => Failure::Thrown(Box::new(exception)),
                    None => self.fault(scope, component, export, &Fault::abi(text.clone())),
                };
            }
            Fault::Busy => {
                return Failure::error(format!(
                    "`{export}`: component `{component}` is already running a call"
                ))
                .code("ERR_COMPONENT_BUSY");
            }
            Fault::Trap { message, frames } => Described {
                class: "TrapError",
                message: format!("`{export}`: component `{component}` trapped: {message}"),
                code: "ERR_TRAP",
                details: self.origin(scope, component, export),
                frames: frames.iter().map(|frame| format!("    at {frame} (wasm {component})")).collect(),
            },
            Fault::Limit { which, used, allowed, unit } => {
                let mut details = self.origin(scope, component, export);
                let (limit, used_value) = (string(scope, which), v8::Number::new(scope, *used as f64));
                let allowed_value = v8::Number::new(scope, *allowed as f64);
                details.extend([
                    ("limit", limit.into()),
                    ("used", used_value.into()),
                    ("allowed", allowed_value.into()),
                ]);
                Described {
                    class: "LimitError",
                    message: limit_message(component, export, which, *used, *allowed, unit),
                    code: "ERR_LIMIT",
                    details,
                    frames: Vec::new(),
                }
            }
        };
        self.make(scope, described)
    }

    /// The exception for the error case of a function's `result`.
    pub(crate) fn payload<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        component: &str,
        export: &str,
        payload: v8::Local<'s, v8::Value>,
    ) -> Failure {
        let text = payload::text(scope, payload);
        let mut details = vec![("payload", payload)];
        details.extend(self.origin(scope, component, export));
        let message =
            if text.is_empty() { format!("`{export}` failed") } else { format!("`{export}`: {text}") };
        self.make(
            scope,
            Described {
                class: "ComponentError",
                message,
                code: "ERR_COMPONENT",
                details,
                frames: Vec::new(),
            },
        )
    }

    fn origin<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        component: &str,
        export: &str,
    ) -> Vec<(&'static str, v8::Local<'s, v8::Value>)> {
        vec![("component", string(scope, component).into()), ("export", string(scope, export).into())]
    }

    fn make<'s>(&self, scope: &mut v8::PinScope<'s, '_>, described: Described<'s>) -> Failure {
        let mut details: Vec<v8::Local<v8::Value>> = Vec::with_capacity(2 * described.details.len());
        for (key, value) in described.details {
            details.extend([name(scope, key).into(), value]);
        }
        let arguments = [
            string(scope, described.class).into(),
            string(scope, &described.message).into(),
            string(scope, described.code).into(),
            v8::Array::new_with_elements(scope, &details).into(),
            string(scope, &described.frames.join("\n")).into(),
        ];
        let make = match prelude::export(scope, SOURCES[0].name, "make") {
            Ok(make) => v8::Local::<v8::Function>::try_from(make).ok(),
            Err(failure) => return failure,
        };
        let receiver = v8::undefined(scope).into();
        match make.and_then(|make| make.call(scope, receiver, &arguments)) {
            Some(error) => Failure::thrown(scope, error),
            None => Failure::Pending,
        }
    }
}

fn limit_message(component: &str, export: &str, which: &str, used: u64, allowed: u64, unit: &str) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    format!(
        "`{export}`: component `{component}` reached its limit of {which}: {used}{unit} wanted, {allowed} allowed"
    )
}
