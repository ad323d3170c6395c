//! A component may answer with any bits. Each claim that breaks the canonical ABI is a trap of the component: nothing is
//! read outside its memory, the script gets an exception, and the next call finds a fresh instance.

use innerbox::{DoorChoice, Extension, Sandbox};

use crate::support::{DOORS, ENGINE};

/// A component of one function `f`, whose core function is `body`; `realloc` is the body of its allocator.
struct Claim {
    /// The component function's parameters and result.
    signature: &'static str,
    /// The core function's parameters and result.
    core: &'static str,
    body: &'static str,
    realloc: &'static str,
    /// What the script calls.
    call: &'static str,
    /// A part of the exception's message.
    says: &'static str,
}

const PLAIN: &str = "i32.const 1024";

const CLAIMS: &[Claim] = &[
    answers("(result string)", "(result i32)", "i32.const 65532", "outside the memory"),
    answers("(result string)", "(result i32)", "i32.const -1", "not aligned"),
    answers("(result string)", "(result i32)", "i32.const 2", "not aligned to 4"),
    answers(
        "(result string)",
        "(result i32)",
        "i32.const 16",
        "16 bytes at 0xfffffff0 lie outside the memory",
    ),
    answers("(result string)", "(result i32)", "i32.const 24", "outside the memory"),
    answers("(result string)", "(result i32)", "i32.const 32", "a string is not UTF-8"),
    answers("(result (list u32))", "(result i32)", "i32.const 40", "a list of 4294967295 elements"),
    answers("(result (list u32))", "(result i32)", "i32.const 48", "not aligned to 4"),
    answers("(result (list string))", "(result i32)", "i32.const 56", "outside the memory"),
    answers("(result (option u32))", "(result i32)", "i32.const 64", "option<u32> has no case 2"),
    answers("(result (option string))", "(result i32)", "i32.const 64", "option<string> has no case 2"),
    answers("(result (result u32 (error u32)))", "(result i32)", "i32.const 64", "result has no case 2"),
    answers("(result (result))", "(result i32)", "i32.const 7", "result has no case 7"),
    answers("(result char)", "(result i32)", "i32.const 0xd800", "0xd800 is no char"),
    answers("(result char)", "(result i32)", "i32.const 0x110000", "0x110000 is no char"),
    answers("(result (tuple char u8))", "(result i32)", "i32.const 72", "0xdfff is no char"),
    answers("(result string)", "(result i32)", "unreachable", "unreachable"),
    allocates("i32.const 65530", "outside the memory"),
    allocates("i32.const -8", "outside the memory"),
    allocates("unreachable", "unreachable"),
    allocates("(drop (memory.grow (i32.const 1))) i32.const 200000", "outside the memory"),
    Claim {
        signature: "(param \"p\" (list u64))",
        core: "(param i32 i32)",
        body: "",
        realloc: "i32.const 1028",
        call: "f([1n])",
        says: "not aligned to 8",
    },
];

const fn answers(
    signature: &'static str,
    core: &'static str,
    body: &'static str,
    says: &'static str,
) -> Claim {
    Claim { signature, core, body, realloc: PLAIN, call: "f()", says }
}

const fn allocates(realloc: &'static str, says: &'static str) -> Claim {
    Claim {
        signature: "(param \"p\" string)",
        core: "(param i32 i32)",
        body: "",
        realloc,
        call: "f('some text')",
        says,
    }
}

