// Values of any shape from a seed, and the comparison of two of them: same values, same objects in the same places.

import { deepStrictEqual, strictEqual } from 'node:assert';

let state;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
const below = (bound) => next() % bound;
const pick = (list) => list[below(list.length)];

let made;

const text = () => pick([
  () => '', () => 'text', () => '\u00e4', () => '\ud800', () => 'a\udc00\u{1f980}', () => 'x'.repeat(below(300)), () => String(next()),
])();

const PRIMITIVES = [
  () => undefined, () => null, () => true, () => false, () => 0, () => -0, () => NaN, () => Infinity, () => next(), () => next() / 7,
  () => -next(), text, text, () => 0n, () => BigInt(next()) ** BigInt(below(9)), () => -(BigInt(next()) << BigInt(below(200))),
];

const VIEWS = [Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array, Float16Array, DataView];

const key = () => pick([() => 'a', () => 'b', () => String(below(5)), () => '__proto__', () => text(), () => '4294967295', () => '-1'])();

const define = (object, name, value) =>
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });

const keep = (object) => {
  made.push(object);
  return object;
};

const members = (object, depth) => {
  for (let count = below(4); count > 0; count--) define(object, key(), value(depth + 1));
  return object;
};

const OBJECTS = [
  (depth) => members(keep({}), depth),
  (depth) => members(keep(Object.create(null)), depth),
  (depth) => {
    const list = keep([]);
    for (let count = below(5); count > 0; count--) list.push(value(depth + 1));
    if (below(4) === 0) list.length += below(3);
    if (below(6) === 0) delete list[0];
    return below(5) === 0 ? members(list, depth) : list;
  },
  () => keep(Array.from({ length: below(50) }, () => pick(PRIMITIVES)())),
  (depth) => {
    const map = keep(new Map());
    for (let count = below(4); count > 0; count--) map.set(value(depth + 1), value(depth + 1));
    return map;
  },
  (depth) => {
    const set = keep(new Set());
    for (let count = below(4); count > 0; count--) set.add(value(depth + 1));
    return set;
  },
  () => keep(new Date(pick([0, NaN, next(), -next() / 2]))),
  () => keep(new RegExp(pick(['a', '(?<n>b)', '\\/', '[^]'])), pick(['', 'g', 'dgimsuy', 'v'])),
  () => keep(Object(pick([true, false, 0, -0, 7, 'text', 9n]))),
  () => keep(new ArrayBuffer(below(40))),
  () => {
    const View = pick(VIEWS);
    const size = View.BYTES_PER_ELEMENT ?? 1;
    const buffer = below(2) === 0 ? keep(new ArrayBuffer(8 * below(9))) : made.find((object) => object instanceof ArrayBuffer) ?? keep(new ArrayBuffer(8));
    const offset = size * below(Math.floor(buffer.byteLength / size) + 1);
    const view = keep(new View(buffer, offset, below(Math.floor((buffer.byteLength - offset) / size) + 1)));
    new Uint8Array(buffer).forEach((_, index, bytes) => { bytes[index] = View === Uint8Array ? below(256) : 1; });
    return view;
  },
  (depth) => {
    const error = keep(new (pick([Error, TypeError, RangeError, SyntaxError, URIError, EvalError, ReferenceError]))(text()));
    if (below(2) === 0) Object.defineProperty(error, 'cause', { value: value(depth + 1), configurable: true, writable: true });
    if (below(3) === 0) define(error, 'code', text());
    delete error.stack;
    return error;
  },
];

const value = (depth) => {
  if (made.length > 0 && below(8) === 0) return pick(made);
  if (depth > 6 || below(3) === 0) return pick(PRIMITIVES)();
  return pick(OBJECTS)(depth);
};

globalThis.make = (seed) => {
  state = seed | 0;
  made = [];
  return value(0);
};

/** The places at which an object is met, by its first one. */
const shape = (root) => {
  const seen = new Map();
  const out = [];
  const visit = (value) => {
    if (typeof value !== 'object' || value === null) return;
    if (seen.has(value)) return void out.push(seen.get(value));
    seen.set(value, seen.size);
    out.push(`new ${Object.prototype.toString.call(value)}`);
    if (value instanceof Map) for (const [key, entry] of value) { visit(key); visit(entry); }
    if (value instanceof Set) for (const entry of value) visit(entry);
    if (ArrayBuffer.isView(value)) return visit(value.buffer);
    if (value instanceof Error) visit(value.cause);
    for (const name of Object.keys(value)) visit(value[name]);
  };
  visit(root);
  return out;
};

/** What a clone has not: prototypes of `null`, stacks. */
const plain = (root) => {
  const seen = new Set();
  const visit = (value) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (Object.getPrototypeOf(value) === null) Object.setPrototypeOf(value, Object.prototype);
    if (value instanceof Error) { delete value.stack; visit(value.cause); }
    if (value instanceof Map) for (const [key, entry] of value) { visit(key); visit(entry); }
    if (value instanceof Set) value.forEach(visit);
    for (const name of Object.keys(value)) visit(Object.getOwnPropertyDescriptor(value, name).value);
  };
  visit(root);
  return root;
};

globalThis.compare = (seed, came) => {
  const expected = plain(make(seed));
  plain(came);
  strictEqual(shape(came).join(), shape(expected).join());
  deepStrictEqual(came, expected);
};
