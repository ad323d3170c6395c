//! ES modules: where they come from, and what is said when they do not.

use std::path::Path;

use innerbox::{Config, Engine, Grant, Limits, Outcome, Sandbox, ScriptError};
use tempfile::TempDir;

fn engine() -> Engine {
    Engine::new(Config::new().cache_off()).expect("the default configuration works")
}

fn sandbox() -> Sandbox {
    Sandbox::builder(&engine()).build().expect("a default sandbox")
}

/// A directory with these files.
fn files(contents: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory for the test");
    for (name, text) in contents {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the directory")).expect("a new directory");
        std::fs::write(path, text).expect("a new file");
    }
    directory
}

fn run(sandbox: &mut Sandbox, path: &Path) -> Outcome {
    sandbox.run_module(path).expect("the file exists").outcome
}

/// The default export of `main.js` among these files, as text.
fn value(contents: &[(&str, &str)]) -> String {
    let directory = files(contents);
    let completion = sandbox().run_module(directory.path().join("main.js")).expect("the file exists");
    completion.into_value().expect("a string")
}

/// What `main.js` among these files throws, the directory's own path taken out.
fn error(contents: &[(&str, &str)]) -> ScriptError {
    let directory = files(contents);
    let Outcome::Threw { mut error } = run(&mut sandbox(), &directory.path().join("main.js")) else {
        panic!("it must throw");
    };
    let path = directory.path().canonicalize().expect("it exists").to_string_lossy().into_owned();
    error.message = error.message.replace(&path, "");
    if let Some(position) = &mut error.position {
        position.file = position.file.replace(&path, "");
    }
    *error
}

#[test]
fn modules_import_each_other() {
    let value = value(&[
        (
            "main.js",
            "import { a } from './lib/a.js'; import * as b from './lib/b.mjs'; export default a + b.b",
        ),
        ("lib/a.js", "import { b } from '../lib/b.mjs'; export const a = 'a' + b"),
        ("lib/b.mjs", "export let b = 'b'"),
    ]);
    assert_eq!(value, "abb");
}

#[test]
fn a_circle_of_modules_is_linked() {
    let value = value(&[
        ("main.js", "import { even } from './even.js'; export default String(even(10))"),
        ("even.js", "import { odd } from './odd.js'; export const even = n => n === 0 || odd(n - 1)"),
        ("odd.js", "import { even } from './even.js'; export const odd = n => n !== 0 && even(n - 1)"),
    ]);
    assert_eq!(value, "true");
}

#[test]
fn a_module_knows_where_it_is() {
    let directory = files(&[(
        "main.js",
        "const { url, filename, dirname, resolve } = import.meta; export default [url, filename, dirname, resolve('./x.js')]",
    )]);
    let path = directory.path().canonicalize().expect("it exists");
    let path = path.to_str().expect("it is UTF-8");
    let completion = sandbox().run_module(directory.path().join("main.js")).expect("the file exists");
    let told: Vec<String> = completion.into_value().expect("a list of strings");
    let file = format!("{path}/main.js");
    assert_eq!(told, [format!("file://{file}"), file, path.to_owned(), format!("file://{path}/x.js")]);
}

#[test]
fn json_needs_its_attribute() {
    let json = ("data.json", "{ \"a\": [1, 2] }");
    let main = "import data from './data.json' with { type: 'json' }; export default String(data.a)";
    assert_eq!(value(&[("main.js", main), json]), "1,2");
    let refused = error(&[("main.js", "import data from './data.json'"), json]);
    assert_eq!(
        refused.message,
        "cannot import './data.json' imported from file:///main.js:1:18: JSON needs `with { type: 'json' }` after the name"
    );
    let broken = error(&[("main.js", main), ("data.json", "{ a: 1 }")]);
    assert_eq!(broken.name, "SyntaxError");
    assert!(broken.message.starts_with("file:///data.json is not JSON: "), "{}", broken.message);
}

#[test]
fn import_is_a_function_too() {
    let main = "const { b } = await import('./b.js'); const same = await import('./b.js');
        export default b + (same.b === b)";
    assert_eq!(
        value(&[("main.js", main), ("b.js", "await null; export const b = {}")]),
        "[object Object]true"
    );
    let caught = "let caught; try { await import('./none.js') } catch (error) { caught = error.code } export default caught";
    assert_eq!(value(&[("main.js", caught)]), "ERR_MODULE_NOT_FOUND");
    let throws = "export default await import('./b.js').catch(error => error.message)";
    assert_eq!(value(&[("main.js", throws), ("b.js", "throw new Error('from b')")]), "from b");
}

#[test]
fn a_script_can_import() {
    let from_script = "import('node:path').then(path => path.basename('/a/b'))";
    assert_eq!(sandbox().eval(from_script).into_value::<String>().expect("a string"), "b");
    let Outcome::Threw { error } = sandbox().eval("import('./a.js')").outcome else {
        panic!("it must throw")
    };
    assert_eq!(
        error.message,
        "cannot resolve './a.js' imported from [eval]: what imports it is no file, so a relative path leads nowhere"
    );
}

#[test]
fn built_in_modules_have_two_names() {
    let main = "import path, { join } from 'node:path'; import other from 'path';
        export default String(path === other && path.join === join)";
    assert_eq!(value(&[("main.js", main)]), "true");
}

