//! Core modules that break the canonical ABI in every way that chance finds.

use std::fmt::Write as _;

use wit_parser::abi::{AbiVariant, WasmSignature};
use wit_parser::{InterfaceId, Resolve, WorldId, WorldItem};

use super::hostile::{Sample, Whose};
use super::image::{core, encode};
use crate::crossing::generate::Generator;

/// What one component is about.
pub(super) struct World<'a> {
    pub(super) types: Vec<&'a Sample>,
    /// Whether it imports functions that JavaScript gives.
    pub(super) imports: bool,
}

impl World<'_> {
    /// True where JavaScript gives a function of this type.
    pub(super) fn gives(&self, sample: &Sample) -> bool {
        self.imports && sample.of != Whose::Component
    }

    fn wit(&self) -> String {
        let (mut host, mut guest) = (String::new(), String::new());
        for (index, sample) in self.types.iter().enumerate() {
            let ty = sample.wit;
            let _ = writeln!(guest, "    take{index}: func(value: {ty}) -> u32;");
            let _ = writeln!(guest, "    give{index}: func() -> {ty};");
            let _ = writeln!(guest, "    both{index}: func(value: {ty}, text: string) -> {ty};");
            let _ = writeln!(guest, "    fail{index}: func() -> result<{ty}, string>;");
            if self.gives(sample) {
                let _ = writeln!(host, "    host{index}: func(value: {ty}) -> {ty};");
            }
        }
        let (sink, uses, import) = match self.imports {
            true => (
                "    resource sink { constructor(n: u32); size: func() -> u32; }\n",
                "    use host.{rec, vari, col, fla, sink};\n",
                "import host; ",
            ),
            false => ("", "    use host.{rec, vari, col, fla};\n", ""),
        };
        format!(
            "package test:evil;
             interface host {{
                 record rec {{ a: u8, b: string, c: f64, d: list<string>, e: option<char> }}
                 variant vari {{ n, a(u32), s(string), l(list<u8>), c(char) }}
                 enum col {{ r, g, b }}
                 flags fla {{ x, y, z }}
             {sink}{host}}}
             interface guest {{
             {uses}    resource thing {{ constructor(n: u32); get: func(other: borrow<thing>) -> u32; make: static func() -> thing; }}
             {guest}}}
             world evil {{ {import}export guest; }}"
        )
    }
}

/// A component, and the text of it for a report.
pub(super) fn component(world: &World<'_>, chance: &mut Generator) -> (String, Vec<u8>) {
    let mut texts = String::new();
    let wit = world.wit();
    let bytes = encode(&wit, |resolve, id| {
        texts = Writer::new(chance).module(resolve, id);
        texts.clone()
    });
    (format!("{wit}\n{texts}"), bytes)
}

/// Words that lie where something is right or wrong by one.
const WORDS: [u32; 22] = [
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    16,
    255,
    256,
    0xd800,
    0x0010_ffff,
    0x0011_0000,
    65528,
    65532,
    65535,
    65536,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    0xffff_ffff,
];

/// Bytes at the start of the memory that are filled with such words.
const FILLED: usize = 1024;

struct Writer<'a> {
    chance: &'a mut Generator,
    text: String,
    /// Names of what may be called, with their core signatures.
    callable: Vec<(String, Vec<&'static str>, Vec<&'static str>)>,
    /// Calls of imports are refused in `realloc` and the like: there they are rare.
    leaving: usize,
}

impl<'a> Writer<'a> {
    fn new(chance: &'a mut Generator) -> Self {
        Self { chance, text: "(module\n".to_owned(), callable: Vec::new(), leaving: 3 }
    }

    fn module(mut self, resolve: &Resolve, world: WorldId) -> String {
        for item in resolve.worlds[world].imports.values() {
            if let WorldItem::Interface { id, .. } = item {
                self.imports(resolve, *id);
            }
        }
        for (name, result) in [("new", " (result i32)"), ("rep", " (result i32)"), ("drop", "")] {
            let _ = writeln!(
                self.text,
                "(import \"[export]test:evil/guest\" \"[resource-{name}]thing\" (func $thing-{name} (param i32){result}))"
            );
            let results = if result.is_empty() { vec![] } else { vec!["i32"] };
            self.callable.push((format!("thing-{name}"), vec!["i32"], results));
        }
        self.memory();
        self.realloc();
        for item in resolve.worlds[world].exports.values() {
            if let WorldItem::Interface { id, .. } = item {
                self.exports(resolve, *id);
            }
        }
        self.text.push(')');
        self.text
    }

    fn imports(&mut self, resolve: &Resolve, interface: InterfaceId) {
        let module = resolve.id_of(interface).unwrap();
        let functions = &resolve.interfaces[interface].functions;
        for (index, function) in functions.values().enumerate() {
            let WasmSignature { params, results, .. } =
                resolve.wasm_signature(AbiVariant::GuestImport, function);
            let (name, params, results) = (format!("import{index}"), core(&params), core(&results));
            let _ = writeln!(
                self.text,
                "(import \"{module}\" \"{}\" (func ${name} (param {}) (result {})))",
                function.name,
                params.join(" "),
                results.join(" ")
            );
            self.callable.push((name, params, results));
        }
        if !functions.is_empty() {
            let _ = writeln!(
                self.text,
                "(import \"{module}\" \"[resource-drop]sink\" (func $sink-drop (param i32)))"
            );
            self.callable.push(("sink-drop".to_owned(), vec!["i32"], vec![]));
        }
    }

