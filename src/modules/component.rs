//! Modules that are components, as `modules` sees them.

use std::path::Path;

use innerbox_binding::Failure;

/// Gives the modules that are components. Implemented by what holds the components of a sandbox.
pub(crate) trait ComponentLoader {
    /// What the module that a script imports by this name exports; `None` where the name is that of no component.
    ///
    /// # Errors
    /// What `import` shall throw.
    fn named<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        name: &str,
    ) -> Result<Option<v8::Local<'s, v8::Object>>, Failure>;

    /// What the component in the file `path` exports, which the script may read and which holds `bytes`.
    ///
    /// # Errors
    /// What `import` shall throw.
    fn file<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        path: &Path,
        bytes: &[u8],
    ) -> Result<v8::Local<'s, v8::Object>, Failure>;
}
