//! Hashes of 1 MiB.

use std::hint::black_box;

use criterion::Criterion;
use innerbox::Sandbox;
use sha2::Digest as _;

use crate::subject::{Script, done, group, time};

const IMPORTS: &str = "import { blake3, sha256, xxh3, hex } from 'digest';\n";

const LOOPS: &str = r#"
const bytes = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) >> 3);
const last = {};

Object.assign(globalThis, {
  blake3(n) {
    for (let i = 0; i < n; i++) last.blake3 = blake3(bytes);
  },
  sha256(n) {
    for (let i = 0; i < n; i++) last.sha256 = sha256(bytes);
  },
  xxh3(n) {
    for (let i = 0; i < n; i++) last.xxh3 = xxh3(bytes);
  },
  sha256InJavaScript(n) {
    for (let i = 0; i < n; i++) last.sha256InJavaScript = sha256InJavaScript(bytes);
  },
  hashOf(name) {
    return typeof last[name] === 'bigint' ? last[name].toString(16).padStart(16, '0') : hex(last[name]);
  },
});
"#;

type Hash = fn(&[u8]) -> String;

/// The hash functions of the guest, called as the guest calls them; their answers as text.
const NATIVE: [(&str, Hash); 3] = [
    ("blake3", |data| {
        let mut hasher = Box::new(blake3::Hasher::new());
        hasher.update(data);
        hasher.finalize().to_hex().to_string()
    }),
    ("sha256", |data| {
        let mut hasher = sha2::Sha256::new();
        hasher.update(data);
        format!("{:x}", hasher.finalize())
    }),
    ("xxh3", |data| format!("{:016x}", xxhash_rust::xxh3::xxh3_64(data))),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let bytes: Vec<u8> = (0..1_u32 << 20).map(|i| ((i * 31) >> 3) as u8).collect();
    let expected = NATIVE.map(|(name, hash)| (name, hash(&bytes)));
    let mut script = Script::prepared("digest", move |sandbox| {
        let source = [IMPORTS, include_str!("sha256.js"), LOOPS].concat();
        done(sandbox.run_module_source("bench.js", &source));
        for (name, digest) in &expected {
            agree(sandbox, name, digest);
        }
        agree(sandbox, "sha256InJavaScript", &expected[1].1);
    });
    let mut group = group(criterion, "digest");
    for (name, hash) in NATIVE {
        script.bench(&mut group, name, name);
        group.bench_function(format!("{name}-native"), |bencher| bencher.iter(|| hash(black_box(&bytes))));
    }
    script.bench(&mut group, "sha256-javascript", "sha256InJavaScript");
}

/// What is compared in speed has to give the same.
fn agree(sandbox: &mut Sandbox, name: &str, expected: &str) {
    time(sandbox, name, 1);
    let hash: String = sandbox.eval(&format!("hashOf('{name}')")).into_value().unwrap();
    assert_eq!(hash, expected, "{name}");
}
