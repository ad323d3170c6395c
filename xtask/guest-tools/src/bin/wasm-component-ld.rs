//! The linker that makes components: the program of the same name.

fn main() {
    wasm_component_ld::main();
}
