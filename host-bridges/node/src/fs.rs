//! The functions under `node:fs`: each operation once for the caller's thread and once for the pool.

use innerbox_binding::{Arguments, EventLoop, Failure, Outcome, value};

use crate::State;
use crate::operations::{self, Operation};

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    let doors = Doors { now: v8::Object::new(scope), pooled: v8::Object::new(scope) };
    doors.define(scope, "readFile", operations::read_file);
    doors.define(scope, "writeFile", operations::write_file);
    doors.define(scope, "stat", operations::stat);
    doors.define(scope, "lstat", operations::lstat);
    doors.define(scope, "readdir", operations::readdir);
    doors.define(scope, "mkdir", operations::mkdir);
    doors.define(scope, "unlink", operations::unlink);
    doors.define(scope, "rmdir", operations::rmdir);
    doors.define(scope, "rm", operations::rm);
    doors.define(scope, "rename", operations::rename);
    doors.define(scope, "copyFile", operations::copy_file);
    doors.define(scope, "exists", operations::exists);
    doors.define(scope, "access", operations::access);
    value::set(scope, host, "now", doors.now.into());
    value::set(scope, host, "pooled", doors.pooled.into());
}

/// The two objects that hold the functions: those that answer, and those that give a promise.
struct Doors<'s> {
    now: v8::Local<'s, v8::Object>,
    pooled: v8::Local<'s, v8::Object>,
}

impl Doors<'_> {
    fn define<P>(&self, scope: &v8::PinScope<'_, '_>, name: &str, parse: P)
    where
        P: for<'c, 'i> Fn(&mut v8::PinScope<'c, 'i>, &Arguments<'c>, &State) -> Result<Operation, Failure>
            + Copy
            + 'static,
    {
        value::set_function(scope, self.now, name, move |scope, args| {
            let operation = parse(scope, &args, &*State::of(scope)?)?;
            operation.perform()?.into_js(scope)
        });
        value::set_function(scope, self.pooled, name, move |scope, args| {
            let operation = parse(scope, &args, &*State::of(scope)?)?.hold()?;
            pooled(scope, operation)
        });
    }
}

fn pooled<'s>(scope: &mut v8::PinScope<'s, '_>, operation: Operation) -> Outcome<'s> {
    let promise = EventLoop::of(scope)?.spawn(
        scope,
        move || operation.perform(),
        |scope, answer| answer?.into_js(scope),
    )?;
    Ok(promise.into())
}
