//! Lists of a fixed length, and maps, through both doors.

use std::sync::LazyLock;

use innerbox::{Extension, Sandbox};

use crate::support::{DOORS, ENGINE, component_of, component_with, tight};

static SHAPES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    component_with(include_str!("wat/shapes.wit"), wat::parse_str(include_str!("wat/shapes.wat")).unwrap())
});

#[track_caller]
fn check(body: &str, expected: &str) {
    for door in DOORS {
        let shapes = Extension::from_bytes_by(&ENGINE, "shapes", &SHAPES, door).unwrap();
        let mut sandbox = Sandbox::builder(&ENGINE).extension_with(&shapes, tight()).build().unwrap();
        let source = format!(
            "import * as shapes from 'shapes';
             import {{ promising }} from 'innerbox:component';
             const thrown = (call) => {{ try {{ return call(); }} catch (error) {{ return `${{error.name}} ${{error.message}}`; }} }};
             {body}"
        );
        let completion = sandbox.run_module_source("shapes.js", &source);
        let json = serde_json::to_value(&completion).unwrap();
        assert_eq!(json["outcome"], "returned", "{json:#}");
        let expected = serde_json::from_str::<serde_json::Value>(expected).unwrap();
        assert_eq!(json["value"], expected, "{door:?}");
    }
}

#[test]
fn a_list_of_a_fixed_length_is_a_typed_array_or_an_array() {
    check(
        "const long = Uint16Array.from({ length: 20 }, (_, i) => i * 3000);
         const name = (value) => value.constructor.name;
         export default [
           [...shapes.bytes(Uint8Array.of(1, 2, 3, 255))], [...shapes.bytes([9, 8, 7, 6])], name(shapes.bytes([0, 0, 0, 0])),
           shapes.signed(Int8Array.of(-1, -2)), shapes.signed([-128, 1]),
           shapes.long(long).join() === long.join(), name(shapes.long([...long])), shapes.long([...long]).join() === long.join(),
           shapes.words(['h\u{e9}', '']), shapes.pairs([[1, 2], [3, 4]]), shapes.bools([true, false, true]), [...shapes.single([7])],
           [...await promising(shapes.bytes)([1, 2, 3, 4])], await promising(shapes.words)(['a', 'b']), [...await promising(shapes.single)([7])],
         ];",
        r#"[[1, 2, 3, 255], [9, 8, 7, 6], "Uint8Array", -3, -127, true, "Uint16Array", true, ["hé", ""], [[1, 2], [3, 4]],
            [true, false, true], [7], [1, 2, 3, 4], ["a", "b"], [7]]"#,
    );
}

#[test]
fn another_length_or_another_element_is_refused() {
    check(
        "export default [
           thrown(() => shapes.bytes([1, 2, 3])), thrown(() => shapes.bytes(new Uint8Array(5))), thrown(() => shapes.bytes(new Int8Array(4))),
           thrown(() => shapes.bytes([1, 2, 3, 256])), thrown(() => shapes.words(['a'])), thrown(() => shapes.words('ab')),
         ];",
        r#"["TypeError `a`: expected list<u8, 4>, got 3 elements", "TypeError `a`: expected list<u8, 4>, got 5 elements",
            "TypeError `a`: expected list<u8, 4>, got typed array", "TypeError `a[3]`: expected u8, got number 256",
            "TypeError `a`: expected list<string, 2>, got 1 elements", "TypeError `a`: expected list<string, 2>, got string ab"]"#,
    );
}

#[test]
fn a_map_is_a_map() {
    check(
        "const entries = (map) => [map instanceof Map, ...map].map((entry) => (typeof entry === 'object' ? entry.map(String).join('=') : entry));
         const large = new Map(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]));
         const same = shapes.same({ corner: [-1, 2], ages: new Map([['x', 1]]) });
         export default [
           entries(shapes.ages(new Map([['Ada', 36], ['', 0]]))), entries(shapes.ages(new Map())),
           entries(shapes.names(new Map([[1n, ['a', 'b']], [2n ** 64n - 1n, []]]))), shapes.ages(large).size, shapes.ages(large).get('k1999'),
           [...same.corner], entries(same.ages), entries(shapes.twice()), entries(await promising(shapes.ages)(new Map([['p', 5]]))),
           (await promising(shapes.names)(new Map([[3n, ['c']]]))).get(3n),
         ];",
        r#"[[true, "Ada=36", "=0"], [true], [true, "1=a,b", "18446744073709551615="], 2000, 1999, [-1, 2], [true, "x=1"],
            [true, "1=3"], [true, "p=5"], ["c"]]"#,
    );
}

#[test]
fn what_is_no_map_is_refused_and_a_false_one_is_a_trap() {
    check(
        "export default [
           thrown(() => shapes.ages({ Ada: 36 })), thrown(() => shapes.ages([['Ada', 36]])), thrown(() => shapes.ages(new Map([[1, 2]]))),
           thrown(() => shapes.ages(new Map([['Ada', -1]]))), thrown(() => shapes.beyond()).split(': ').at(-1),
         ];",
        r#"["TypeError `a`: expected map<string, u32>, got object", "TypeError `a`: expected map<string, u32>, got array",
            "TypeError `a[0].key`: expected string, got number 1", "TypeError `a[0].value`: expected u32, got number -1",
            "16 bytes at 0x1fff8 lie outside the memory"]"#,
    );
}

#[test]
fn declarations_tell_lengths_and_maps() {
    let typings = Extension::from_bytes(&ENGINE, "shapes", &SHAPES).unwrap().typings();
    for line in [
        "words(a: readonly [string, string]): [string, string];",
        "ages(a: ReadonlyMap<string, number>): Map<string, number>;",
        "signed(a: Int8Array | readonly number[]): number;",
    ] {
        assert!(typings.contains(line), "{line}\n{typings}");
    }
}

#[test]
fn what_cannot_cross_is_refused_when_it_is_loaded() {
    let refusal = |wit: &str| {
        let bytes = component_of(&format!("package test:t; interface i {{ {wit} }} world w {{ export i; }}"));
        Extension::from_bytes(&ENGINE, "t", &bytes).map(drop).unwrap_err().to_string()
    };
    for (wit, reason) in [
        ("f: func(a: list<u64, 4000000>);", "`f` uses a list of a fixed length of more than 16 MiB"),
        ("f: func(a: stream<string>);", "`f` uses `stream<string>`, whose elements are no numbers"),
        ("f: func(a: stream);", "`f` uses a `stream` without elements"),
        (
            "f: func() -> future<stream<u8>>;",
            "`f` uses `future<stream<u8>>`, whose value is a resource, a stream or a future",
        ),
        ("f: func(a: error-context);", "`f` uses an `error-context`, which the host cannot read"),
    ] {
        let refused = refusal(wit);
        assert!(refused.contains(reason), "{wit}: {refused}");
    }
}
