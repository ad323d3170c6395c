//! Scripts that change the realm under a component's feet, or the component while their arguments are read.

use crate::support::{DOORS, sandbox_by};

/// Runs a module whose default export is the answer, by each door.
#[track_caller]
fn check(body: &str, expected: &str) {
    for door in DOORS {
        let mut sandbox = sandbox_by(&["fixture-echo"], door);
        let source = format!(
            "import {{ echo }} from 'fixture-echo';
             const caught = (call) => {{ try {{ return call(); }} catch (error) {{ return `${{error.name}} ${{error.code ?? '-'}}`; }} }};
             {body}"
        );
        let completion = sandbox.run_module_source("tampered.js", &source);
        let json = serde_json::to_value(&completion).unwrap();
        assert_eq!(
            json["value"],
            serde_json::from_str::<serde_json::Value>(expected).unwrap(),
            "{door:?}: {json:#}"
        );
    }
}

#[test]
fn elements_of_a_list_reach_no_setter_of_the_prototype() {
    check(
        "let called = 0;
         for (const index of [0, 1]) {
           Object.defineProperty(Array.prototype, index, { get: () => 'got', set() { called += 1; }, configurable: true });
         }
         const seen = echo.echoListString(Object.freeze(['a', 'b']));
         const nested = echo.echoListListString([['c'], ['d']]);
         for (const index of [0, 1]) delete Array.prototype[index];
         export default [seen, nested, called];",
        r#"[["a", "b"], [["c"], ["d"]], 0]"#,
    );
}

#[test]
fn an_argument_of_an_instance_that_a_getter_ended_is_stale() {
    check(
        "const given = [new echo.Counter(7), undefined];
         Object.defineProperty(given, 1, { get() { caught(() => echo.bytes(0xffffffff)); return new echo.Counter(1); } });
         export default [caught(() => echo.Counter.total(given)), echo.Counter.live()];",
        r#"["TypeError ERR_STALE_HANDLE", 1]"#,
    );
}

#[test]
fn an_error_case_is_thrown_whatever_the_script_did_to_errors() {
    check(
        "const seen = [];
         Error.prepareStackTrace = () => { throw new RangeError('mine'); };
         seen.push(caught(() => echo.echoResult({ tag: 'err', val: 'a' })));
         delete Error.prepareStackTrace;
         for (const key of ['value', 'get', 'toJSON', 'tag', 'payload']) {
           Object.defineProperty(Object.prototype, key, { get() { throw new RangeError('mine'); }, configurable: true, __proto__: null });
           seen.push(caught(() => echo.echoResult({ tag: 'err', val: 'a', __proto__: null })));
           seen.push(caught(() => echo.echoResultPerson({ tag: 'err', __proto__: null, val: { name: '', age: 1, nickNames: [],
             email: undefined, address: { street: '', houseNumber: 1, place: undefined } } })));
           delete Object.prototype[key];
         }
         export default [...new Set(seen)];",
        r#"["ComponentError ERR_COMPONENT"]"#,
    );
}
