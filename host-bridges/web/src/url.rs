//! URLs: parsed, changed part by part, and their queries.

use innerbox_binding::{Arguments, Failure, OrPending, Outcome, reference, value};
use url::{Url, form_urlencoded, quirks};

/// Most UTF-16 units of a URL or a query. Parsing copies a text several times in the host.
const UNITS_MAX: usize = 1 << 24;

pub(crate) fn natives<'s>(scope: &v8::PinScope<'s, '_>, host: v8::Local<'s, v8::Object>) {
    value::set_function(scope, host, "parse", parse);
    value::set_function(scope, host, "change", change);
    value::set_function(scope, host, "parseQuery", parse_query);
    value::set_function(scope, host, "serializeQuery", serialize_query);
}

pub(crate) fn references() -> Vec<v8::ExternalReference> {
    vec![reference(parse), reference(change), reference(parse_query), reference(serialize_query)]
}

/// `parse(input, base)`: the parts of a URL, or undefined where it is none.
fn parse<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let input = text(scope, args.get(0))?;
    let base = if args.get(1).is_undefined() { None } else { Some(text(scope, args.get(1))?) };
    let url = match base {
        Some(base) => Url::parse(&base).and_then(|base| base.join(&input)),
        None => Url::parse(&input),
    };
    Ok(url.map_or_else(|_| value::undefined(scope), |url| parts(scope, &url)))
}

/// `change(href, part, text)`: the parts after one was set; undefined where that makes no URL. What a part does not
/// allow is passed over, as the web has it.
fn change<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let (href, text) = (text(scope, args.get(0))?, text(scope, args.get(2))?);
    let part = args.get(1).uint32_value(scope).or_pending()?;
    let Ok(mut url) = Url::parse(&href) else { return Ok(value::undefined(scope)) };
    let _ = match part {
        0 => match Url::parse(&text) {
            Ok(whole) => {
                url = whole;
                Ok(())
            }
            Err(_) => return Ok(value::undefined(scope)),
        },
        2 => quirks::set_protocol(&mut url, &text),
        3 => quirks::set_username(&mut url, &text),
        4 => quirks::set_password(&mut url, &text),
        5 => quirks::set_host(&mut url, &text),
        6 => quirks::set_hostname(&mut url, &text),
        7 => quirks::set_port(&mut url, &text),
        8 => {
            quirks::set_pathname(&mut url, &text);
            Ok(())
        }
        9 => {
            quirks::set_search(&mut url, &text);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &text);
            Ok(())
        }
    };
    Ok(parts(scope, &url))
}

/// In the order of `PARTS` in url.js.
fn parts<'s>(scope: &v8::PinScope<'s, '_>, url: &Url) -> v8::Local<'s, v8::Value> {
    let origin = quirks::origin(url);
    let parts = [
        quirks::href(url),
        &origin,
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    strings(scope, parts)
}

/// `parseQuery(text)`: names and values in turn.
fn parse_query<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let text = text(scope, args.get(0))?;
    let pairs = form_urlencoded::parse(text.as_bytes()).flat_map(|(name, value)| [name, value]);
    Ok(strings(scope, pairs))
}

/// `serializeQuery(pairs)`.
fn serialize_query<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let pairs = v8::Local::<v8::Array>::try_from(args.get(0))
        .map_err(|_| Failure::type_error("`pairs`: expected array"))?;
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    let mut room = UNITS_MAX;
    for index in (0..pairs.length()).step_by(2) {
        let name = pairs.get_index(scope, index).or_pending()?;
        let value = pairs.get_index(scope, index + 1).or_pending()?;
        let (name, value) = (text(scope, name)?, text(scope, value)?);
        room = room.checked_sub(name.len() + value.len()).ok_or_else(too_long)?;
        serializer.append_pair(&name, &value);
    }
    Ok(value::string(scope, &serializer.finish()).into())
}

fn strings<'s>(
    scope: &v8::PinScope<'s, '_>,
    texts: impl IntoIterator<Item = impl AsRef<str>>,
) -> v8::Local<'s, v8::Value> {
    let texts: Vec<_> = texts.into_iter().map(|text| value::string(scope, text.as_ref()).into()).collect();
    v8::Array::new_with_elements(scope, &texts).into()
}

fn text(scope: &v8::PinScope<'_, '_>, value: v8::Local<v8::Value>) -> Result<String, Failure> {
    let text = v8::Local::<v8::String>::try_from(value)
        .map_err(|_| Failure::type_error("`url`: expected string"))?;
    if text.length() > UNITS_MAX {
        return Err(too_long());
    }
    Ok(text.to_rust_string_lossy(scope))
}

fn too_long() -> Failure {
    let message = format!("limit reached: units of a URL: {UNITS_MAX} allowed");
    Failure::range_error(message).code("ERR_LIMIT")
}