/// Pointers and lengths that claim too much lie in the memory's first bytes.
fn component(claim: &Claim, post_return: &str) -> Vec<u8> {
    let Claim { signature, core, body, realloc, .. } = claim;
    let text = format!(
        r#"(component
          (core module $m
            (memory (export "memory") 1)
            (data (i32.const 16) "\f0\ff\ff\ff\10\00\00\00")
            (data (i32.const 24) "\00\00\00\00\01\00\01\00")
            (data (i32.const 32) "\24\00\00\00\04\00\00\00")
            (data (i32.const 36) "\04\00\00\00")
            (data (i32.const 40) "\00\00\00\00\ff\ff\ff\ff")
            (data (i32.const 48) "\02\00\00\00\01\00\00\00")
            (data (i32.const 56) "\f8\ff\00\00\02\00\00\00")
            (data (i32.const 64) "\02\00\00\00\00\00\00\00")
            (data (i32.const 72) "\ff\df\00\00\00\00\00\00")
            (data (i32.const 80) "\ff\fe\fd\fc")
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
            (func (export "f") {core} {body})
            (func (export "ok") (result i32) i32.const 42)
            (func (export "post") (param i32) {post_return}))
          (core instance $i (instantiate $m))
          (alias core export $i "memory" (core memory $memory))
          (func (export "f") {signature}
            (canon lift (core func $i "f") (memory $memory) (realloc (core func $i "realloc")){post}))
          (func (export "ok") (result u32) (canon lift (core func $i "ok"))))"#,
        post = if post_return.is_empty() { "" } else { " (post-return (core func $i \"post\"))" },
    );
    // The string at 32 lies at 80, where no UTF-8 does.
    let text = text.replace(r#"(i32.const 32) "\24\00\00\00\04"#, r#"(i32.const 32) "\50\00\00\00\04"#);
    let text = text.replace("            (data (i32.const 36) \"\\04\\00\\00\\00\")\n", "");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn check(bytes: &[u8], call: &str, says: &str) {
    for door in DOORS {
        check_by(door, bytes, call, says);
    }
}

fn check_by(door: DoorChoice, bytes: &[u8], call: &str, says: &str) {
    let guest = Extension::from_bytes_by(&ENGINE, "claims", bytes, door).unwrap();
    let mut sandbox = Sandbox::builder(&ENGINE).extension(&guest).build().unwrap();
    let source = format!(
        "import {{ f, ok }} from 'claims';
         const seen = [];
         for (let i = 0; i < 2; i++) {{
           try {{ seen.push(`returned ${{{call}}}`); }} catch (error) {{ seen.push(`${{error.name}}: ${{error.message}}`); }}
           seen.push(ok());
         }}
         export default seen;"
    );
    let seen: Vec<serde_json::Value> = sandbox.run_module_source("test.js", &source).into_value().unwrap();
    for round in seen.chunks(2) {
        let message = round[0].as_str().unwrap_or_default();
        assert!(
            message.starts_with("TrapError") && message.contains(says),
            "expected {says:?}, got {message:?} through {door:?}"
        );
        assert_eq!(round[1], 42, "after {message}");
    }
}

#[test]
fn claims_are_checked() {
    for claim in CLAIMS {
        check(&component(claim, ""), claim.call, claim.says);
    }
}

#[test]
fn a_trap_in_post_return_is_a_trap() {
    let claim = Claim {
        signature: "(result string)",
        core: "(result i32)",
        body: "i32.const 96",
        realloc: PLAIN,
        call: "f()",
        says: "unreachable",
    };
    check(&component(&claim, "unreachable"), claim.call, claim.says);
}

#[test]
fn memory_that_grows_while_it_is_allocated_is_seen_whole() {
    let claim = Claim {
        signature: "(param \"p\" string) (result u32)",
        core: "(param i32 i32) (result i32)",
        body: "(i32.load8_u (local.get 0))",
        realloc: "(drop (memory.grow (i32.const 1))) i32.const 65536",
        call: "",
        says: "",
    };
    for door in DOORS {
        let bytes = component(&claim, "");
        let guest = Extension::from_bytes_by(&ENGINE, "claims", &bytes, door).unwrap();
        let mut sandbox = Sandbox::builder(&ENGINE).extension(&guest).build().unwrap();
        let source = "import { f } from 'claims'; export default f('A');";
        assert_eq!(sandbox.run_module_source("test.js", source).into_value::<u32>().unwrap(), 65);
    }
}

/// What `f` gives for an empty string and an empty list, where the memory has no page: its `realloc` is asked for a place
/// of no bytes, since that is what the component may free.
fn places_of_nothing(door: DoorChoice, realloc: &str) -> Result<u32, String> {
    let text = r#"(component
      (core module $m
        (memory (export "memory") 0)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) REALLOC)
        (func (export "f") (param i32 i32 i32 i32) (result i32)
          (i32.add (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 2) (local.get 3)))))
      (core instance $i (instantiate $m))
      (func (export "f") (param "a" string) (param "b" (list u64)) (result u32)
        (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;
    let bytes = wat::parse_str(text.replace("REALLOC", realloc)).unwrap();
    let guest = Extension::from_bytes_by(&ENGINE, "claims", &bytes, door).unwrap();
    let mut sandbox = Sandbox::builder(&ENGINE).extension(&guest).build().unwrap();
    let source = "import { f } from 'claims'; export default f('', new BigUint64Array(0)) + f('', []);";
    sandbox.run_module_source("test.js", source).into_value().map_err(|error| error.to_string())
}

#[test]
fn nothing_has_a_place_too() {
    for door in DOORS {
        assert_eq!(places_of_nothing(door, "i32.const 0"), Ok(0), "{door:?}");
        for (realloc, says) in [("unreachable", "unreachable"), ("i32.const 8", "outside the memory")] {
            let error = places_of_nothing(door, realloc).unwrap_err();
            assert!(error.contains("TrapError") && error.contains(says), "{door:?}: {error}");
        }
    }
}

#[test]
fn lists_that_share_their_memory_are_counted_all_together() {
    let text = r#"(component
      (core module $m
        (memory (export "memory") 66)
        (func (export "f") (param i32) (result i32) (local $at i32)
          ;; All inner lists are one at 65536; with the outer list's element, the first is all that is allowed.
          (loop $more
            (i32.store (i32.add (i32.const 8) (i32.mul (local.get $at) (i32.const 8))) (i32.const 65536))
            (i32.store (i32.add (i32.const 12) (i32.mul (local.get $at) (i32.const 8))) (i32.const 0x3fffff))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $more (i32.lt_u (local.get $at) (local.get 0))))
          (i32.store (i32.const 0) (i32.const 8))
          (i32.store (i32.const 4) (local.get 0))
          (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "f") (param "count" u32) (result (list (list bool)))
        (canon lift (core func $i "f") (memory (core memory $i "memory")))))"#;
    let bytes = wat::parse_str(text).unwrap();
    for door in DOORS {
        let guest = Extension::from_bytes_by(&ENGINE, "claims", &bytes, door).unwrap();
        let mut sandbox = Sandbox::builder(&ENGINE).extension(&guest).build().unwrap();
        let source = "import { f } from 'claims';
            const seen = [1, 2, 60].map((count) => {
              try { return f(count)[0].length; } catch (error) { return `${error.name} ${error.limit} ${error.allowed}`; }
            });
            export default seen;";
        let seen: Vec<serde_json::Value> = sandbox.run_module_source("test.js", source).into_value().unwrap();
        let limit = "LimitError list elements 4194304";
        assert_eq!(seen, [serde_json::json!(4_194_303), limit.into(), limit.into()], "{door:?}");
    }
}
