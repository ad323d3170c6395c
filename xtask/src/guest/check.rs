//! Whether a file is a component, whole and valid.

use anyhow::{Context, Result, bail};
use std::path::Path;
use wasmparser::{Parser, Validator, WasmFeatures};

/// Checks a component's bytes; `path` is for the message.
pub(crate) fn component(bytes: &[u8], path: &Path) -> Result<()> {
    if !Parser::is_component(bytes) {
        bail!("`{}` is no component", path.display());
    }
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    validator.validate_all(bytes).with_context(|| format!("`{}` is no valid component", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::component;
    use std::path::Path;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn an_empty_component_is_valid() {
        assert!(component(COMPONENT, Path::new("empty.wasm")).is_ok());
    }

    #[test]
    fn a_module_is_no_component() {
        let error = component(MODULE, Path::new("module.wasm")).map_err(|error| error.to_string());
        assert_eq!(error, Err("`module.wasm` is no component".to_owned()));
    }

    #[test]
    fn a_broken_component_is_refused() {
        let broken = [COMPONENT, b"\xff"].concat();
        let error = component(&broken, Path::new("broken.wasm")).map_err(|error| error.to_string());
        assert_eq!(error, Err("`broken.wasm` is no valid component".to_owned()));
    }
}
