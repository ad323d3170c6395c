//! Declarations of components: what they say is what scripts see, and TypeScript agrees.
//!
//! TypeScript comes from npm by `cargo xtask setup`. Where that could not have it, the tests that need it say so.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use innerbox::WitDocs;
use serde_json::Value;

use crate::asking::ASKING;
use crate::cli::{GUESTS, Scratch, need_guest};
use crate::side::SIDE;
use crate::support::{component_of, extension};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/typings");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/npm");

/// As strict as the compiler can be, about nothing but the language.
const CONFIGURATION: &str = r#"{
  "compilerOptions": {
    "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "isolatedModules": true,
    "target": "esnext", "lib": ["esnext"], "module": "esnext", "moduleResolution": "bundler", "types": [],
    "outDir": "out", "noEmitOnError": true
  }
}"#;

/// The compiler; `None`, and a word about it, where set-up could not have it.
fn compiler() -> Option<PathBuf> {
    let compiler = Path::new(TOOLS).join("typescript/node_modules/.bin/tsc");
    if compiler.is_file() {
        return Some(compiler);
    }
    let reason = std::fs::read_to_string(Path::new(TOOLS).join("typescript.unavailable"));
    let reason = reason.expect("TypeScript is missing: run `cargo xtask setup`");
    // Not by `eprintln!`: what a passing test prints is not shown.
    let said = format!("not tested, for there is no TypeScript: {}\n", reason.trim());
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

/// Type-checks and compiles what lies in a folder, to its folder `out`.
fn compile(compiler: &Path, scratch: &Scratch) {
    compile_as(compiler, scratch, CONFIGURATION);
}

fn compile_as(compiler: &Path, scratch: &Scratch, configuration: &str) {
    std::fs::write(scratch.0.join("tsconfig.json"), configuration).unwrap();
    let output = Command::new(compiler).arg("-p").arg(&scratch.0).output().expect("the compiler runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Every component that was built.
fn guests() -> Vec<String> {
    let files = std::fs::read_dir(GUESTS).expect("guests are built: `cargo xtask guests`");
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned)).collect();
    names.sort();
    names
}

/// The declarations of all guests, in a folder.
fn declared(guests: &[String]) -> Scratch {
    let scratch = Scratch::new();
    for name in guests {
        let ended = scratch.innerbox(&["types", name, "-o", &format!("{name}.d.ts")]);
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "", ""), "{name}");
    }
    scratch
}

