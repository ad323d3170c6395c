//! `node:async_hooks`: V8's own functions for the async context, which no script can reach.

use innerbox_binding::value;

/// What V8 calls them on its extras object, and what the source calls them.
const FUNCTIONS: [(&str, &str); 2] = [
    ("getContinuationPreservedEmbedderData", "currentFrame"),
    ("setContinuationPreservedEmbedderData", "setFrame"),
];

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    let extras = scope.get_current_context().get_extras_binding_object(scope);
    for (name, called) in FUNCTIONS {
        if let Some(function) = value::get(scope, extras, name) {
            value::set(scope, host, called, function);
        }
    }
}
