//! Runs a script in an isolate of its own, with what a test installs, and gives all that it printed.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Once;

use innerbox_binding::{EventLoop, Failure, LoopLimits, OrPending, Turn, describe_exception, value};
use innerbox_bridge_web::{ConsoleSink, Stream};

/// Collects what both streams are given.
#[derive(Clone, Default)]
pub(crate) struct Printed(Rc<RefCell<String>>);

impl ConsoleSink for Printed {
    fn write(&mut self, _: Stream, text: &str) {
        self.0.borrow_mut().push_str(text);
    }
}

/// Runs `script` until nothing is left to wait for. An exception is printed as `Uncaught ...`.
pub(crate) fn run(
    script: &str,
    install: impl FnOnce(&mut v8::PinScope<'_, '_>, Printed) -> Result<(), Failure>,
) -> String {
    start_v8();
    let printed = Printed::default();
    let mut isolate = v8::Isolate::new(v8::CreateParams::default());
    isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
    EventLoop::install(&mut isolate, LoopLimits::default());
    {
        v8::scope!(let scope, &mut isolate);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        install(scope, printed.clone()).unwrap_or_else(|failure| panic!("install: {failure:?}"));
        v8::tc_scope!(let scope, scope);
        if let Err(failure) = evaluate(scope, script) {
            let exception = match failure.into_exception(scope) {
                Some(exception) => Some(exception),
                None => scope.exception(),
            };
            let text = exception
                .map_or_else(|| "terminated".to_owned(), |exception| describe_exception(scope, exception));
            printed.clone().write(Stream::Err, &format!("Uncaught {text}\n"));
        }
        if let Ok(events) = EventLoop::of(scope) {
            events.close();
        }
    }
    drop(isolate);
    printed.0.take()
}

fn evaluate(scope: &mut v8::PinScope<'_, '_>, script: &str) -> Result<(), Failure> {
    let source = value::string(scope, script);
    let name = value::string(scope, "test.js");
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, None, false, false, false, None);
    let script = v8::Script::compile(scope, source, Some(&origin)).or_pending()?;
    script.run(scope).or_pending()?;
    scope.perform_microtask_checkpoint();
    let events = EventLoop::of(scope)?;
    while events.turn(scope, None)? != Turn::Idle {}
    Ok(())
}

fn start_v8() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // Test threads are older than V8, and a protected platform would shut them out of its memory.
        let platform = v8::new_unprotected_default_platform(2, false).make_shared();
        v8::V8::initialize_platform(platform);
        v8::V8::initialize();
    });
}
