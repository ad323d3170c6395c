//! One table of what was measured: each figure beside its floor, and whether it keeps to its target.
//!
//! A figure is the least of its samples: whatever else this machine does only ever adds to one. The median stands beside it.
//! A ratio is that of the two leasts, but where figure and floor were timed in turns: then it is the median of the ratios of the
//! samples.

pub(crate) mod ratios;
mod table;

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::subject::target;
use table::{time, write};

/// A line of the report.
struct Line {
    /// What people read.
    what: &'static str,
    /// criterion's name of it: group and function.
    id: &'static str,
    /// What it is measured against: the sum of these.
    floors: &'static [&'static str],
    /// Most times its floor that it may take.
    most: Option<f64>,
}

const fn line(what: &'static str, id: &'static str, floors: &'static [&'static str]) -> Line {
    Line { what, id, floors, most: None }
}

const fn at_most(most: f64, line: Line) -> Line {
    Line { most: Some(most), ..line }
}

/// V8's way out and wasmtime's way in.
const CROSSING: &[&str] = &["floor/callback", "floor/wasm-call"];

/// The way out that optimised code takes for scalars.
const FAST_CROSSING: &[&str] = &["floor/fast-callback", "floor/wasm-call"];

/// V8's way out and the way in by wasmtime's component API.
const GENERAL_CROSSING: &[&str] = &["floor/callback", "floor/component-call"];

/// A string copied out of V8 and back by its own API; the call, `realloc` and post-return.
const STRING: &[&str] =
    &["floor/callback-string-1-kib", "floor/wasm-call", "floor/wasm-call", "floor/wasm-call"];

/// The same of bytes.
const BYTES: &[&str] =
    &["floor/callback-bytes-64-kib", "floor/wasm-call", "floor/wasm-call", "floor/wasm-call"];

/// Of what two copies allow, an echo has to reach 60 %.
const ECHO_MOST: f64 = 1.0 / 0.6;

