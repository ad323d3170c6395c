//! What was thrown, as a [`ScriptError`].
//!
//! Reading an exception may run the tenant's code (getters, `Error.prepareStackTrace`), so it is done before the run's
//! deadline is lifted, and every part that cannot be read is left out.

use innerbox_binding::{Failure, describe_exception, value::name};

use crate::error::{Position, ScriptError};

/// Most bytes of a message or a stack that are kept: a script chooses how long they are.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Most bytes of the source line of a position: a minified script is one line.
const SOURCE_LINE_BYTES_MAX: usize = 500;

/// Longest chain of causes that is followed; a cause may be its own cause.
const CAUSES_MAX: usize = 8;

/// The exception as an error of the run. `message` is what V8 noted where it was thrown, if that is known.
pub(crate) fn script_error(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: Option<v8::Local<v8::Message>>,
) -> Box<ScriptError> {
    v8::tc_scope!(let scope, scope);
    Box::new(read(scope, exception, message, CAUSES_MAX))
}

/// A failure of the host's own code, in one line.
pub(crate) fn describe(scope: &mut v8::PinScope<'_, '_>, failure: Failure) -> String {
    match failure.into_exception(scope) {
        Some(exception) => describe_exception(scope, exception),
        None => "it was terminated: its heap limit is too small".to_owned(),
    }
}

fn read(
    scope: &mut v8::PinScope<'_, '_>,
    exception: v8::Local<v8::Value>,
    message: Option<v8::Local<v8::Message>>,
    causes: usize,
) -> ScriptError {
    let message = message.unwrap_or_else(|| v8::Exception::create_message(scope, exception));
    let position = position(scope, message);
    let object = v8::Local::<v8::Object>::try_from(exception).ok();
    let Some((object, text)) = object.and_then(|object| Some((object, text(scope, object, "message")?)))
    else {
        return ScriptError {
            message: cut(describe_exception(scope, exception)),
            position,
            ..ScriptError::default()
        };
    };
    ScriptError {
        name: self::text(scope, object, "name").unwrap_or_else(|| "Error".to_owned()),
        message: text,
        code: self::text(scope, object, "code"),
        position,
        stack: self::text(scope, object, "stack"),
        cause: cause(scope, object, causes),
    }
}

fn cause(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    causes: usize,
) -> Option<Box<ScriptError>> {
    let cause = property(scope, object, "cause").filter(|cause| !cause.is_undefined())?;
    let causes = causes.checked_sub(1)?;
    let message = v8::Exception::create_message(scope, cause);
    Some(Box::new(read(scope, cause, Some(message), causes)))
}

fn property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<v8::Object>,
    key: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    object.get(scope, name(scope, key).into())
}

fn text(scope: &mut v8::PinScope<'_, '_>, object: v8::Local<v8::Object>, key: &str) -> Option<String> {
    let value = property(scope, object, key)?;
    let value = v8::Local::<v8::String>::try_from(value).ok()?;
    Some(bounded(scope, value, TEXT_BYTES_MAX))
}

/// The place that V8 noted.
pub(crate) fn position(
    scope: &mut v8::PinScope<'_, '_>,
    message: v8::Local<v8::Message>,
) -> Option<Position> {
    let file = v8::Local::<v8::String>::try_from(message.get_script_resource_name(scope)?).ok()?;
    let line = message.get_line_number(scope).filter(|line| *line > 0)?;
    let source_line = message.get_source_line(scope);
    Some(Position {
        file: bounded(scope, file, TEXT_BYTES_MAX),
        line,
        column: message.get_start_column() + 1,
        source_line: source_line.map(|text| bounded(scope, text, SOURCE_LINE_BYTES_MAX)).unwrap_or_default(),
    })
}

/// At most `most` bytes of a JavaScript string, cut before they are copied: it may be half a gigabyte long.
fn bounded(scope: &v8::PinScope<'_, '_>, text: v8::Local<v8::String>, most: usize) -> String {
    let mut bytes = vec![0; most.min(text.length() * 3)];
    let written = text.write_utf8_v2(scope, &mut bytes, v8::WriteFlags::kReplaceInvalidUtf8, None);
    bytes.truncate(written);
    String::from_utf8(bytes).unwrap_or_default()
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
