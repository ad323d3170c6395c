//! What the prelude put in the place of V8's functions answers as they do.

use super::{COMMON, REPLACEMENTS, is_real_array, snapshot};
use innerbox_binding::value::string;
use innerbox_binding::{Arguments, Failure, Outcome, function};

/// Lengths above which the prelude leaves V8's own functions alone, and what they are here: so that none is called.
const THRESHOLDS: [(&str, &str); 6] = [
    ("const LENGTH_MAX = 2 ** 22;", "const LENGTH_MAX = -1;"),
    ("const LOCALE_MAX = 2 ** 12;", "const LOCALE_MAX = -1;"),
    ("const TEXT_MAX = 2 ** 20;", "const TEXT_MAX = -1;"),
    ("const SHORT_MAX = 2 ** 14;", "const SHORT_MAX = -1;"),
    ("const SEARCH_MAX = 2 ** 28;", "const SEARCH_MAX = 7;"),
    ("const PIECE = 2 ** 16;", "const PIECE = 2;"),
];

fn install<'s>(scope: &mut v8::PinScope<'s, '_>, _: Arguments<'s>) -> Outcome<'s> {
    let mut lowered = [0; THRESHOLDS.len()];
    let is_real_array = function(scope, "isRealArray", is_real_array, None).ok_or(Failure::Pending)?;
    let mut common = is_real_array.into();
    for source in std::iter::once(&COMMON).chain(&REPLACEMENTS) {
        let mut source = source.as_str().to_owned();
        for (number, (usual, lowest)) in THRESHOLDS.iter().enumerate() {
            lowered[number] += source.matches(usual).count();
            source = source.replace(usual, lowest);
        }
        let source = string(scope, &source);
        let made = super::call(scope, source, &[common])?;
        common = if made.is_object() { made } else { common };
    }
    assert_eq!(lowered, [1; THRESHOLDS.len()], "each threshold is where this test looks for it");
    Ok(v8::undefined(scope).into())
}

#[test]
fn what_is_replaced_answers_throws_and_leaves_behind_what_v8_does() {
    // Numbers in words need its tables.
    v8::icu::set_common_data_78(deno_core_icudata::ICU_DATA).expect("the data is of V8's version");
    snapshot::start();
    let mut isolate = v8::Isolate::new(v8::CreateParams::default());
    let differences = differences(&mut isolate);
    assert_eq!(differences.as_deref(), Some(""), "{}", differences.as_deref().unwrap_or("nothing was told"));
}

/// What the oracle tells, or what it threw.
fn differences(isolate: &mut v8::Isolate) -> Option<String> {
    v8::scope!(let scope, isolate);
    let context = v8::Context::new(scope, v8::ContextOptions::default());
    let scope = &mut v8::ContextScope::new(scope, context);
    v8::tc_scope!(let scope, scope);
    let install = function(scope, "install", install, None)?;
    let source = string(scope, include_str!("js/oracle.js"));
    let script = v8::Script::compile(scope, source, None)?;
    let oracle = v8::Local::<v8::Function>::try_from(script.run(scope)?).ok()?;
    let receiver = v8::undefined(scope).into();
    let answer = oracle.call(scope, receiver, &[install.into()]);
    let told = answer.or_else(|| scope.exception())?;
    Some(told.to_rust_string_lossy(scope))
}
