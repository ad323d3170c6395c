//! A `Val` as the JavaScript expression that the bridge's conventions say it is.

use wasmtime::component::{Type, Val};

/// The arguments of a call.
pub(crate) fn arguments(values: &[Val], types: &[Type]) -> String {
    values.iter().zip(types).map(|(value, ty)| literal(value, ty)).collect::<Vec<_>>().join(", ")
}

/// What a function gives: a `result`'s error case is thrown, its ok case given back.
pub(crate) fn split_result(answer: &Option<Val>, ty: &Option<Type>) -> Result<String, String> {
    match (answer, ty) {
        (Some(Val::Result(answer)), Some(Type::Result(ty))) => match answer {
            Ok(value) => Ok(payload(value.as_deref(), ty.ok().as_ref())),
            Err(value) => Err(payload(value.as_deref(), ty.err().as_ref())),
        },
        (Some(value), Some(ty)) => Ok(literal(value, ty)),
        _ => Ok("undefined".to_owned()),
    }
}

fn payload(value: Option<&Val>, ty: Option<&Type>) -> String {
    match (value, ty) {
        (Some(value), Some(ty)) => literal(value, ty),
        _ => "undefined".to_owned(),
    }
}

pub(crate) fn literal(value: &Val, ty: &Type) -> String {
    match (value, ty) {
        (Val::Bool(value), _) => value.to_string(),
        (Val::U8(value), _) => value.to_string(),
        (Val::U16(value), _) => value.to_string(),
        (Val::U32(value), _) => value.to_string(),
        (Val::U64(value), _) => format!("{value}n"),
        (Val::S8(value), _) => value.to_string(),
        (Val::S16(value), _) => value.to_string(),
        (Val::S32(value), _) => value.to_string(),
        (Val::S64(value), _) => format!("{value}n"),
        (Val::Float32(value), _) => number(f64::from(*value)),
        (Val::Float64(value), _) => number(*value),
        (Val::Char(value), _) => string(&value.to_string()),
        (Val::String(value), _) => string(value),
        (Val::List(values), Type::List(list)) => {
            let element = list.ty();
            let items = values.iter().map(|value| literal(value, &element)).collect::<Vec<_>>().join(", ");
            match typed_array(&element) {
                Some(class) => format!("new {class}([{items}])"),
                None => format!("[{items}]"),
            }
        }
        (Val::Record(fields), Type::Record(record)) => {
            let fields = fields.iter().zip(record.fields());
            let fields = fields.map(|((name, value), field)| {
                format!("{}: {}", lower_camel(name), literal(value, &field.ty))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        (Val::Tuple(values), Type::Tuple(tuple)) => {
            let values = values.iter().zip(tuple.types()).map(|(value, ty)| literal(value, &ty));
            format!("[{}]", values.collect::<Vec<_>>().join(", "))
        }
        (Val::Variant(name, value), Type::Variant(variant)) => {
            let ty = variant.cases().find(|case| case.name == name).and_then(|case| case.ty);
            tagged(name, value.as_deref().zip(ty.as_ref()))
        }
        (Val::Enum(name), _) => string(name),
        (Val::Option(value), Type::Option(option)) => {
            let ty = option.ty();
            match (value, &ty) {
                (None, _) => "undefined".to_owned(),
                (Some(value), Type::Option(_)) => tagged("some", Some((value, &ty))),
                (Some(value), _) => literal(value, &ty),
            }
        }
        (Val::Result(value), Type::Result(result)) => match value {
            Ok(value) => tagged("ok", value.as_deref().zip(result.ok().as_ref())),
            Err(value) => tagged("err", value.as_deref().zip(result.err().as_ref())),
        },
        (Val::Flags(set), Type::Flags(flags)) => {
            let names = flags
                .names()
                .map(|name| format!("{}: {}", lower_camel(name), set.iter().any(|set| set == name)));
            format!("{{{}}}", names.collect::<Vec<_>>().join(", "))
        }
        (value, ty) => panic!("{value:?} is no {ty:?}"),
    }
}

fn tagged(tag: &str, val: Option<(&Val, &Type)>) -> String {
    match val {
        Some((value, ty)) => format!("{{tag: '{tag}', val: {}}}", literal(value, ty)),
        None => format!("{{tag: '{tag}'}}"),
    }
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        format!("{}Infinity", if value < 0.0 { "-" } else { "" })
    } else {
        format!("{value:?}").trim_end_matches(".0").to_owned()
    }
}

/// JSON's escapes are JavaScript's; U+2028 and U+2029 are allowed in both.
fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn typed_array(element: &Type) -> Option<&'static str> {
    Some(match element {
        Type::U8 => "Uint8Array",
        Type::S8 => "Int8Array",
        Type::U16 => "Uint16Array",
        Type::S16 => "Int16Array",
        Type::U32 => "Uint32Array",
        Type::S32 => "Int32Array",
        Type::U64 => "BigUint64Array",
        Type::S64 => "BigInt64Array",
        Type::Float32 => "Float32Array",
        Type::Float64 => "Float64Array",
        _ => return None,
    })
}

/// `max-size` becomes `maxSize`; written anew here, so that the bridge's own does not vouch for itself.
pub(crate) fn lower_camel(kebab: &str) -> String {
    let mut name = String::new();
    let mut upper = false;
    for letter in kebab.chars() {
        match letter {
            '-' => upper = true,
            _ if upper => {
                name.extend(letter.to_uppercase());
                upper = false;
            }
            _ => name.push(letter),
        }
    }
    name
}
