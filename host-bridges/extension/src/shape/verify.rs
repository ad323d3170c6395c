//! What the direct door enters, held against what it is said to be.

use innerbox_bridge_component::plan::{CoreType, Plan};
use wasmtime::ValType;

use super::{Refusal, Shape, refuse};

/// Checks that the main module has every function by name, with the core signature that the plan gives it: the door
/// calls them without further checks.
pub(crate) fn verify(shape: &Shape, plan: &Plan, module: &wasmtime::Module) -> Result<(), Refusal> {
    for (function, core) in plan.functions.iter().zip(&shape.functions) {
        let signature = function.core_signature();
        expect(module, &core.name, &signature.params, &signature.results)?;
        if let Some(post_return) = &core.post_return {
            expect(module, post_return, &signature.results, &[])?;
        }
    }
    for destructor in shape.destructors.iter().flatten() {
        expect(module, destructor, &[CoreType::I32], &[])?;
    }
    if let Some(realloc) = &shape.realloc {
        expect(module, realloc, &[CoreType::I32; 4], &[CoreType::I32])?;
    }
    if let Some(initialize) = &shape.initialize {
        expect(module, initialize, &[], &[])?;
    }
    Ok(())
}

fn expect(
    module: &wasmtime::Module,
    name: &str,
    params: &[CoreType],
    results: &[CoreType],
) -> Result<(), Refusal> {
    let same = |found: &ValType, expected: &CoreType| {
        matches!(
            (found, expected),
            (ValType::I32, CoreType::I32)
                | (ValType::I64, CoreType::I64)
                | (ValType::F32, CoreType::F32)
                | (ValType::F64, CoreType::F64)
        )
    };
    let Some(wasmtime::ExternType::Func(found)) = module.get_export(name) else {
        return refuse(format!("its main module does not export a function `{name}`"));
    };
    let agrees = |found: Vec<ValType>, expected: &[CoreType]| {
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| same(found, expected))
    };
    if agrees(found.params().collect(), params) && agrees(found.results().collect(), results) {
        return Ok(());
    }
    refuse(format!("`{name}` has another core signature than its WIT"))
}
