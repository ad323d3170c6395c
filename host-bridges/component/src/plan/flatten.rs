//! The core WebAssembly signature of an exported function, by the canonical ABI's rules of flattening.

use super::{Cases, FLAT_PARAMS_MAX, Function, Kind, Returns, Scalar, Type};

/// A type of core WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

/// A core function's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreSignature {
    /// Types of its parameters.
    pub params: Vec<CoreType>,
    /// Types of its results: none or one.
    pub results: Vec<CoreType>,
}

impl Function {
    /// The signature that the core function behind this export must have: what does not fit one core value is returned
    /// as a pointer to it.
    pub fn core_signature(&self) -> CoreSignature {
        let mut signature = self.flat_signature();
        if signature.results.len() > 1 {
            signature.results = vec![CoreType::I32];
        }
        signature
    }

    /// The signature that the core function of this import has: what does not fit one core value is written where the last
    /// parameter points.
    pub fn import_signature(&self) -> CoreSignature {
        let mut signature = self.flat_signature();
        if signature.results.len() > 1 {
            signature.params.push(CoreType::I32);
            signature.results = Vec::new();
        }
        signature
    }

    fn flat_signature(&self) -> CoreSignature {
        // A type can have more core values than fit any memory, so none are listed that are not needed.
        let params = match self.flat_params {
            0..=FLAT_PARAMS_MAX => {
                let mut params = Vec::new();
                self.params.iter().for_each(|param| flatten(&param.ty, &mut params));
                params
            }
            _ => vec![CoreType::I32],
        };
        let mut results = Vec::new();
        if let Returns::Value(ty) | Returns::OrThrows(ty) = &self.result {
            match ty.flat {
                0 | 1 => flatten(ty, &mut results),
                _ => results = vec![CoreType::I32; 2],
            }
        }
        CoreSignature { params, results }
    }
}

fn flatten(ty: &Type, to: &mut Vec<CoreType>) {
    match &ty.kind {
        Kind::Scalar(Scalar::S64 | Scalar::U64) => to.push(CoreType::I64),
        Kind::Scalar(Scalar::F32) => to.push(CoreType::F32),
        Kind::Scalar(Scalar::F64) => to.push(CoreType::F64),
        Kind::Scalar(_)
        | Kind::Flags(_)
        | Kind::Enum(_)
        | Kind::Own(_)
        | Kind::Borrow(_)
        | Kind::Stream { .. }
        | Kind::Future { .. } => to.push(CoreType::I32),
        Kind::String | Kind::List(_) | Kind::Map(_) => to.extend([CoreType::I32; 2]),
        Kind::Fixed { element, length } => (0..*length).for_each(|_| flatten(element, to)),
        Kind::Record(fields) | Kind::Tuple(fields) => fields.iter().for_each(|field| flatten(&field.ty, to)),
        Kind::Variant(cases) | Kind::Result(cases) | Kind::Option { cases, .. } => flatten_cases(cases, to),
    }
}

/// A discriminant, and for each further place the type that holds what any case has there.
fn flatten_cases(cases: &Cases, to: &mut Vec<CoreType>) {
    to.push(CoreType::I32);
    let start = to.len();
    for payload in cases.list.iter().filter_map(|case| case.payload.as_ref()) {
        let mut flat = Vec::new();
        flatten(payload, &mut flat);
        for (index, core) in flat.into_iter().enumerate() {
            match to.get_mut(start + index) {
                Some(place) => *place = join(*place, core),
                None => to.push(core),
            }
        }
    }
}

fn join(a: CoreType, b: CoreType) -> CoreType {
    use CoreType::{F32, I32, I64};
    match (a, b) {
        (a, b) if a == b => a,
        (I32, F32) | (F32, I32) => I32,
        _ => I64,
    }
}
