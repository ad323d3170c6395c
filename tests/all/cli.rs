//! The command line, as a shell sees it: arguments in, streams and an exit code out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

pub(crate) const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/guests");

/// A scratch folder, which goes when the test ends.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scratch = Self::new();
        for (name, text) in files {
            std::fs::write(scratch.0.join(name), text).unwrap();
        }
        scratch
    }

    pub(crate) fn innerbox(&self, arguments: &[&str]) -> Ended {
        innerbox(&self.0, arguments)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is left of a process.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

fn innerbox(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innerbox"));
    command.current_dir(folder).args(arguments).env("INNERBOX_EXT_DIR", GUESTS).env_remove("NO_COLOR");
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("its output is UTF-8");
    Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs a command in an empty folder, and checks everything it says.
fn check(arguments: &[&str], code: i32, out: &str, err: &str) {
    let ended = Scratch::new().innerbox(arguments);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (code, out, err), "{arguments:?}");
}

pub(crate) fn need_guest(name: &str) {
    let file = Path::new(GUESTS).join(format!("{name}.wasm"));
    assert!(file.is_file(), "`{}` is missing: run `cargo xtask guests`", file.display());
}

#[test]
fn eval_prints_the_value_as_a_prompt_does() {
    check(&["eval", "6 * 7"], 0, "42\n", "");
    check(&["eval", "'text'"], 0, "'text'\n", "");
    check(&["eval", "undefined"], 0, "", "");
    check(
        &["eval", "({ a: [1, 2n], f() {}, m: new Map([['k', new Date(0)]]) })"],
        0,
        "{\n  a: [ 1, 2n ],\n  f: [Function: f],\n  m: Map(1) { 'k' => 1970-01-01T00:00:00.000Z }\n}\n",
        "",
    );
    check(&["eval", "Promise.resolve('later')"], 0, "'later'\n", "");
    check(&["eval", "console.log('out'); console.error('err')"], 0, "out\n", "err\n");
}

#[test]
fn a_module_runs_to_its_end_with_its_arguments() {
    let main = "
        import { twice } from './twice.js';
        import data from './data.json' with { type: 'json' };
        console.log(process.argv.slice(2), twice(data.n));
        console.log((await import('./late.js')).default, import.meta.url.startsWith('file:///'));
        setTimeout(() => console.log('done'), 5);
    ";
    let scratch = Scratch::with(&[
        ("main.js", main),
        ("twice.js", "export const twice = (n) => 2 * n;"),
        ("late.js", "export default await Promise.resolve('late');"),
        ("data.json", r#"{ "n": 21 }"#),
    ]);
    let ended = scratch.innerbox(&["run", "main.js", "one", "--two"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert_eq!(ended.out, "[ 'one', '--two' ] 42\nlate true\ndone\n");
}

#[test]
fn exit_codes_say_how_it_ended() {
    let cases: &[(&[&str], i32)] = &[
        (&["eval", "1"], 0),
        (&["eval", "throw 1"], 1),
        (&["eval", "Promise.reject(new Error('nobody cares')); 1"], 1),
        (&["eval", "syntax error"], 1),
        (&["eval"], 2),
        (&["run"], 2),
        (&["eval", "--wall", "soon", "1"], 2),
        (&["eval", "--heap", "1KiB", "1"], 2),
        (&["eval", "--wall", "50ms", "for (;;) {}"], 3),
        (&["eval", "--cpu", "50ms", "for (;;) {}"], 3),
        (&["eval", "--wall", "50ms", "new Promise(() => setInterval(() => {}, 1))"], 3),
        (&["eval", "--heap", "16MiB", "const a = []; for (;;) a.push({ a })"], 3),
        (&["eval", "process.exit(0); for (;;) {}"], 0),
        (&["eval", "process.exit(7)"], 7),
    ];
    for (arguments, code) in cases {
        let ended = Scratch::new().innerbox(arguments);
        assert_eq!(ended.code, *code, "{arguments:?}: {ended:?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let ended = Scratch::new().innerbox(&["run", "nowhere.js"]);
    assert_ne!(ended.code, 0);
    assert!(ended.err.contains("nowhere.js"), "{ended:?}");
}

#[test]
fn an_error_shows_its_place_its_stack_and_its_cause() {
    let main =
        "const inner = () => {\n  throw new TypeError('no', { cause: new Error('why') });\n};\ninner();\n";
    let scratch = Scratch::with(&[("main.js", main)]);
    let ended = scratch.innerbox(&["run", "main.js"]);
    assert_eq!(ended.code, 1);
    let lines: Vec<_> = ended.err.lines().collect();
    assert!(lines[0].ends_with("main.js:2:9"), "{ended:?}");
    assert_eq!(
        &lines[1..4],
        ["  throw new TypeError('no', { cause: new Error('why') });", "        ^", "TypeError: no"]
    );
    assert!(lines[4].trim_start().starts_with("at inner"), "{ended:?}");
    assert!(ended.err.contains("caused by: Error: why"), "{ended:?}");
    assert!(!ended.err.contains('\x1b'), "colours are for terminals: {ended:?}");
}

#[test]
fn a_limit_names_the_option_that_sets_it() {
    let ended = Scratch::new().innerbox(&["eval", "--wall", "50ms", "for (;;) {}"]);
    assert!(ended.err.starts_with("limit reached: milliseconds of wall time: "), "{ended:?}");
    assert!(ended.err.ends_with(" 50 allowed; `--wall` allows more\n"), "{ended:?}");
}

#[test]
fn what_cannot_be_interrupted_ends_with_the_process() {
    // V8 looks at nothing while it counts to 2^53.
    let stuck = "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)";
    let (code, record, err) = record(&["eval", "--json", "--wall", "50ms", stuck]);
    assert_eq!((code, err.as_str()), (3, ""));
    assert_eq!((&record["limit"]["which"], &record["limit"]["allowed"]), (&"wall_ms".into(), &50.into()));
}

#[test]
fn what_cannot_be_interrupted_ends_at_its_processor_time_too() {
    let stuck = "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)";
    let (code, record, err) = record(&["eval", "--json", "--cpu", "50ms", stuck]);
    assert_eq!((code, err.as_str()), (3, ""));
    assert_eq!((&record["limit"]["which"], &record["limit"]["allowed"]), (&"cpu_ms".into(), &50.into()));
}

/// The completion record of a command.
fn record(arguments: &[&str]) -> (i32, Value, String) {
    let ended = Scratch::new().innerbox(arguments);
    let record = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended.code, record, ended.err)
}

#[test]
fn json_is_one_record_and_the_console_goes_elsewhere() {
    let (code, record, err) = record(&["eval", "--json", "console.log('said'); ({ a: [1, 'two'] })"]);
    assert_eq!((code, err.as_str()), (0, "said\n"));
    assert_eq!(record["outcome"], "returned");
    assert_eq!(record["value"], serde_json::json!({ "a": [1, "two"] }));
    for measure in ["wall_ms", "cpu_ms", "heap_bytes", "array_buffer_bytes"] {
        assert!(record["usage"][measure].is_number(), "{record}");
    }
}

#[test]
fn json_tells_errors_limits_and_exits() {
    let (code, threw, err) = record(&["eval", "--json", "throw new RangeError('no')"]);
    assert_eq!((code, err.as_str(), &threw["outcome"]), (1, "", &Value::from("threw")));
    assert_eq!((&threw["error"]["name"], &threw["error"]["message"]), (&"RangeError".into(), &"no".into()));
    assert_eq!(threw["error"]["position"]["line"], 1);
    let (code, limit, _) = record(&["eval", "--json", "--wall", "50ms", "for (;;) {}"]);
    assert_eq!(
        (code, &limit["limit"]["which"], &limit["limit"]["allowed"]),
        (3, &"wall_ms".into(), &50.into())
    );
    let (code, exited, _) = record(&["eval", "--json", "process.exit(5)"]);
    assert_eq!((code, &exited["outcome"], &exited["code"]), (5, &"exited".into(), &5.into()));
}

const READ: &str =
    "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync('data.txt', 'utf8'));\n";
const WRITE: &str = "import { writeFileSync } from 'node:fs';\nwriteFileSync('made.txt', 'made');\n";

#[test]
fn reading_is_denied_by_default_and_the_denial_says_what_to_do() {
    let scratch = Scratch::with(&[("main.js", READ), ("data.txt", "secret")]);
    let ended = scratch.innerbox(&["run", "main.js"]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("data.txt") && ended.err.contains("--allow-read"), "{ended:?}");
}

#[test]
fn reading_and_writing_are_allowed_where_they_are_lent() {
    let scratch = Scratch::with(&[("main.js", READ), ("write.js", WRITE), ("data.txt", "lent")]);
    for grant in ["--allow-read=data.txt", "--allow-read=nothing-else.txt,.", "--allow-read"] {
        let ended = scratch.innerbox(&["run", grant, "main.js"]);
        assert_eq!((ended.code, ended.out.as_str()), (0, "lent\n"), "{grant}: {}", ended.err);
    }
    let denied = scratch.innerbox(&["run", "--allow-read", "write.js"]);
    assert_eq!(denied.code, 1, "{denied:?}");
    assert!(denied.err.contains("made.txt") && denied.err.contains("--allow-write"), "{denied:?}");
    assert!(!scratch.0.join("made.txt").exists());
    let allowed = scratch.innerbox(&["run", "--allow-write=.", "write.js"]);
    assert_eq!((allowed.code, allowed.err.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(scratch.0.join("made.txt")).unwrap(), "made");
}

#[test]
fn the_environment_is_lent_by_name() {
    let code = "console.log(process.env.GIVEN, process.env.PATH)";
    check(&["eval", code], 0, "undefined undefined\n", "");
    check(&["eval", "--env", "GIVEN=here", code], 0, "here undefined\n", "");
}

#[test]
fn code_from_strings_is_lent_by_name() {
    assert_eq!(Scratch::new().innerbox(&["eval", "eval('1')"]).code, 1);
    check(&["eval", "--allow-eval", "eval('1')"], 0, "1\n", "");
}

#[test]
fn an_extension_is_found_by_name_and_by_option() {
    need_guest("digest");
    let source = "import { digestHex } from 'NAME';\nconsole.log(digestHex('sha256', new Uint8Array()));\n";
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
    let scratch = Scratch::with(&[
        ("main.js", &source.replace("NAME", "digest")),
        ("renamed.js", &source.replace("NAME", "hashes")),
        ("missing.js", &source.replace("NAME", "nothing-of-this-name")),
    ]);
    let ended = scratch.innerbox(&["run", "main.js"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, empty), "{}", ended.err);
    let named = format!("hashes={GUESTS}/digest.wasm");
    let ended = scratch.innerbox(&["run", "--ext", &named, "renamed.js"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, empty), "{}", ended.err);
    let ended = scratch.innerbox(&["run", "missing.js"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("nothing-of-this-name"), "{ended:?}");
}

const ASK: &str = "
    import * as wasi from 'fixture-wasi';
    const caught = (call) => { try { return call(); } catch (error) { return error.name; } };
    const text = (path) => caught(() => new TextDecoder().decode(wasi.readFile(path)));
    console.log(text('data/a.txt'), text('/lent/a.txt'));
    console.log(caught(() => wasi.writeFile('/lent/b.txt', new Uint8Array([98]))));
    console.log(wasi.args(), wasi.envVars());
    wasi.print('said\\n');
    wasi.monotonicClock();
    console.log(Array.from({ length: 100 }, wasi.monotonicClock).some((time) => time % 1_000_000n !== 0n));
";

/// What the guest that asks WASI for things gets with these options, line by line, and the folder `data` after that.
fn asked(options: &[&str]) -> (Vec<String>, Vec<String>) {
    need_guest("fixture-wasi");
    let scratch = Scratch::with(&[("main.js", ASK)]);
    std::fs::create_dir(scratch.0.join("data")).unwrap();
    std::fs::write(scratch.0.join("data/a.txt"), "a").unwrap();
    let ended = scratch.innerbox(&[&["run"], options, &["main.js"]].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{options:?}");
    let entries = std::fs::read_dir(scratch.0.join("data")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    (ended.out.lines().map(str::to_owned).collect(), files)
}

#[test]
fn an_extension_is_lent_nothing_and_what_a_script_is_lent_is_not_its_own() {
    let nothing = ["ComponentError ComponentError", "ComponentError", "[] []", "false"];
    for options in [&[][..], &["--allow-read", "--allow-write", "--env", "A=1"]] {
        let (lines, files) = asked(options);
        assert_eq!((lines, files), (nothing.map(str::to_owned).to_vec(), vec!["a.txt".to_owned()]));
    }
}

#[test]
fn each_option_lends_an_extension_one_thing() {
    let line = |options: &[&str], index: usize| asked(options).0[index].clone();
    assert_eq!(line(&["--ext-allow-read", "fixture-wasi=data"], 0), "a ComponentError");
    let read = ["--ext-allow-read", "fixture-wasi=data::/lent"];
    assert_eq!((line(&read, 0), line(&read, 1)), ("ComponentError a".into(), "ComponentError".into()));
    let (lines, files) = asked(&["--ext-allow-write", "fixture-wasi=data::/lent"]);
    assert_eq!((lines[0].as_str(), lines[1].as_str()), ("ComponentError a", "undefined"));
    assert_eq!(files, ["a.txt", "b.txt"]);
    let given =
        ["--ext-arg", "fixture-wasi=ask", "--ext-arg", "fixture-wasi=-v", "--ext-env", "fixture-wasi=A=1=2"];
    assert_eq!(line(&given, 2), "[ 'ask', '-v' ] [ [ 'A', '1=2' ] ]");
    assert_eq!(line(&["--ext-env", "fixture-wasi=INNERBOX_NOT_SET"], 2), "[] []");
    assert_eq!(line(&["--ext-stdio", "fixture-wasi"], 3), "said");
    assert_eq!(line(&["--ext-fine-clocks", "fixture-wasi"], 3), "true");
}

#[test]
fn grants_for_extensions_that_cannot_be_are_told() {
    need_guest("fixture-wasi");
    let cases = [
        (["--ext-allow-read", "fixture-wasi"], "`--ext-allow-read fixture-wasi`: expected NAME=DIR"),
        (["--ext-allow-write", "=data"], "`--ext-allow-write =data`: expected NAME=DIR"),
        (["--ext-allow-read", "fixture-wasi=nowhere"], "cannot lend directory `nowhere`"),
        (["--ext-env", "fixture-wasi"], "`--ext-env fixture-wasi`: expected NAME=KEY"),
        (["--ext-env", "fixture-wasi==1"], "`--ext-env =1`: the variable has no name"),
        (["--ext-arg", "fixture-wasi"], "`--ext-arg fixture-wasi`: expected NAME=ARG"),
        (["--ext-stdio", "fixture-wsai"], "no extension is called `fixture-wsai`"),
    ];
    for (option, message) in cases {
        let ended = Scratch::new().innerbox(&["eval", option[0], option[1], "1"]);
        assert_eq!(ended.code, 2, "{option:?}: {ended:?}");
        assert!(ended.err.contains(message), "{option:?}: {ended:?}");
    }
}

#[test]
fn what_lends_a_component_what_it_asks_for_is_told() {
    need_guest("fixture-wasi");
    let info = Scratch::new().innerbox(&["ext", "info", "fixture-wasi"]);
    assert_eq!(info.code, 0, "{info:?}");
    for part in [
        "files           none: there is no directory",
        "files        --ext-allow-read fixture-wasi=DIR[::GUEST], --ext-allow-write fixture-wasi=DIR[::GUEST]",
        "streams      --ext-stdio fixture-wasi",
    ] {
        assert!(info.out.contains(part), "{part}: {}", info.out);
    }
    let json = Scratch::new().innerbox(&["ext", "info", "--json", "fixture-wasi"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let needs = json["needs"].as_array().unwrap();
    let environment = needs.iter().find(|need| need["for"] == "environment").unwrap();
    assert_eq!(environment["lent_by"], serde_json::json!(["--ext-env fixture-wasi=KEY[=VALUE]"]));
}

#[test]
fn a_trap_is_an_exception_with_the_components_own_stack() {
    need_guest("fixture-trap");
    let info = Scratch::new().innerbox(&["ext", "info", "fixture-trap"]);
    assert_eq!(info.code, 0, "{info:?}");
    let main = "
        import * as fixture from 'fixture-trap';
        try { fixture.unreachable(); } catch (error) { console.log(error.name, error.code); }
        fixture.panic('for the test');
    ";
    let scratch = Scratch::with(&[("main.js", main)]);
    let ended = scratch.innerbox(&["run", "main.js"]);
    assert_eq!((ended.code, ended.out.as_str()), (1, "TrapError ERR_TRAP\n"), "{}", ended.err);
    assert!(ended.err.contains("for the test") && ended.err.contains("(wasm fixture-trap)"), "{ended:?}");
}

#[test]
fn extensions_are_listed_and_described() {
    need_guest("digest");
    let list = Scratch::new().innerbox(&["ext", "list"]);
    assert_eq!(list.code, 0, "{list:?}");
    assert!(
        list.out.lines().any(|line| line.starts_with("digest ") && line.contains("innerbox:digest/hash"))
    );
    let info = Scratch::new().innerbox(&["ext", "info", "digest"]);
    assert_eq!(info.code, 0, "{info:?}");
    for part in [
        "door    direct",
        "digestHex(algorithm: Algorithm, data: Uint8Array): string",
        "class Hasher",
        "new Hasher(algorithm: Algorithm)",
        "Algorithm = 'blake3' | 'sha256' | 'xxh3'",
    ] {
        assert!(info.out.contains(part), "{part}: {}", info.out);
    }
    let json = Scratch::new().innerbox(&["ext", "info", "--json", "digest"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["name"], &json["door"]), (&"digest".into(), &"direct".into()));
    assert_eq!(json["interfaces"][0]["classes"][0]["name"], "Hasher");
}

#[test]
fn what_javascript_has_to_give_is_told() {
    need_guest("fixture-given");
    let info = Scratch::new().innerbox(&["ext", "info", "fixture-given"]);
    assert_eq!(info.code, 0, "{info:?}");
    let line = info.out.lines().find(|line| line.contains("test:given/host")).unwrap_or_default();
    assert!(line.ends_with("what JavaScript gives it"), "{}", info.out);
    assert!(info.out.contains("greet"), "{}", info.out);
}

#[test]
fn the_door_of_a_component_is_told_with_the_reason() {
    let scratch = Scratch::new();
    let bytes = wat::parse_str(include_str!("wat/wasi.wat")).unwrap();
    std::fs::write(scratch.0.join("polls.wasm"), bytes).unwrap();
    let info = scratch.innerbox(&["ext", "info", "polls.wasm"]);
    assert_eq!(info.code, 0, "{info:?}");
    for part in [
        "door    general: it imports ",
        "clocks          in steps of a millisecond",
        "poll.[method]pollable.block",
    ] {
        assert!(info.out.contains(part), "{part}: {}", info.out);
    }
    let json = scratch.innerbox(&["ext", "info", "--json", "polls.wasm"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["door"], "general");
    assert!(json["door_reason"].as_str().unwrap().starts_with("it imports "));
}

#[test]
fn a_component_that_cannot_be_used_is_refused_with_the_reason() {
    let scratch = Scratch::with(&[("text.wasm", "this is no component")]);
    let ended = scratch.innerbox(&["ext", "info", "text.wasm"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("not a component"), "{ended:?}");
}

#[test]
fn the_example_makes_a_thumbnail_of_a_photograph() {
    need_guest("image");
    need_guest("digest");
    let scratch = Scratch::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    std::fs::create_dir(scratch.0.join("examples")).unwrap();
    for file in ["thumbnail.js", "lake-sherburne.jpg"] {
        std::fs::copy(format!("{examples}/{file}"), scratch.0.join("examples").join(file)).unwrap();
    }
    let target = scratch.0.join("target/demo");
    std::fs::create_dir_all(&target).unwrap();
    let ended = scratch.innerbox(&[
        "run",
        "--allow-read=examples",
        "--allow-write=target/demo",
        "examples/thumbnail.js",
    ]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let thumbnail = std::fs::read(target.join("thumbnail.jpg")).unwrap();
    assert_eq!(thumbnail[..2], [0xff, 0xd8], "it is a JPEG");
    assert!(ended.out.contains("640 x "), "{}", ended.out);
    assert!(ended.out.contains("The thumbnail lies at target/demo/thumbnail.jpg"), "{}", ended.out);
}

#[test]
fn the_version_names_both_engines() {
    let ended = Scratch::new().innerbox(&["--version"]);
    assert_eq!(ended.code, 0);
    for part in [env!("CARGO_PKG_VERSION"), "V8 15.2.", "wasmtime 48.0.8"] {
        assert!(ended.out.contains(part), "{ended:?}");
    }
}

/// What is written in a file of the repository.
fn written(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn the_script_in_the_readme_runs() {
    need_guest("image");
    need_guest("digest");
    let readme = written("README.md");
    let (_, script) = readme.split_once("```js\n").expect("the README has a script");
    let (script, _) = script.split_once("```").expect("the script ends");
    let scratch = Scratch::with(&[("small.js", script)]);
    std::fs::create_dir(scratch.0.join("examples")).unwrap();
    let photograph = "examples/lake-sherburne.jpg";
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(photograph), scratch.0.join(photograph))
        .unwrap();
    std::fs::create_dir_all(scratch.0.join("target/demo")).unwrap();
    let arguments = "run --allow-read=examples --allow-write=target/demo small.js";
    assert!(readme.contains(&format!("innerbox {arguments}")), "the README tells how to run it");
    let ended = scratch.innerbox(&arguments.split(' ').collect::<Vec<_>>());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert!(
        ended.out.contains("width: 640") && scratch.0.join("target/demo/small.jpg").is_file(),
        "{}",
        ended.out
    );
}

#[test]
fn the_errors_in_the_readme_are_what_is_said() {
    let sources = [
        "import { decode, rotate } from 'image';\n\nrotate(decode(new Uint8Array()));\n",
        "import { Image } from 'image';\n\nusing dot = Image.fromPixels(1, 1, new Uint8Array(4));\n\
         const wide = dot.resize({ width: '640' });\n",
        "import { unreachable } from 'fixture-trap';\n\nunreachable();\n",
    ];
    let readme = written("README.md");
    for source in sources {
        let scratch = Scratch::with(&[("main.js", source)]);
        let ended = scratch.innerbox(&["run", "main.js"]);
        let said = ended.err.replace(&format!("file://{}", scratch.0.display()), "file:///app");
        assert!(readme.contains(&format!("```text\n{said}```\n")), "the README does not have this:\n{said}");
    }
}

#[test]
fn map_calls_a_module_with_each_line_in_a_fresh_sandbox() {
    let module = "globalThis.calls = (globalThis.calls ?? 0) + 1;
        export default async ({ n }) => {
          if (n === 2) throw new Error('not two');
          await null;
          return [n * n, globalThis.calls];
        };";
    let scratch = Scratch::with(&[
        ("square.js", module),
        ("inputs.jsonl", "{\"n\": 1}\n{\"n\": 2}\nnot JSON\n{\"n\": 4}\n"),
        ("five.jsonl", "5\n"),
        ("five.js", "export default 5;"),
        ("endless.js", "export default () => /a/g[Symbol.replace]('ab'.repeat(2 ** 23), 'bbbb').length;"),
    ]);
    let ended = scratch.innerbox(&["map", "square.js", "inputs.jsonl", "--threads", "2"]);
    assert_eq!(ended.out, "[1,1]\nnull\nnull\n[16,1]\n", "{}", ended.err);
    assert_eq!(ended.code, 1);
    for told in ["line 2: ", "Error: not two", "line 3: the input is not JSON: ", "4 calls in ", " 2 failed"]
    {
        assert!(ended.err.contains(told), "{told}: {}", ended.err);
    }

    let ended = scratch.innerbox(&["map", "square.js", "inputs.jsonl", "--json"]);
    let first: Value = serde_json::from_str(ended.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["outcome"], &first["value"][0]), (&Value::from("returned"), &Value::from(1)));

    let ended = scratch.innerbox(&["map", "five.js", "five.jsonl"]);
    assert_eq!((ended.code, ended.out.as_str()), (1, "null\n"));
    assert!(ended.err.contains("the script's value: expected function, got number"), "{}", ended.err);

    // What cannot be ended takes the process with it.
    let ended = scratch.innerbox(&["map", "endless.js", "five.jsonl", "--wall", "100ms"]);
    assert_eq!((ended.code, ended.out.as_str()), (3, ""));
    assert!(ended.err.contains("a call could not be ended"), "{}", ended.err);

    let ended = scratch.innerbox(&["map", "none.js", "five.jsonl"]);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    let ended = scratch.innerbox(&["map", "square.js", "none.jsonl"]);
    assert!(ended.code == 2 && ended.err.contains("cannot open `none.jsonl`"), "{}", ended.err);
}
