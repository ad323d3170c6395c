//! What belongs to a flow of control through promises, timers and host calls, and not to the stack.

use tracing::Span;

/// The async context of a script (V8's continuation-preserved embedder data) and the host's current span, as both were when
/// something was registered that runs later.
///
/// V8 keeps the context through promises alone: whatever else calls back into JavaScript takes the flow when the callback is
/// registered, and enters it around each call.
pub struct Flow {
    context: v8::Global<v8::Value>,
    span: Span,
}

impl Flow {
    /// The flow that is current.
    #[must_use]
    pub fn current(scope: &v8::PinScope<'_, '_>) -> Self {
        let context = v8::Global::new(scope, scope.get_continuation_preserved_embedder_data());
        Self { context, span: Span::current() }
    }

    /// The flow of what nobody in particular has asked for: without a context of the script's.
    #[must_use]
    pub fn outside(scope: &v8::PinScope<'_, '_>) -> Self {
        let context: v8::Local<v8::Value> = v8::undefined(scope).into();
        Self { context: v8::Global::new(scope, context), span: Span::current() }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Runs `body` in this flow, and goes back to the one before it, on errors too.
    pub fn enter<'s, 'i, R>(
        &self,
        scope: &mut v8::PinScope<'s, 'i>,
        body: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> R,
    ) -> R {
        let before = scope.get_continuation_preserved_embedder_data();
        scope.set_continuation_preserved_embedder_data(v8::Local::new(scope, &self.context));
        let result = self.span.in_scope(|| body(scope));
        scope.set_continuation_preserved_embedder_data(before);
        result
    }

    /// Leaves whatever flow a script has entered: at the end of each stretch of its own code, so that nothing else runs in it.
    pub fn leave(scope: &v8::PinScope<'_, '_>) {
        scope.set_continuation_preserved_embedder_data(v8::undefined(scope).into());
    }
}
