//! Names that TypeScript accepts, each of them once.

use std::collections::HashSet;

/// What cannot be declared, or what a declaration would hide from the declarations around it.
const RESERVED: [&str; 78] = [
    // The words of the language, those of strict mode included.
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
    // What declarations are made of.
    "Array",
    "ArrayBuffer",
    "BigInt64Array",
    "BigUint64Array",
    "ComponentError",
    "DataView",
    "Disposable",
    "Float32Array",
    "Float64Array",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Omit",
    "ReadonlyArray",
    "Symbol",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    // Types that are written in lower case.
    "any",
    "bigint",
    "boolean",
    "never",
    "number",
    "object",
    "string",
    "symbol",
    "unknown",
    "globalThis",
];

/// The names of one scope.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A scope that has these names already.
    pub(super) fn beside<'n>(taken: impl IntoIterator<Item = &'n String>) -> Self {
        Self { taken: taken.into_iter().cloned().collect() }
    }

    /// A name as much like `wanted` as can be. WIT has no underscores, so one more makes another name.
    pub(super) fn claim(&mut self, wanted: &str) -> String {
        let mut name = identifier(wanted);
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }
}

/// The name itself, or another one where the language has it for itself.
pub(super) fn identifier(name: &str) -> String {
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// A text as a literal of the language.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => literal.extend(['\\', character]),
            character if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => {
                literal.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            character => literal.push(character),
        }
    }
    literal + "'"
}

#[cfg(test)]
mod tests {
    use super::{Names, quoted};

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::beside([&"add".to_owned()]);
        let claimed = ["add", "add", "delete", "Info", "Symbol"].map(|name| names.claim(name));
        assert_eq!(claimed, ["add_", "add__", "delete_", "Info", "Symbol_"]);
    }

    #[test]
    fn a_literal_ends_where_it_should() {
        assert_eq!(quoted("it's \\ a\nname"), r"'it\'s \\ a\u{a}name'");
    }
}
