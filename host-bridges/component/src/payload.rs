//! The payload of an error case as the text of a message.
//!
//! A payload is plain data that was lifted just before: all its properties are its own. Nothing else is looked at, so what a script
//! has put on a prototype (`toJSON`, a getter called `tag`) is not called.

use innerbox_binding::value::name;

/// Most characters of a payload's text that go into a message.
const CHARS_MAX: usize = 200;

type Scope<'a, 's, 'i> = &'a v8::PinScope<'s, 'i>;

/// A string as it is, a case as its tag and text, and all else as JSON has it.
pub(crate) fn text(scope: Scope<'_, '_, '_>, payload: v8::Local<v8::Value>) -> String {
    let mut text = String::new();
    plain(scope, payload, &mut text);
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

fn plain(scope: Scope<'_, '_, '_>, value: v8::Local<v8::Value>, text: &mut String) {
    let Ok(object) = v8::Local::<v8::Object>::try_from(value) else { return primitive(scope, value, text) };
    let Some(tag) = own(scope, object, "tag") else { return json(scope, value, text) };
    plain(scope, tag, text);
    let length = text.len();
    let Some(val) = own(scope, object, "val") else { return };
    text.push_str(": ");
    plain(scope, val, text);
    if text.len() == length + 2 {
        text.truncate(length);
    }
}

fn primitive(scope: Scope<'_, '_, '_>, value: v8::Local<v8::Value>, text: &mut String) {
    if let Ok(string) = v8::Local::<v8::String>::try_from(value) {
        // The rest would be cut off: it may be hundreds of megabytes.
        let mut units = vec![0; string.length().min(CHARS_MAX + 1)];
        string.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
        text.push_str(&String::from_utf16_lossy(&units));
    } else if value.is_number() || value.is_big_int() || value.is_boolean() {
        text.push_str(&value.to_rust_string_lossy(scope));
    }
}

fn json(scope: Scope<'_, '_, '_>, value: v8::Local<v8::Value>, text: &mut String) {
    if text.len() > CHARS_MAX {
        return;
    }
    if value.is_string() {
        text.push('"');
        primitive(scope, value, text);
        text.push('"');
    } else if let Ok(array) = v8::Local::<v8::Array>::try_from(value) {
        let items = (0..array.length()).map(|index| (None, array.get_index(scope, index)));
        list(scope, items, ('[', ']'), text);
    } else if let Ok(view) = v8::Local::<v8::TypedArray>::try_from(value) {
        let items = (0..view.length() as u32).map(|index| (None, view.get_index(scope, index)));
        list(scope, items, ('[', ']'), text);
    } else if let Ok(object) = v8::Local::<v8::Object>::try_from(value) {
        let Some(names) = object.get_own_property_names(scope, v8::GetPropertyNamesArgs::default()) else {
            return;
        };
        let items = (0..names.length()).map(|index| {
            let key = names.get_index(scope, index);
            (key, key.and_then(|key| object.get(scope, key)))
        });
        list(scope, items, ('{', '}'), text);
    } else {
        primitive(scope, value, text);
    }
}

type Item<'s> = (Option<v8::Local<'s, v8::Value>>, Option<v8::Local<'s, v8::Value>>);

fn list<'s>(
    scope: Scope<'_, 's, '_>,
    items: impl Iterator<Item = Item<'s>>,
    (open, close): (char, char),
    text: &mut String,
) {
    text.push(open);
    // What is undefined is left out, as in JSON.
    let items = items.filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_undefined())?)));
    for (index, (key, value)) in items.enumerate() {
        if text.len() > CHARS_MAX {
            break;
        }
        if index > 0 {
            text.push(',');
        }
        if let Some(key) = key {
            json(scope, key, text);
            text.push(':');
        }
        json(scope, value, text);
    }
    text.push(close);
}

fn own<'s>(
    scope: Scope<'_, 's, '_>,
    object: v8::Local<v8::Object>,
    key: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let key = name(scope, key).into();
    object.has_own_property(scope, key)?.then(|| object.get(scope, key.into())).flatten()
}