static SECTIONS: [(&str, &[Line]); 9] = [
    (
        "floors",
        &[
            line("empty loop, each round", "floor/empty-loop", &[]),
            line("empty V8 callback", "floor/callback", &[]),
            line("empty V8 fast API call", "floor/fast-callback", &[]),
            line("callback that reads and makes an object of 8", "floor/callback-eight", &[]),
            line("wasmtime call of (u32, u32) -> u32 from Rust", "floor/wasm-call", &[]),
            line("the same by the component API", "floor/component-call", &[]),
            line("V8's Function::call of (a, b) => a + b", "floor/function-call", &[]),
            line("callback that reads and makes a string of 1 KiB", "floor/callback-string-1-kib", &[]),
            line("callback that copies 64 KiB out and back", "floor/callback-bytes-64-kib", &[]),
            line("64 KiB copied by JavaScript itself: `slice()`", "floor/array-buffer-64-kib-copied", &[]),
            line("memcpy of 64 KiB", "floor/memcpy-64-kib", &[]),
            line("two of them in a row", "floor/two-memcpys-64-kib", &[]),
            line("memcpy of 4 MiB", "floor/memcpy-4-mib", &[]),
            line("two of them in a row", "floor/two-memcpys-4-mib", &[]),
            line("new ArrayBuffer of 4 MiB", "floor/array-buffer-4-mib", &[]),
            line("the same, and copied into (`slice()`)", "floor/array-buffer-4-mib-copied", &[]),
        ],
    ),
    (
        "what the prelude replaced, beside V8's own",
        &[
            at_most(1.02, line("`indexOf` in 10 numbers", "prelude/index-of", &["native/index-of"])),
            at_most(
                1.02,
                line("`indexOf` in 1000 numbers", "prelude/index-of-1000", &["native/index-of-1000"]),
            ),
            at_most(1.02, line("`includes` in 10 strings", "prelude/includes", &["native/includes"])),
            at_most(1.02, line("`every` of 10", "prelude/every", &["native/every"])),
            at_most(1.02, line("`some` of 10", "prelude/some", &["native/some"])),
            at_most(1.02, line("`map` of 10", "prelude/map", &["native/map"])),
            at_most(1.02, line("`filter` of 10", "prelude/filter", &["native/filter"])),
            at_most(1.02, line("`forEach` of 10", "prelude/for-each", &["native/for-each"])),
            at_most(1.02, line("`reduce` of 10", "prelude/reduce", &["native/reduce"])),
            at_most(1.02, line("`push` and `shift`", "prelude/push-and-shift", &["native/push-and-shift"])),
            at_most(1.02, line("`slice` of 10", "prelude/slice", &["native/slice"])),
            at_most(1.02, line("`concat` of 10 and 10", "prelude/concat", &["native/concat"])),
            at_most(1.02, line("`join` of 10", "prelude/join", &["native/join"])),
            at_most(1.02, line("`slice` and `sort` of 10 numbers", "prelude/sort", &["native/sort"])),
            at_most(
                1.02,
                line("`slice` and `sort` of 10 strings", "prelude/sort-words", &["native/sort-words"]),
            ),
            at_most(
                1.02,
                line(
                    "`JSON.stringify` of a small object",
                    "prelude/json-stringify",
                    &["native/json-stringify"],
                ),
            ),
            at_most(
                1.02,
                line("`indexOf` in 60 units", "prelude/string-index-of", &["native/string-index-of"]),
            ),
            at_most(1.02, line("`split` into 6", "prelude/string-split", &["native/string-split"])),
            at_most(
                1.02,
                line(
                    "`replace` by a global expression",
                    "prelude/string-replace",
                    &["native/string-replace"],
                ),
            ),
            at_most(
                1.02,
                line("`toLowerCase` of 60 units", "prelude/string-lower-case", &["native/string-lower-case"]),
            ),
            at_most(1.02, line("`JSON.parse` of 19 units", "prelude/json-parse", &["native/json-parse"])),
        ],
    ),
    (
        "calls from JavaScript",
        &[
            line("nothing: nop()", "call/nop", FAST_CROSSING),
            at_most(1.3, line("two u32: add(1, 2)", "call/add", FAST_CROSSING)),
            at_most(2.5, line("the same, by the floor of an ordinary callback", "call/add", CROSSING)),
            at_most(1.5, line("resource method: counter.value()", "call/method", &["call/add"])),
            at_most(1.5, line("string of 1 KiB, in and out", "call/string-1-kib", STRING)),
            at_most(3.0, line("record of 8 fields, in and out", "call/record-8", &["floor/callback-eight"])),
            line("bytes, 64 KiB in, and added up there", "call/sum-64-kib", &[]),
            at_most(1.5, line("bytes, 64 KiB in and out", "call/bytes-64-kib", BYTES)),
            line("the same, by what memory takes", "call/bytes-64-kib", &["floor/two-memcpys-64-kib"]),
            at_most(
                ECHO_MOST,
                line("bytes, 4 MiB in and out", "call/bytes-4-mib", &["floor/two-memcpys-4-mib"]),
            ),
        ],
    ),
    (
        "calls of the component's own, to what it imports",
        &[
            line("two u32, answered by a function of the host", "call/import-host", &[]),
            at_most(
                2.0,
                line("the same, answered by JavaScript", "call/import-javascript", &["floor/function-call"]),
            ),
            line("the same through the general door, the host", "call/import-host-general", &[]),
            line(
                "the same through the general door, JavaScript",
                "call/import-javascript-general",
                &["floor/function-call"],
            ),
        ],
    ),
    (
        "calls through the general door",
        &[
            at_most(1.2, line("two u32: add(1, 2)", "call/add-general", GENERAL_CROSSING)),
            line("resource method: counter.value()", "call/method-general", &["call/add-general"]),
            line("string of 1 KiB, in and out", "call/string-1-kib-general", GENERAL_CROSSING),
            line("bytes, 64 KiB in and out", "call/bytes-64-kib-general", &["floor/two-memcpys-64-kib"]),
        ],
    ),
    (
        "start and end",
        &[
            line("V8 isolate and context, `1 + 2`, dropped", "start/isolate", &[]),
            line("sandbox, `1 + 2`, dropped", "start/sandbox", &["start/isolate"]),
            line("sandbox of a pool that has one ready, `1 + 1`", "start/pool", &[]),
            line(
                "sandbox and a library of 200 KiB from a snapshot, used, dropped",
                "snapshot/begin",
                &["start/sandbox"],
            ),
            line("the same, the library evaluated in it", "snapshot/evaluate", &["snapshot/begin"]),
            line("that snapshot read from bytes, and checked", "snapshot/load", &[]),
            line("and made", "snapshot/create", &[]),
            line(
                "sandbox with an extension, first call, dropped",
                "start/sandbox-and-call",
                &["start/isolate"],
            ),
            line("instance of an extension, and its first call", "start/instance", &[]),
            line("trap, fresh instance, first call", "start/trap-and-again", &[]),
            line("loading `image` from the cache", "start/load-from-cache", &[]),
        ],
    ),
    (
        "digest of 1 MiB, against the same crate compiled natively",
        &[
            line("BLAKE3", "digest/blake3", &["digest/blake3-native"]),
            line("SHA-256", "digest/sha256", &["digest/sha256-native"]),
            line("SHA-256 in JavaScript", "digest/sha256-javascript", &["digest/sha256-native"]),
            line("XXH3", "digest/xxh3", &["digest/xxh3-native"]),
        ],
    ),
    (
        "image, against the same crates compiled natively",
        &[
            line("JPEG of 8 megapixels decoded", "image/decode", &["image/decode-native"]),
            line("2 megapixels to 640 x 360, bilinear", "image/resize", &["image/resize-native"]),
            line("the same in JavaScript", "image/resize-javascript", &["image/resize-native"]),
            line("2 megapixels encoded as JPEG", "image/encode", &["image/encode-native"]),
        ],
    ),
    (
        "JavaScript whose inner loops V8 does not unroll, against the same unrolled",
        &[
            line("SHA-256 of 16 KiB", "flags/sha256-not-unrolled", &["flags/sha256-unrolled"]),
            line(
                "a picture of 200 x 150 halved",
                "flags/bilinear-not-unrolled",
                &["flags/bilinear-unrolled"],
            ),
            line(
                "matrices of 64 x 64 multiplied",
                "flags/matrices-not-unrolled",
                &["flags/matrices-unrolled"],
            ),
            line(
                "1,000 objects counted into a Map",
                "flags/objects-not-unrolled",
                &["flags/objects-unrolled"],
            ),
        ],
    ),
];

