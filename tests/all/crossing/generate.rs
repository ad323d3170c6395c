//! Values of any type, the edges first.

use wasmtime::component::{Type, Val};

/// A small deterministic generator (xorshift64*): a failing case fails again.
pub(crate) struct Generator {
    state: u64,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Arguments for a function; the first rounds take the edges of scalars.
    pub(crate) fn params(&mut self, types: &[Type], round: usize) -> Vec<Val> {
        types.iter().map(|ty| self.value(ty, round)).collect()
    }

    /// Any 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// One of the edges in the first rounds, any bits later.
    fn bits(&mut self, edges: &[u64], round: usize) -> u64 {
        edges.get(round).copied().unwrap_or_else(|| self.next() >> (self.below(8) * 8))
    }

    fn value(&mut self, ty: &Type, round: usize) -> Val {
        const UNSIGNED: [u64; 4] = [0, 1, u64::MAX, u64::MAX >> 1];
        const SIGNED: [u64; 5] = [0, 1, u64::MAX, 1 << 63, i64::MAX as u64];
        let signed = |bits: u64, width: u32| {
            // The edges of 64 bits become the edges of the narrower type.
            if round < SIGNED.len() { (bits as i64) >> (64 - width) } else { bits as i64 }
        };
        match ty {
            Type::Bool => Val::Bool(self.bits(&[0, 1], round) & 1 == 1),
            Type::U8 => Val::U8(self.bits(&UNSIGNED, round) as u8),
            Type::U16 => Val::U16(self.bits(&UNSIGNED, round) as u16),
            Type::U32 => Val::U32(self.bits(&UNSIGNED, round) as u32),
            Type::U64 => Val::U64(self.bits(&UNSIGNED, round)),
            Type::S8 => Val::S8(signed(self.bits(&SIGNED, round), 8) as i8),
            Type::S16 => Val::S16(signed(self.bits(&SIGNED, round), 16) as i16),
            Type::S32 => Val::S32(signed(self.bits(&SIGNED, round), 32) as i32),
            Type::S64 => Val::S64(self.bits(&SIGNED, round) as i64),
            Type::Float32 => Val::Float32(self.f32(round)),
            Type::Float64 => Val::Float64(self.f64(round)),
            Type::Char => Val::Char(self.char(round)),
            Type::String => Val::String(self.string(round)),
            Type::List(list) => {
                let element = list.ty();
                let length = self.length(round);
                Val::List((0..length).map(|_| self.value(&element, usize::MAX)).collect())
            }
            Type::Record(record) => {
                let fields = record.fields().map(|f| (f.name.to_owned(), f.ty)).collect::<Vec<_>>();
                Val::Record(fields.into_iter().map(|(name, ty)| (name, self.value(&ty, round))).collect())
            }
            Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| self.value(&ty, round)).collect()),
            Type::Variant(variant) => {
                let cases = variant.cases().map(|case| (case.name.to_owned(), case.ty)).collect::<Vec<_>>();
                let (name, ty) = cases[self.choose(cases.len(), round)].clone();
                Val::Variant(name, ty.map(|ty| Box::new(self.value(&ty, usize::MAX))))
            }
            Type::Enum(names) => {
                let names = names.names().map(str::to_owned).collect::<Vec<_>>();
                Val::Enum(names[self.choose(names.len(), round)].clone())
            }
            Type::Option(option) => {
                let some = self.choose(2, round) == 1;
                Val::Option(some.then(|| Box::new(self.value(&option.ty(), usize::MAX))))
            }
            Type::Result(result) => {
                let ok = self.choose(2, round) == 1;
                let mut payload = |ty: Option<Type>| ty.map(|ty| Box::new(self.value(&ty, usize::MAX)));
                Val::Result(if ok { Ok(payload(result.ok())) } else { Err(payload(result.err())) })
            }
            Type::Flags(flags) => {
                let names = flags.names().map(str::to_owned).collect::<Vec<_>>();
                let bits = self.bits(&[0, u64::MAX], round);
                let set = names.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
                Val::Flags(set.map(|(_, name)| name).collect())
            }
            other => panic!("no values of {other:?}"),
        }
    }

    /// Every choice in turn first, then any.
    fn choose(&mut self, choices: usize, round: usize) -> usize {
        if round < choices { round } else { self.below(choices) }
    }

    fn length(&mut self, round: usize) -> usize {
        match round {
            0 => 0,
            1 => 1,
            2 => 1000,
            _ => self.below(9),
        }
    }

    fn f32(&mut self, round: usize) -> f32 {
        const EDGES: [f32; 9] = [
            0.0,
            -0.0,
            1.5,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            f32::MIN_POSITIVE,
            f32::MAX,
            f32::EPSILON,
        ];
        EDGES
            .get(round)
            .copied()
            .unwrap_or_else(|| one_nan(f32::from_bits(self.next() as u32), f32::is_nan, f32::NAN))
    }

    fn f64(&mut self, round: usize) -> f64 {
        const EDGES: [f64; 9] = [
            0.0,
            -0.0,
            1.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::EPSILON,
        ];
        EDGES
            .get(round)
            .copied()
            .unwrap_or_else(|| one_nan(f64::from_bits(self.next()), f64::is_nan, f64::NAN))
    }

    fn char(&mut self, round: usize) -> char {
        const EDGES: [char; 8] = ['\0', 'a', '\u{7f}', '\u{80}', 'ä', '\u{d7ff}', '\u{e000}', '\u{10ffff}'];
        EDGES.get(round).copied().unwrap_or_else(|| {
            let limit = [0x80, 0x100, 0x10000, 0x0011_0000][self.below(4)];
            char::from_u32(self.below(limit) as u32).unwrap_or('\u{fffd}')
        })
    }

    fn string(&mut self, round: usize) -> String {
        let length = self.length(round);
        (0..length).map(|_| self.char(usize::MAX)).collect()
    }
}

/// JavaScript has one NaN, so only its bits can come to lie in a component's memory.
fn one_nan<F: Copy>(number: F, is_nan: fn(F) -> bool, nan: F) -> F {
    if is_nan(number) { nan } else { number }
}
