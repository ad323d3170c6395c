//! What an error tells.

use innerbox::{Config, Engine, Outcome, Position, Sandbox, ScriptError};

fn error(source: &str) -> ScriptError {
    let engine = Engine::new(Config::new().cache_off()).expect("the default configuration works");
    let mut sandbox = Sandbox::builder(&engine).build().expect("a default sandbox");
    match sandbox.eval_as("test.js", source).outcome {
        Outcome::Threw { error } => *error,
        outcome => panic!("{source} must throw, and {outcome:?}"),
    }
}

#[test]
fn an_error_has_name_message_code_stack_position_and_cause() {
    let error = error(
        "function inner() {\n  throw Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E_BAD' })\n}\ninner()",
    );
    assert_eq!((error.name.as_str(), error.message.as_str()), ("TypeError", "bad"));
    assert_eq!(error.code.as_deref(), Some("E_BAD"));
    let source_line =
        "  throw Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E_BAD' })"
            .to_owned();
    assert_eq!(error.position, Some(Position { file: "test.js".into(), line: 2, column: 3, source_line }));
    let stack = error.stack.expect("an error has a stack");
    assert!(stack.starts_with("TypeError: bad\n    at inner (test.js:2:23)\n    at test.js:4:1"), "{stack}");
    assert_eq!(error.cause.expect("it has one").message, "why");
}

#[test]
fn a_syntax_error_has_its_position() {
    let error = error("let a = 1\nlet b = ;");
    assert_eq!((error.name.as_str(), error.message.as_str()), ("SyntaxError", "Unexpected token ';'"));
    let position = Position { file: "test.js".into(), line: 2, column: 9, source_line: "let b = ;".into() };
    assert_eq!(error.position.as_ref(), Some(&position));
    assert!(
        error.report().starts_with("test.js:2:9\nlet b = ;\n        ^\nSyntaxError"),
        "{}",
        error.report()
    );
}

#[test]
fn anything_can_be_thrown() {
    let thrown = error("throw 'text'");
    assert_eq!((thrown.name.as_str(), thrown.message.as_str()), ("", "text"));
    assert_eq!(thrown.position.expect("V8 notes it").line, 1);
    assert_eq!(error("throw null").message, "null");
    assert_eq!(error("throw Symbol('s')").message, "Symbol(s)");
    assert_eq!(error("throw { message: 'like an error', name: 'Mine' }").name, "Mine");
}

#[test]
fn a_rejection_that_nobody_handles_is_an_error_of_the_run() {
    assert_eq!(error("Promise.reject(new Error('unhandled')); 1").message, "unhandled");
    assert_eq!(error("(async () => { await null; throw new Error('the answer') })()").message, "the answer");
    let later = "Promise.resolve().then(() => { throw new Error('later') }); Promise.resolve(1)";
    assert_eq!(error(later).message, "later");
}

#[test]
fn a_promise_that_nothing_settles_is_an_error_at_once() {
    let error = error("new Promise(() => {})");
    assert_eq!(error.code.as_deref(), Some("ERR_UNSETTLED_PROMISE"));
}

#[test]
fn a_chain_of_causes_may_be_circular() {
    let error = error("const a = new Error('a'); a.cause = a; throw a");
    let mut depth = 0;
    let mut cause = error.cause.as_deref();
    while let Some(inner) = cause {
        depth += 1;
        cause = inner.cause.as_deref();
    }
    assert_eq!(depth, 8);
}

#[test]
fn a_script_cannot_spoil_the_record_of_its_error() {
    let hostile = "Error.prepareStackTrace = () => { throw 1 }; throw new Error('plain')";
    assert_eq!(error(hostile).message, "plain");
    assert_eq!(error("throw new Proxy({}, { get() { throw 1 } })").name, "");
    let long = error("throw new Error('x'.repeat(1e6))");
    assert_eq!(long.message.len(), 64 << 10);
}

#[test]
fn code_from_strings_is_refused() {
    for source in [
        "eval('1')",
        "new Function('1')",
        "Object.getPrototypeOf(async () => {}).constructor('1')",
        "Object.getPrototypeOf(function* () {}).constructor('1')",
        "Object.getPrototypeOf(async function* () {}).constructor('1')",
    ] {
        assert_eq!(error(source).name, "EvalError", "{source}");
    }
}

#[test]
fn what_was_not_lent_is_a_denied_error_of_the_realm() {
    let thrown = error("const name = 'DeniedError';
        import('node:fs').then((fs) => {
          try { fs.readFileSync('/etc/passwd'); } catch (error) {
            const right = error instanceof DeniedError && error instanceof Error && !Object.keys(globalThis).includes(name);
            throw right ? error : new Error('another one');
          }
        })");
    assert_eq!((thrown.name.as_str(), thrown.code.as_deref()), ("DeniedError", Some("ERR_ACCESS_DENIED")));
    let stack = thrown.stack.expect("an error has a stack");
    assert!(stack.starts_with("DeniedError: access denied: reading `/etc/passwd` needs"), "{stack}");
    // A script that puts its own there changes nothing of what the host throws.
    let spoilt =
        "globalThis.DeniedError = class {}; import('node:fs').then((fs) => fs.readFileSync('/etc/passwd'))";
    assert_eq!(error(spoilt).name, "DeniedError");
}