/// What was measured of one line, in nanoseconds.
#[derive(Serialize)]
struct Figure {
    what: &'static str,
    id: &'static str,
    least_ns: f64,
    median_ns: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_ns: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
    /// False where the figure is an earlier run's.
    fresh: bool,
}

/// Prints the table, and writes the same to `target/bench.json`.
pub(crate) fn tell(begin: SystemTime) {
    let figures: Vec<(&str, Vec<Figure>)> = SECTIONS
        .iter()
        .map(|(title, lines)| (*title, lines.iter().filter_map(|line| figure(line, begin)).collect()))
        .collect();
    println!("\n{}", machine());
    let mut stale = false;
    for (title, figures) in figures.iter().filter(|(_, figures)| !figures.is_empty()) {
        println!("\n{title}");
        let rows = figures.iter().map(cells);
        print!(
            "{}",
            write(&[["", "least", "median", "floor", "ratio", "at most", ""].map(str::to_owned)], rows)
        );
        stale |= figures.iter().any(|figure| !figure.fresh);
    }
    if stale {
        println!("\n* measured by an earlier run");
    }
    let all: Vec<_> = figures.iter().flat_map(|(_, figures)| figures).collect();
    let json = serde_json::json!({ "machine": machine(), "figures": all });
    let path = target().join("bench.json");
    fs::write(&path, format!("{json:#}\n")).unwrap();
    println!("\nthe same as JSON: {}", path.display());
}

fn cells(figure: &Figure) -> [String; 7] {
    let times = |ratio: f64| format!("{ratio:.2} x");
    [
        format!("{}{}", figure.what, if figure.fresh { "" } else { " *" }),
        time(figure.least_ns),
        time(figure.median_ns),
        figure.floor_ns.map(time).unwrap_or_default(),
        figure.ratio.map(times).unwrap_or_default(),
        figure.at_most.map(times).unwrap_or_default(),
        figure.met.map(|met| if met { "met" } else { "NOT MET" }).unwrap_or_default().to_owned(),
    ]
}

/// `None` where the line has never been measured.
fn figure(line: &Line, begin: SystemTime) -> Option<Figure> {
    let measured = measured(line.id)?;
    let beneath: Option<Vec<f64>> =
        line.floors.iter().map(|id| self::measured(id).map(|floor| floor.least_ns)).collect();
    let floor_ns = beneath.filter(|beneath| !beneath.is_empty()).map(|beneath| beneath.iter().sum());
    let in_turns = floors(line.id).is_some() && std::ptr::eq(line, first(line.id)?);
    let ratio = if in_turns { ratios::median(line.id) } else { None };
    let ratio = ratio.or(floor_ns.map(|floor: f64| measured.least_ns / floor));
    Some(Figure {
        what: line.what,
        id: line.id,
        least_ns: measured.least_ns,
        median_ns: measured.median_ns,
        floor_ns,
        ratio,
        at_most: line.most,
        met: ratio.zip(line.most).map(|(ratio, most)| ratio <= most),
        fresh: measured.at >= begin,
    })
}

/// The floors that a figure is timed with in turns, as `Floors` calls them: those of its first line in the report.
pub(crate) fn floors(id: &str) -> Option<(&'static str, Vec<&'static str>)> {
    let line = first(id)?;
    let floors: Option<Vec<_>> = line.floors.iter().map(|floor| floor.strip_prefix("floor/")).collect();
    Some((line.id, floors.filter(|floors| !floors.is_empty())?))
}

fn first(id: &str) -> Option<&'static Line> {
    SECTIONS.iter().flat_map(|(_, lines)| *lines).find(|line| line.id == id)
}

struct Measured {
    least_ns: f64,
    median_ns: f64,
    at: SystemTime,
}

/// criterion's `sample.json`: how often the benchmark ran in each sample, and how long all of them took together.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

fn measured(id: &str) -> Option<Measured> {
    let file = target().join("criterion").join(id).join("new").join("sample.json");
    let sample: Sample = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
    let mut each: Vec<f64> =
        sample.times.iter().zip(&sample.iters).map(|(time, times)| time / times).collect();
    each.sort_by(f64::total_cmp);
    Some(Measured {
        least_ns: *each.first()?,
        median_ns: each[each.len() / 2],
        at: fs::metadata(&file).and_then(|file| file.modified()).ok()?,
    })
}

/// The kind of machine, where it can be told.
fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let info = fs::read_to_string(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    format!("{}, {cpus} processors", model.unwrap_or(std::env::consts::ARCH))
}
