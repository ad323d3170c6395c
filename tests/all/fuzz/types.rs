//! WIT types of every kind, by chance.

use std::fmt::Write as _;

use crate::crossing::generate::Generator;

/// How deep types are nested.
const DEPTH_MAX: usize = 4;

/// Parts that all types of one package may have together, so that they stay small enough to be many.
const PARTS_MAX: usize = 60;

const SCALARS: [&str; 13] =
    ["bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64", "char", "string"];

/// Names that mean something to JavaScript besides those that do not.
const NAMES: [&str; 12] = [
    "a",
    "to-string",
    "value-of",
    "length",
    "constructor",
    "tag",
    "val",
    "then",
    "a-b-c",
    "x1",
    "has-own-property",
    "to-json",
];

/// WIT types, and the declarations of those that have names.
pub(super) struct Types {
    generator: Generator,
    /// Named types, as WIT text.
    pub(super) declarations: String,
    /// Their names.
    pub(super) names: Vec<String>,
    parts: usize,
}

impl Types {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            generator: Generator::new(spread(seed)),
            declarations: String::new(),
            names: Vec::new(),
            parts: 0,
        }
    }

    /// A type, as WIT text.
    pub(super) fn any(&mut self) -> String {
        self.parts = 0;
        self.at(0)
    }

    fn at(&mut self, depth: usize) -> String {
        self.parts += 1;
        if depth == DEPTH_MAX || self.parts > PARTS_MAX {
            return self.scalar();
        }
        match self.generator.below(11) {
            0 | 1 => self.scalar(),
            2 | 3 => format!("list<{}>", self.at(depth + 1)),
            4 => format!("option<{}>", self.at(depth + 1)),
            5 => self.result(depth),
            6 => format!("tuple<{}>", self.several(depth, 5).join(", ")),
            7 => {
                let fields = self.several(depth, 9);
                let fields = fields.iter().enumerate().map(|(index, ty)| format!("{}: {ty}", name(index)));
                let fields = fields.collect::<Vec<_>>().join(", ");
                self.declare("record", &fields)
            }
            8 => self.variant(depth),
            9 => {
                let cases = self.numbered("c", 300);
                self.declare("enum", &cases)
            }
            _ => {
                let names = self.numbered("b", 32);
                self.declare("flags", &names)
            }
        }
    }

    fn scalar(&mut self) -> String {
        SCALARS[self.generator.below(SCALARS.len())].to_owned()
    }

    fn several(&mut self, depth: usize, most: usize) -> Vec<String> {
        (0..=self.generator.below(most)).map(|_| self.at(depth + 1)).collect()
    }

    fn result(&mut self, depth: usize) -> String {
        match self.generator.below(4) {
            0 => "result".to_owned(),
            1 => format!("result<{}>", self.at(depth + 1)),
            2 => format!("result<_, {}>", self.at(depth + 1)),
            _ => format!("result<{}, {}>", self.at(depth + 1), self.at(depth + 1)),
        }
    }

    fn variant(&mut self, depth: usize) -> String {
        let count = 1 + self.generator.below(7);
        let mut cases = Vec::with_capacity(count);
        for index in 0..count {
            let payload = self.generator.below(3) > 0;
            cases.push(if payload {
                format!("{}({})", name(index), self.at(depth + 1))
            } else {
                name(index)
            });
        }
        self.declare("variant", &cases.join(", "))
    }

    /// Few names as a rule, and many now and then.
    fn numbered(&mut self, letter: &str, most: usize) -> String {
        let few = if self.generator.below(3) > 0 { 5 } else { most };
        let count = 1 + self.generator.below(few);
        (0..count).map(|index| format!("{letter}{index}")).collect::<Vec<_>>().join(", ")
    }

    fn declare(&mut self, kind: &str, members: &str) -> String {
        let name = format!("t{}", self.names.len());
        let _ = writeln!(self.declarations, "    {kind} {name} {{ {members} }}");
        self.names.push(name.clone());
        name
    }
}

/// The name of a member by its place; the mark tells WIT that it is no keyword.
fn name(index: usize) -> String {
    format!("%{}", NAMES[index])
}

/// Seeds that follow each other, as states that have nothing in common.
pub(super) fn spread(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)) | 1
}