#[test]
fn a_module_that_is_missing_is_named_with_who_wants_it() {
    let missing = error(&[("main.js", "import './a.js'"), ("a.js", "\n  import { x } from './x.js'")]);
    assert_eq!(missing.message, "cannot find module './x.js' imported from file:///a.js:2:21");
    assert_eq!(missing.code.as_deref(), Some("ERR_MODULE_NOT_FOUND"));
    let nearly = error(&[("main.js", "import './a'"), ("a.js", "")]);
    assert_eq!(
        nearly.message,
        "cannot find module './a' imported from file:///main.js:1:8; is './a.js' meant?"
    );
    let bare = error(&[("main.js", "import 'left-pad'")]);
    assert!(
        bare.message.starts_with("cannot find module 'left-pad' imported from file:///main.js:1:8: "),
        "{bare}"
    );
    let builtin = error(&[("main.js", "import 'node:left-pad'")]);
    assert_eq!(builtin.code.as_deref(), Some("ERR_UNKNOWN_BUILTIN_MODULE"));
    let remote = error(&[("main.js", "import 'https://example.com/a.js'")]);
    assert_eq!(remote.code.as_deref(), Some("ERR_UNSUPPORTED_ESM_URL_SCHEME"));
}

#[test]
fn an_export_that_is_missing_is_named_with_its_place() {
    let missing =
        error(&[("main.js", "\nimport { nothing } from './a.js'"), ("a.js", "export const some = 1")]);
    assert_eq!(missing.message, "The requested module './a.js' does not provide an export named 'nothing'");
    let position = missing.position.expect("V8 knows the place");
    assert_eq!((position.file.as_str(), position.line, position.column), ("file:///main.js", 2, 10));
    assert_eq!(position.source_line, "import { nothing } from './a.js'");
}

#[test]
fn a_syntax_error_in_a_module_has_its_place() {
    let broken = error(&[("main.js", "import './a.js'"), ("a.js", "let a\nlet b = ;")]);
    let position = broken.position.expect("V8 knows the place");
    assert_eq!((position.file.as_str(), position.line, position.column), ("file:///a.js", 2, 9));
    assert_eq!(position.source_line, "let b = ;");
}

#[test]
fn an_await_that_nothing_ends_is_an_error_with_its_place() {
    let stalled = error(&[("main.js", "const a = 1\nawait new Promise(() => {})")]);
    assert_eq!(stalled.code.as_deref(), Some("ERR_UNSETTLED_PROMISE"));
    assert_eq!(stalled.position.expect("V8 knows the place").line, 2);
}

#[test]
fn modules_come_only_from_below_the_first_or_from_what_is_lent() {
    let directory = files(&[
        ("app/main.js", "export default (await import('../shared/a.js')).a"),
        ("app/link.js", "export default (await import('./out/a.js')).a"),
        ("shared/a.js", "export const a = 'lent'"),
    ]);
    std::os::unix::fs::symlink("../shared", directory.path().join("app/out")).expect("a new link");
    let (main, shared) = (directory.path().join("app/main.js"), directory.path().join("shared"));
    for file in [main.clone(), directory.path().join("app/link.js")] {
        let Outcome::Threw { error } = run(&mut sandbox(), &file) else { panic!("it must be denied") };
        assert_eq!((error.name.as_str(), error.code.as_deref()), ("DeniedError", Some("ERR_ACCESS_DENIED")));
        assert!(error.message.starts_with("access denied: importing '"), "{error}");
        assert!(error.message.contains(" needs --allow-read="), "{error}");
    }
    let engine = engine();
    let mut lent = Sandbox::builder(&engine).grant(Grant::read(&shared)).build().expect("the grant exists");
    assert_eq!(lent.run_module(&main).expect("it exists").into_value::<String>().expect("a string"), "lent");
}

#[test]
fn what_failed_to_link_is_loaded_anew() {
    let directory =
        files(&[("main.js", "import { b } from './b.js'; export default b"), ("b.js", "export let a = 1")]);
    let mut sandbox = sandbox();
    let main = directory.path().join("main.js");
    assert!(matches!(run(&mut sandbox, &main), Outcome::Threw { .. }));
    std::fs::write(directory.path().join("b.js"), "export let b = 2").expect("the file is ours");
    assert_eq!(sandbox.run_module(&main).expect("it exists").into_value::<u32>().expect("a number"), 2);
}

#[test]
fn modules_count_as_source() {
    let directory =
        files(&[("main.js", "import './a.js'"), ("a.js", "export const longer = 'than the rest'")]);
    let engine = engine();
    let limits = Limits { source_bytes: 30, ..Limits::default() };
    let mut sandbox = Sandbox::builder(&engine).limits(limits).build().expect("a sandbox");
    let Outcome::Limit { limit, error: Some(error) } = run(&mut sandbox, &directory.path().join("main.js"))
    else {
        panic!("it must hit the limit by an exception");
    };
    assert_eq!((error.name.as_str(), error.code.as_deref()), ("RangeError", Some("ERR_LIMIT")));
    assert_eq!((limit.which, limit.allowed), (innerbox::Limit::SourceBytes, 30));
}

#[test]
fn only_known_files_and_attributes_are_imported() {
    let unknown = error(&[("main.js", "import './a.css'"), ("a.css", "")]);
    assert_eq!(unknown.code.as_deref(), Some("ERR_UNKNOWN_FILE_EXTENSION"));
    let attribute = error(&[("main.js", "import './a.js' with { type: 'css' }"), ("a.js", "")]);
    assert_eq!(attribute.code.as_deref(), Some("ERR_IMPORT_ATTRIBUTE_UNSUPPORTED"));
    let component = error(&[("main.js", "import './a.wasm'"), ("a.wasm", "no component")]);
    assert_eq!(component.code.as_deref(), Some("ERR_COMPONENT_REFUSED"), "{component}");
}
