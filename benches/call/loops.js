// Hot loops over `fixture-echo`, each of which goes round `n` times. `cargo xtask bench-node` has Node run the same file, with
// a native addon of that name.
import { nop, add, echoString, echoListU8, sumBytes, echoEight, Counter } from 'fixture-echo';

const text = 'A kibibyte of text. '.repeat(52).slice(0, 1024);
const eight = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 };
const bytes = (size) => new Uint8Array(size).fill(7);
const [small, large] = [bytes(64 << 10), bytes(4 << 20)];
const counter = new Counter(42);

function check(got, expected) {
  if (got !== expected) throw new Error(`got ${got}, not ${expected}`);
}

Object.assign(globalThis, {
  nop(n) {
    for (let i = 0; i < n; i++) nop();
  },
  add(n) {
    let last;
    for (let i = 0; i < n; i++) last = add(i, 1);
    check(last, n);
  },
  string(n) {
    let last;
    for (let i = 0; i < n; i++) last = echoString(text);
    check(last, text);
  },
  small(n) {
    let last;
    for (let i = 0; i < n; i++) last = echoListU8(small);
    check(last[small.length - 1], 7);
  },
  large(n) {
    let last;
    for (let i = 0; i < n; i++) last = echoListU8(large);
    check(last[large.length - 1], 7);
  },
  sum(n) {
    let last;
    for (let i = 0; i < n; i++) last = sumBytes(small);
    check(last, 7n * 65536n);
  },
  eight(n) {
    let last;
    for (let i = 0; i < n; i++) last = echoEight(eight);
    check(last.h, 8);
  },
  method(n) {
    let last;
    for (let i = 0; i < n; i++) last = counter.value();
    check(last, 42);
  },
});