    fn memory(&mut self) {
        // Without a page there is no place at all: even the empty string has to be put somewhere.
        let pages = [0, 1, 1, 1, 1, 2][self.chance.below(6)];
        let _ = writeln!(
            self.text,
            "(memory (export \"memory\") {pages})\n(global $handle (mut i32) (i32.const 0))"
        );
        let _ = writeln!(
            self.text,
            "(global $next (mut i32) (i32.const {FILLED}))\n(global $times (mut i32) (i32.const 0))"
        );
        if pages > 0 {
            let bytes: String = (0..FILLED / 4)
                .flat_map(|_| self.filling().to_le_bytes())
                .map(|byte| format!("\\{byte:02x}"))
                .collect();
            let _ = writeln!(self.text, "(data (i32.const 0) \"{bytes}\")");
        }
    }

    /// A word of the filled memory: small numbers and pointers into it make deep answers that are right.
    fn filling(&mut self) -> u32 {
        match self.chance.below(10) {
            0..=3 => self.chance.below(4) as u32,
            4..=6 => self.place(),
            7 => u32::from_le_bytes(*b"text"),
            8 => u32::from_le_bytes(*b"\xf0\x9f\xa6\x80"),
            _ => self.word(),
        }
    }

    fn place(&mut self) -> u32 {
        8 * self.chance.below(FILLED / 8 - 16) as u32
    }

    fn word(&mut self) -> u32 {
        match self.chance.below(4) {
            0 => self.chance.next() as u32,
            1 => self.chance.below(70_000) as u32,
            _ => WORDS[self.chance.below(WORDS.len())],
        }
    }

    fn realloc(&mut self) {
        let good = "(global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3)))";
        let early = self.chance.below(6);
        self.leaving = 1;
        let odd = self.statements(1);
        let answer = match self.chance.below(12) {
            0..=5 => good.to_owned(),
            6 => format!("(i32.const {})", self.word().cast_signed()),
            7 => format!("(i32.const {})", self.place()),
            8 => "(i32.const 1025)".to_owned(),
            9 => format!("(drop (memory.grow (i32.const 1))) {good}"),
            10 => "(i32.sub (i32.mul (memory.size) (i32.const 65536)) (local.get 3))".to_owned(),
            _ => "(i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))".to_owned(),
        };
        let _ = writeln!(
            self.text,
            "(func $realloc (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
               (global.set $times (i32.add (global.get $times) (i32.const 1)))
               (if (i32.eq (global.get $times) (i32.const {early})) (then {odd})) {answer})"
        );
        self.leaving = 3;
    }

    fn exports(&mut self, resolve: &Resolve, interface: InterfaceId) {
        let module = resolve.id_of(interface).unwrap();
        for function in resolve.interfaces[interface].functions.values() {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let (params, results, name) = (core(&signature.params), core(&signature.results), &function.name);
            let count = self.chance.below(4);
            let body = self.statements(count);
            let answer: String = results.iter().map(|ty| self.value(ty, &params)).collect();
            let (params_text, results_text) = (params.join(" "), results.join(" "));
            let _ = writeln!(
                self.text,
                "(func (export \"{module}#{name}\") (param {params_text}) (result {results_text}) {body} {answer})"
            );
            if signature.retptr && self.chance.below(3) == 0 {
                self.leaving = 1;
                let body = self.statements(1);
                self.leaving = 3;
                let _ = writeln!(
                    self.text,
                    "(func (export \"cabi_post_{module}#{name}\") (param {results_text}) {body})"
                );
            }
        }
        let count = self.chance.below(2);
        let body = self.statements(count);
        let _ = writeln!(self.text, "(func (export \"{module}#[dtor]thing\") (param i32) {body})");
    }

    fn statements(&mut self, count: usize) -> String {
        (0..count).map(|_| self.statement() + "\n").collect()
    }

    fn statement(&mut self) -> String {
        match self.chance.below(24) {
            0 => "unreachable".to_owned(),
            1 if self.chance.below(8) == 0 => "(loop $again (br $again))".to_owned(),
            2 | 3 => {
                let pages = [1, 1, 1, 100, 1000, 65535][self.chance.below(6)];
                format!("(drop (memory.grow (i32.const {pages})))")
            }
            4..=8 => format!(
                "(i32.store (i32.const {}) (i32.const {}))",
                self.place(),
                self.filling().cast_signed()
            ),
            9..=12 => format!("(i32.store (i32.const {}) (global.get $handle))", self.place()),
            13 => format!("(i32.store (i32.const {}) (i32.const 0))", self.word().cast_signed()),
            14..=16 => format!("(global.set $handle (call $thing-new {}))", self.value("i32", &[])),
            kind if kind < 17 + self.leaving * 2 => self.call(),
            _ => String::new(),
        }
    }

    fn call(&mut self) -> String {
        let (name, params, results) = self.callable[self.chance.below(self.callable.len())].clone();
        let arguments: String = params.iter().map(|ty| self.value(ty, &[])).collect();
        let drops = "(drop)".repeat(results.len());
        format!("(call ${name} {arguments}) {drops}").replace("(drop)", "drop ")
    }

    /// A core value: of an i32, also what was given, a handle or a pointer.
    fn value(&mut self, ty: &str, params: &[&str]) -> String {
        match ty {
            "i64" => format!("(i64.const {})", self.chance.next().cast_signed()),
            "f32" => {
                format!("(f32.reinterpret_i32 (i32.const {}))", (self.chance.next() as u32).cast_signed())
            }
            "f64" => format!("(f64.reinterpret_i64 (i64.const {}))", self.chance.next().cast_signed()),
            _ => match self.chance.below(8) {
                0..=3 => format!("(i32.const {})", self.place()),
                4 | 5 => "(global.get $handle)".to_owned(),
                6 if params.first() == Some(&"i32") => "(local.get 0)".to_owned(),
                6 => format!("(i32.const {})", self.chance.below(3)),
                _ => format!("(i32.const {})", self.word().cast_signed()),
            },
        }
    }
}