#[test]
fn an_example_reads_well() {
    need_guest("image");
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/guest/image/image.wit");
    let ended = Scratch::new().innerbox(&["types", "--wit", wit, "image"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let expected = std::fs::read_to_string(format!("{SOURCES}/image.d.ts")).unwrap();
    if ended.out != expected {
        let said = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image.d.ts");
        std::fs::write(&said, &ended.out).unwrap();
        panic!("`{}` is not what `tests/all/typings/image.d.ts` has", said.display());
    }
}

#[test]
fn scripts_that_use_guests_type_check_and_run() {
    let Some(compiler) = compiler() else { return };
    let scratch = declared(&guests());
    for file in ["use.ts", "refused.ts"] {
        std::fs::copy(format!("{SOURCES}/{file}"), scratch.0.join(file)).unwrap();
    }
    compile(&compiler, &scratch);
    let ended = scratch.innerbox(&["run", "out/use.js"]);
    let expected = std::fs::read_to_string(format!("{SOURCES}/use.txt")).unwrap();
    assert_eq!((ended.code, ended.out, ended.err.as_str()), (0, expected, ""));
    let ended = scratch.innerbox(&["run", "out/refused.js"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "34\n", ""));
}

#[test]
fn what_asynchronous_components_take_and_give_type_checks() {
    let Some(compiler) = compiler() else { return };
    let scratch = Scratch::new();
    for (name, extension) in [("side", &SIDE), ("asking", &ASKING)] {
        std::fs::write(scratch.0.join(format!("{name}.d.ts")), extension.typings()).unwrap();
    }
    std::fs::write(scratch.0.join("use.ts"), USE_OF_PROMISES).unwrap();
    // `ReadableStream` is a browser's, too.
    compile_as(&compiler, &scratch, &CONFIGURATION.replace(r#"["esnext"]"#, r#"["esnext", "dom"]"#));
}

const USE_OF_PROMISES: &str = "
import { addLater, addNow, total } from 'asking';
import type { Imports } from 'asking';
import { copy, later } from 'side';

type Host = Imports.Host.Given;
const answers: Pick<Host, 'add' | 'addLater' | 'notify' | 'total' | 'later'>[] = [
  { add: (a, b) => a + b, addLater: (a, b) => a + b, notify() {}, total: () => 1n, later: async (n) => await n },
  { add: (a, b) => a + b, addLater: async (a, b) => a + b, async notify() {}, total: async () => 1n, later: () => 1 },
];
// @ts-expect-error: a function that is not `async` gives its value
answers[0]!.add = async (a, b) => a + b;
const sum: Promise<number> = addLater(addNow(1, 2), 3);
const bytes: Promise<bigint> = total(new ReadableStream<Uint8Array>());
const copied: Promise<ReadableStream<Uint8Array<ArrayBuffer>>> = copy(new ReadableStream<Uint8Array>());
const given: Promise<number>[] = [later(1), later(Promise.resolve(1))];
// @ts-expect-error: it is a promise
const wrong: number = addLater(1, 2);
export { answers, bytes, copied, given, sum, wrong };
";

#[test]
fn what_is_declared_is_what_there_is() {
    let Some(compiler) = compiler() else { return };
    let guests = guests();
    check_names(&compiler, &declared(&guests), &guests, &[]);
}

#[test]
fn every_name_of_wit_can_be_declared() {
    let scratch = Scratch::new();
    let mut extensions = Vec::new();
    for (name, wit) in WORLDS {
        let file = format!("{name}.wasm");
        std::fs::write(scratch.0.join(&file), component_of(wit)).unwrap();
        std::fs::write(scratch.0.join(name).with_extension("wit"), wit).unwrap();
        let ended = scratch.innerbox(&["types", &file, "-o", &format!("{name}.d.ts")]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{name}");
        extensions.push(format!("--ext={file}"));
    }
    std::fs::write(scratch.0.join("use.ts"), USE_OF_WORLDS).unwrap();
    let Some(compiler) = compiler() else { return };
    let names: Vec<_> = WORLDS.map(|(name, _)| name.to_owned()).into();
    check_names(&compiler, &scratch, &names, &extensions);
}

/// Type-checks that components have exactly the names that a script finds in them, and whatever else is in the folder.
fn check_names(compiler: &Path, scratch: &Scratch, components: &[String], extensions: &[String]) {
    let script = format!("{SOURCES}/names.js");
    let grant = format!("--allow-read={script}");
    let mut arguments = vec!["run", &grant];
    arguments.extend(extensions.iter().map(String::as_str));
    arguments.push(&script);
    arguments.extend(components.iter().map(String::as_str));
    let ended = scratch.innerbox(&arguments);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let found = found.as_object().unwrap();
    assert_eq!(found.len(), components.len());
    let mut check = String::from("type Text<T> = Extract<T, string>;\nexport {};\n");
    for (name, module) in found {
        same_names(&mut check, &format!("typeof import('{name}')"), module);
    }
    std::fs::write(scratch.0.join("names.ts"), check).unwrap();
    compile(compiler, scratch);
}

/// Lines that type-check where a module or an interface has exactly the names that were found.
fn same_names(check: &mut String, path: &str, found: &Value) {
    let mut same = |keys: &str, names: &Value| {
        let names: Vec<_> = names.as_array().unwrap().iter().map(|name| format!("{name}: 0")).collect();
        writeln!(check, "({{ {} }}) satisfies Record<Text<{keys}>, 0>;", names.join(", ")).unwrap();
    };
    same(&format!("keyof ({path})"), &found["names"]);
    for (name, class) in found["classes"].as_object().unwrap() {
        same(&format!("keyof ({path})['{name}']"), &class["statics"]);
        same(&format!("Exclude<keyof ({path})['{name}']['prototype'], 'constructor'>"), &class["own"]);
    }
    for (name, object) in found["objects"].as_object().unwrap() {
        same_names(check, &format!("({path})['{name}']"), object);
    }
}

#[test]
fn doc_comments_come_from_where_they_are() {
    let wit = "package a:b@1.0.0;\n/// An interface.\ninterface i { use c:d/e.{r}; /// A */ function.\nf: func(r: r) -> r; }\n\
               world w { /// Of the world.\nexport g: func(); export i; }\n";
    let dependency = "package c:d;\ninterface e {\n/// A record.\nrecord r {\n/// A field.\na-b: u32 } }\n";
    let together = format!("{wit}package c:d {{ interface e {{ record r {{ a-b: u32 }} }} }}");
    let scratch = Scratch::with(&[("c.wit", wit), ("unfinished.wit", "package")]);
    std::fs::write(scratch.0.join("c.wasm"), component_of(&together)).unwrap();
    let said = |arguments: &[&str]| {
        let ended = scratch.innerbox(arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{arguments:?}");
        let comments =
            ended.out.lines().filter_map(|line| line.trim().strip_prefix("/** ")?.strip_suffix(" */"));
        let comments: Vec<_> = comments.map(str::to_owned).collect();
        comments[..comments.iter().position(|text| text.starts_with("An instance of its own")).unwrap()]
            .to_vec()
    };
    // A file beside the component, whose dependencies need not be there.
    let own = ["Of the world.", "All of it as one object.", "An interface.", "A *\\/ function."];
    assert_eq!(said(&["types", "c.wasm"]), own);
    // A folder, with dependencies.
    std::fs::create_dir_all(scratch.0.join("wit/deps")).unwrap();
    std::fs::write(scratch.0.join("wit/a.wit"), wit).unwrap();
    std::fs::write(scratch.0.join("wit/deps/d.wit"), dependency).unwrap();
    let all = [&own[..3], &["A record.", "A field."], &own[3..]].concat();
    assert_eq!(said(&["types", "--wit", "wit", "c.wasm"]), all);
    // What cannot be read is told: as an error where it was asked for.
    std::fs::copy(scratch.0.join("c.wasm"), scratch.0.join("unfinished.wasm")).unwrap();
    let ended = scratch.innerbox(&["types", "unfinished.wasm"]);
    assert!(
        ended.code == 0 && ended.err.starts_with("note: `unfinished.wit` gives no doc comments: "),
        "{ended:?}"
    );
    for wit in ["unfinished.wit", "nowhere.wit"] {
        let ended = scratch.innerbox(&["types", "c.wasm", "--wit", wit]);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
        assert!(ended.err.starts_with(&format!("error: `--wit {wit}`: ")), "{ended:?}");
    }
}

#[test]
fn the_library_gives_what_the_command_prints() {
    need_guest("digest");
    let digest = extension("digest");
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/guest/digest/digest.wit");
    let printed = Scratch::new().innerbox(&["types", "digest", "--wit", wit]);
    assert_eq!(digest.typings_with(&WitDocs::read(wit).unwrap()), printed.out);
    let plain = digest.typings();
    assert!(plain.contains("export class Hasher") && !plain.contains("A hash of data that comes in pieces"));
}

/// Worlds whose names are words of TypeScript, or meet each other.
const WORLDS: [(&str, &str); 4] = [
    (
        "reserved",
        "package test:reserved@1.0.0;
         world reserved {
           record uint8-array { new: u32, tag: option<string> }
           flags array { tag, length }
           export my-inner: interface {
             resource symbol {
               constructor();
               tag: func();
               %constructor: func();
               name: static func() -> symbol;
               length: static func();
             }
             variant data-view { a(option<u32>), b }
             delete: func(class: u32, this: string) -> list<u8>;
             default: func(view: data-view, bytes: list<u8>) -> option<option<data-view>>;
             nested: func(a: option<option<data-view>>, b: option<option<option<bool>>>, c: option<option<symbol>>);
           }
           export exports: func(b: option<list<u16>>, arguments: u8, c: option<option<string>>);
           export %import: func(x: uint8-array, y: array) -> tuple<uint8-array, array>;
           export delete: func();
         }",
    ),
    (
        "many",
        "package test:many;
         interface types {
           record pair { first: list<u8>, second: option<string> }
           enum error { near, far }
           type id = u64;
           type pixels = list<u8>;
           type outcome = result<pixels, error>;
           resource node { constructor(id: id); id: func() -> id; paint: func(pixels: pixels) -> outcome; }
         }
         interface user {
           use types.{pair as couple, error as far-error, id, node};
           enum error { x, y }
           record pair-like { node: node }
           meet: func(couple: couple, node: borrow<node>) -> result<couple, far-error>;
           part: func(pair: pair-like) -> result<id, error>;
         }
         world many {
           use types.{pair};
           export types;
           export user;
           export swap: func(pair: pair) -> pair;
         }",
    ),
    (
        "given",
        "package test:given@1.0.0;
         interface one {
           type bytes = list<u8>;
           resource symbol { delete: func(bytes: bytes); }
           find: func() -> option<symbol>;
         }
         interface two {
           use one.{symbol};
           resource node { constructor(); over: static func(symbol: symbol) -> result<node, bool>; }
           new: func(%default: option<option<u8>>) -> option<option<u8>>;
         }
         world given {
           import one;
           import two;
           import log: func(text: string);
           export two;
           export imports: func();
         }",
    ),
    (
        "meeting",
        "package test:meeting@0.1.0;
         interface hash {
           record pair { a: u32 }
           hash: func() -> u32;
           add: func(pair: pair) -> pair;
           default: func() -> string;
         }
         world meeting {
           record pair { b: string }
           export hash;
           export hash: func() -> bool;
           export add: func(pair: pair) -> pair;
           export sub: func(pair: pair) -> pair;
         }",
    ),
];

const USE_OF_WORLDS: &str = "
import * as reserved from 'reserved';
import { myInner, exports, import as take, delete as inner } from 'reserved';
import { user, types, swap } from 'many';
import { Node } from 'test:many/types';
import { meet } from 'test:many/user';
import meeting, { hash, add, sub } from 'meeting';
import type { Imports } from 'given';
import { instantiate } from 'innerbox:component';
import { add as sameAdd } from 'test:meeting/hash@0.1.0';

const symbol: myInner.Symbol = new myInner.Symbol();
const bytes: Uint8Array<ArrayBuffer> = myInner.delete(1, 'text');
myInner.default({ tag: 'a' }, bytes)?.val?.tag;
myInner.nested({ tag: 'some', val: { tag: 'b' } }, true, { tag: 'some', val: symbol });
reserved['my-inner'].delete(1, 'text');
exports(undefined, 1, { tag: 'none' });
exports(new Uint16Array(), 1, 'c');
take({ new: 1 }, { tag: true })[0].tag?.length;
inner(1, 'text').length;
// @ts-expect-error: a case of the option, not of the variant
myInner.nested({ tag: 'b' }, true, undefined);
// @ts-expect-error: what has a `tag` needs one around it
myInner.nested(undefined, true, symbol);
// @ts-expect-error: only the last ones may be left out
exports(1);

const node: types.Node = new Node(1n);
const couple: user.Couple = meet({ first: [1] }, node);
couple.first.byteLength;
const id: bigint = user.part({ node });
const error: user.FarError = 'far';
const other: user.Error = 'x';
const painted: types.Pixels = node.paint([1, 2]);
swap(swap(couple)).second?.length;
// @ts-expect-error: another enum
const none: user.Error = 'near';

class Found implements Imports.One.Symbol_ {
  delete(bytes: Uint8Array<ArrayBuffer>) { bytes.byteLength; }
}
class Over {
  static over(symbol: Imports.One.Symbol_) { return symbol instanceof Found ? new Over() : new Over(); }
}
const one: Imports.One.Given = { Symbol: Found, find: () => null };
const two: Imports.Two.Given = { Node: Over, new: (value) => value?.val };
const given = instantiate('given', { one, 'test:given/two': two, log(text) { text.length; } });
new given.two.Node();
given.imports();
// @ts-expect-error: nothing for `two`
instantiate('given', { one, log() {} });
// @ts-expect-error: an answer of another type
instantiate('given', { one: { ...one, find: () => 1 }, two, log() {} });
instantiate('meeting').hash.hash();
// @ts-expect-error: no component of this name
instantiate('missing');

const number: number = hash.hash();
const text: string = meeting() + hash.default();
add(sameAdd({ a: 1 })).a;
sub(sub({ b: 'b' })).b;
";
