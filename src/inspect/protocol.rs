//! What clients may ask for.

use std::borrow::Cow;

use serde_json::Value;

/// What evaluates in the guest's realm.
const EVALUATING: [&str; 3] = ["Runtime.evaluate", "Runtime.runScript", "Debugger.evaluateOnCallFrame"];

/// A message without what would open the guest's realm for as long as it takes: V8 puts the command-line API (`queryObjects`,
/// `debug`, ...) on the global object while it evaluates, where every function that is called finds it, and it lets them
/// make code from strings.
pub(super) fn without_powers(text: &str) -> Cow<'_, str> {
    if !EVALUATING.iter().any(|method| text.contains(method)) {
        return Cow::Borrowed(text);
    }
    let Ok(mut message) = serde_json::from_str::<Value>(text) else { return Cow::Borrowed(text) };
    let is_meant = message["method"].as_str().is_some_and(|method| EVALUATING.contains(&method));
    let Some(params) = message.get_mut("params").and_then(Value::as_object_mut) else {
        return Cow::Borrowed(text);
    };
    if !is_meant {
        return Cow::Borrowed(text);
    }
    params.insert("includeCommandLineAPI".to_owned(), Value::Bool(false));
    params.insert("allowUnsafeEvalBlockedByCSP".to_owned(), Value::Bool(false));
    Cow::Owned(message.to_string())
}

/// True for a message that switches V8's debugger off.
pub(super) fn is_disabling(text: &str) -> bool {
    const METHOD: &str = "Debugger.disable";
    let method = |text| serde_json::from_str::<Value>(text).ok().map(|message| message["method"] == METHOD);
    text.contains(METHOD) && method(text) == Some(true)
}

/// A text as V8 takes it: one byte a character where it is ASCII, else two.
pub(super) fn with_view<R>(text: &str, body: impl FnOnce(v8::inspector::StringView<'_>) -> R) -> R {
    if text.is_ascii() {
        return body(text.as_bytes().into());
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    body(units.as_slice().into())
}

#[cfg(test)]
mod tests {
    use super::{is_disabling, without_powers};

    #[test]
    fn only_what_disables_disables() {
        assert!(is_disabling(r#"{ "id": 1, "method": "Debugger.disable" }"#));
        for other in [
            "Debugger.disable",
            r#"{ "id": 1, "method": "Debugger.enable", "params": { "a": "Debugger.disable" } }"#,
        ] {
            assert!(!is_disabling(other), "{other}");
        }
    }

    #[test]
    fn only_what_evaluates_is_changed() {
        for same in
            ["{}", "no JSON", r#"{"id":1,"method":"Debugger.enable","params":{"Runtime.evaluate":1}}"#]
        {
            assert_eq!(without_powers(same), same);
        }
        let asked = r#"{"id":1,"method":"Runtime.evaluate","params":{"expression":"1","includeCommandLineAPI":true}}"#;
        let allowed = r#"{"id":1,"method":"Runtime.evaluate","params":{"allowUnsafeEvalBlockedByCSP":false,"expression":"1","includeCommandLineAPI":false}}"#;
        assert_eq!(without_powers(asked), allowed);
    }
}
