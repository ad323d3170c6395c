// Makes a thumbnail of a photograph, and says what went in, what came out, and which sandbox did what.
//
//     innerbox run --allow-read=examples --allow-write=target/demo examples/thumbnail.js [PHOTOGRAPH]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decode } from 'image';
import { digestHex } from 'digest';

const WIDTH = 640;
const QUALITY = 80;
const source = process.argv[2] ?? 'examples/lake-sherburne.jpg';
const folder = 'target/demo';
const target = `${folder}/thumbnail.jpg`;

const begin = performance.now();
const steps = [];

// Each step is timed, and noted with the room that it happens in.
const photograph = step('host', 'read', () => readFileSync(source));
const before = hashes('photograph', photograph);
const thumbnail = makeThumbnail(photograph);
const after = hashes('thumbnail', thumbnail.file);
step('host', 'write', () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(target, thumbnail.file);
});
const whole = performance.now() - begin;

tell();

function step(room, work, action) {
  const start = performance.now();
  const result = action();
  steps.push({ room, work, time: performance.now() - start });
  return result;
}

function hashes(name, bytes) {
  return Object.fromEntries(
    ['blake3', 'sha256', 'xxh3'].map((algorithm) => [
      algorithm,
      step('digest', `${algorithm} of ${name}`, () => digestHex(algorithm, bytes)),
    ]),
  );
}

// The pictures live in the component. `using` drops them when the function returns; until then each is a handle.
function makeThumbnail(bytes) {
  using stored = step('image', 'decode', () => decode(bytes));
  using upright = step('image', 'orient', () => stored.orient());
  using small = step('image', 'resize', () => upright.resize({ width: WIDTH }));
  const file = step('image', 'encode', () => small.encode({ tag: 'jpeg', val: QUALITY }));
  return { file, stored: stored.info(), small: small.info() };
}

function tell() {
  const { stored, small, file } = thumbnail;
  print([
    ['', 'photograph', 'thumbnail'],
    ['size', bytes(photograph.length), bytes(file.length)],
    ['pixels', `${stored.width} x ${stored.height}`, `${small.width} x ${small.height}`],
    ['orientation', `${stored.orientation} (EXIF)`, `${small.orientation} (upright)`],
    ['format', stored.format, 'jpeg'],
  ]);
  print([
    ['BLAKE3', 'photograph', before.blake3],
    ['', 'thumbnail', after.blake3],
    ['SHA-256', 'photograph', before.sha256],
    ['', 'thumbnail', after.sha256],
    ['XXH3', 'photograph', before.xxh3],
    ['', 'thumbnail', after.xxh3],
  ]);
  print([
    ['step', 'room', 'time'],
    ...steps.map(({ work, room, time }) => [work, room, milliseconds(time)]),
  ]);

  const isolate = whole - steps.reduce((sum, { time }) => sum + time, 0);
  print([
    ['room', 'what it is', 'time', 'what it did'],
    ['script', 'a V8 isolate', milliseconds(isolate), 'decided what happens'],
    ['image', 'a WebAssembly sandbox', timeIn('image'), 'decoded, turned, scaled and encoded the picture'],
    ['digest', 'another one', timeIn('digest'), 'hashed what went in and what came out'],
    ['host', 'outside, lent by name', timeIn('host'), `read ${source}, wrote into ${folder}`],
  ]);
  console.log(`The thumbnail lies at ${target}`);
}

function timeIn(room) {
  return milliseconds(steps.filter((step) => step.room === room).reduce((sum, { time }) => sum + time, 0));
}

function milliseconds(time) {
  return `${time.toFixed(1)} ms`.padStart(9);
}

function bytes(count) {
  return `${count.toLocaleString('en')} bytes`;
}

// Rows as lines whose columns stand below one another, and a blank line after them.
function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  }
  console.log();
}
