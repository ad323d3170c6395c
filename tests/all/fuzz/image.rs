//! Components for any WIT types, made while the test runs.
//!
//! A value whose function has more than 16 core parameters comes through memory as one pointer, and a result of the same type
//! goes back as one pointer to the same layout: so the identity of an `i32` gives back a value of any type. What lies
//! in memory is summed up by another function, and must be what wasmtime's own component API puts there.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldId};

/// Seventeen more parameters, so that all of them come through memory.
const MORE_PARAMS: usize = 17;

const MEMORY: &str = r#"
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $reset
    (memory.fill (i32.const 1024) (i32.const 0) (i32.sub (global.get $next) (i32.const 1024)))
    (global.set $next (i32.const 1024)))
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (if (i32.eqz (local.get 3)) (then (return (local.get 2))))
    (local.set $at (i32.and
      (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get 2))))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (block $enough (loop $more
      (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
      (br $more)))
    (local.get $at))
  ;; Of all that lies in memory.
  (func $sum (param $sum i64) (result i64) (local $at i32)
    (local.set $at (i32.const 1024))
    (loop $more
      (local.set $sum (call $mix (local.get $sum) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $more (i32.lt_u (local.get $at) (global.get $next))))
    (call $reset)
    (local.get $sum))
  (func $mix (param i64 i64) (result i64)
    (i64.mul (i64.rotl (i64.xor (local.get 0) (local.get 1)) (i64.const 23)) (i64.const 0x100000001b3)))
"#;

/// An interface `echo` with functions for each type: `echo` gives back its first argument and seventeen bytes; `image` sums up what
/// the same arguments are in memory; `flat` what the one argument is in core values and memory.
pub(super) fn echoing(declarations: &str, types: &[String]) -> (String, Vec<u8>) {
    let more = (0..MORE_PARAMS).map(|index| format!(", p{index}: u8")).collect::<String>();
    let bytes = ", u8".repeat(MORE_PARAMS);
    let mut functions = String::new();
    for (index, ty) in types.iter().enumerate() {
        let _ = writeln!(functions, "    echo{index}: func(value: {ty}{more}) -> tuple<{ty}{bytes}>;");
        let _ = writeln!(functions, "    image{index}: func(value: {ty}{more}) -> u64;");
        let _ = writeln!(functions, "    flat{index}: func(value: {ty}) -> u64;");
    }
    let wit = format!(
        "package test:fuzz;\ninterface echo {{\n{declarations}{functions}}}\nworld fuzz {{ export echo; }}\n"
    );
    let component = encode(&wit, |resolve, world| module(resolve, world, &[]));
    (wit, component)
}

/// An interface `relay` whose functions hand their arguments to functions of JavaScript's, and give back what those give.
pub(super) fn relaying(declarations: &str, names: &[String], types: &[String]) -> (String, Vec<u8>) {
    let (mut host, mut relay) = (String::new(), String::new());
    for (index, ty) in types.iter().enumerate() {
        let _ = writeln!(host, "    mirror{index}: func(value: {ty}) -> tuple<{ty}>;");
        let _ = writeln!(relay, "    relay{index}: func(value: {ty}) -> tuple<{ty}>;");
    }
    let uses =
        if names.is_empty() { String::new() } else { format!("    use host.{{{}}};\n", names.join(", ")) };
    let wit = format!(
        "package test:fuzz;\ninterface host {{\n{declarations}{host}}}\ninterface relay {{\n{uses}{relay}}}\n\
         world fuzz {{ import host; export relay; }}\n"
    );
    let component = encode(&wit, |resolve, world| {
        let host = resolve.packages.iter().next().unwrap().1.interfaces["host"];
        let signatures = resolve.interfaces[host].functions.values();
        let imports: Vec<_> = signatures
            .map(|function| {
                let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
                (function.name.clone(), core(&signature.params), core(&signature.results))
            })
            .collect();
        module(resolve, world, &imports)
    });
    (wit, component)
}

/// The component of a WIT package with one world, and a core module for it.
pub(super) fn encode(wit: &str, module: impl FnOnce(&Resolve, WorldId) -> String) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("fuzz.wit", wit).unwrap_or_else(|error| panic!("{error:?}\n{wit}"));
    let world = resolve.select_world(&[package], None).unwrap();
    let text = module(&resolve, world);
    let mut core = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().validate(true).module(&core);
    encoder
        .and_then(|mut encoder| encoder.encode())
        .unwrap_or_else(|error| panic!("{error:?}\n{wit}\n{text}"))
}

type Import = (String, Vec<&'static str>, Vec<&'static str>);

/// The core module of either world.
fn module(resolve: &Resolve, world: WorldId, imports: &[Import]) -> String {
    let mut text = "(module\n".to_owned();
    for (name, params, results) in imports {
        let _ = writeln!(
            text,
            "  (import \"test:fuzz/host\" \"{name}\" (func ${name} (param {}) (result {})))",
            params.join(" "),
            results.join(" ")
        );
    }
    text.push_str(MEMORY);
    for item in resolve.worlds[world].exports.values() {
        let wit_parser::WorldItem::Interface { id, .. } = item else { continue };
        let interface = resolve.id_of(*id).unwrap();
        for function in resolve.interfaces[*id].functions.values() {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let (params, name) = (core(&signature.params), &function.name);
            let (kind, number) = name.split_at(name.find(|c: char| c.is_ascii_digit()).unwrap());
            let import = imports.iter().find(|(import, ..)| *import == format!("mirror{number}"));
            let (result, body) = match (kind, import) {
                ("echo", _) => ("i32", "(local.get 0)".to_owned()),
                ("relay", Some(import)) => (core(&signature.results)[0], relay(import, params.len())),
                _ => ("i64", sum(&params)),
            };
            let _ = writeln!(
                text,
                "  (func (export \"{interface}#{name}\") (param {}) (result {result}) (local $at i32) {body})",
                params.join(" ")
            );
            if kind == "echo" || kind == "relay" {
                let _ = writeln!(
                    text,
                    "  (func (export \"cabi_post_{interface}#{name}\") (param {result}) (call $reset))"
                );
            }
        }
    }
    text.push(')');
    text
}

/// Calls the import with the parameters as they are, and with a place for its result where it wants one.
fn relay((name, wanted, results): &Import, params: usize) -> String {
    let arguments = (0..params).map(|index| format!("(local.get {index})")).collect::<String>();
    match results.as_slice() {
        [] if wanted.len() > params => {
            format!(
                "(local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 16384))) (call ${name} {arguments} (local.get $at)) (local.get $at)"
            )
        }
        _ => format!("(call ${name} {arguments})"),
    }
}

/// Sums up core values, then the memory.
fn sum(params: &[&str]) -> String {
    let mut sum = "(i64.const 1)".to_owned();
    for (index, ty) in params.iter().enumerate() {
        let bits = match *ty {
            "i64" => format!("(local.get {index})"),
            "f64" => format!("(i64.reinterpret_f64 (local.get {index}))"),
            "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 (local.get {index})))"),
            _ => format!("(i64.extend_i32_u (local.get {index}))"),
        };
        sum = format!("(call $mix {sum} {bits})");
    }
    format!("(call $sum {sum})")
}

pub(super) fn core(types: &[WasmType]) -> Vec<&'static str> {
    let name = |ty: &WasmType| match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    };
    types.iter().map(name).collect()
}
