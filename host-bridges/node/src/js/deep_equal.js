'use strict';

// Whether two values are the same all the way down: strictly, as `assert.deepStrictEqual` sees it, or loosely.

const {
  ArrayIsArray, ArrayPrototypePush, BigIntPrototypeValueOf, BooleanPrototypeValueOf, DatePrototypeGetTime,
  MapIteratorPrototypeNext, MapPrototypeEntries, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeHas,
  NumberPrototypeValueOf, ObjectGetOwnPropertySymbols, ObjectGetPrototypeOf, ObjectIs, ObjectKeys,
  ObjectPrototypeHasOwnProperty, ObjectPrototypePropertyIsEnumerable, RegExpPrototypeGetFlags, RegExpPrototypeGetSource,
  SetIteratorPrototypeNext, SetPrototypeGetSize, SetPrototypeHas, SetPrototypeValues, StringPrototypeValueOf,
  SymbolPrototypeValueOf, Uint8Array,
} = primordials;
const { Kind, kindOf } = load('web/inspect/kind');
const { isError } = load('web/inspect/errors');

const UNBOX = {
  __proto__: null,
  [Kind.NumberObject]: NumberPrototypeValueOf,
  [Kind.StringObject]: StringPrototypeValueOf,
  [Kind.BooleanObject]: BooleanPrototypeValueOf,
  [Kind.BigIntObject]: BigIntPrototypeValueOf,
  [Kind.SymbolObject]: SymbolPrototypeValueOf,
};

function isDeepStrictEqual(a, b) {
  return equal(a, b, { strict: true, seenA: [], seenB: [] });
}

function isDeepEqual(a, b) {
  return equal(a, b, { strict: false, seenA: [], seenB: [] });
}

const isObject = (value) => typeof value === 'object' && value !== null;

function equal(a, b, memory) {
  if (a === b) return a !== 0 || !memory.strict || ObjectIs(a, b);
  if (!isObject(a) || !isObject(b)) {
    if (memory.strict || isObject(a) || isObject(b)) return ObjectIs(a, b);
    // eslint-disable-next-line eqeqeq
    return a == b || (a !== a && b !== b);
  }
  if (memory.strict && ObjectGetPrototypeOf(a) !== ObjectGetPrototypeOf(b)) return false;
  const kind = kindOf(a);
  if (kind !== kindOf(b) || ArrayIsArray(a) !== ArrayIsArray(b) || isError(a) !== isError(b)) return false;
  if (!sameInside(a, b, kind)) return false;
  const known = memory.seenA.indexOf(a);
  if (known !== -1) return memory.seenB[known] === b;
  memory.seenA.push(a);
  memory.seenB.push(b);
  const same = sameKeys(a, b, memory) && sameEntries(a, b, kind, memory);
  memory.seenA.pop();
  memory.seenB.pop();
  return same;
}

// What an object holds besides its properties and entries.
function sameInside(a, b, kind) {
  if (UNBOX[kind] !== undefined) return ObjectIs(UNBOX[kind](a), UNBOX[kind](b));
  if (isError(a) && (a.message !== b.message || a.name !== b.name)) return false;
  switch (kind) {
    case Kind.Array: return a.length === b.length;
    case Kind.Date: return ObjectIs(DatePrototypeGetTime(a), DatePrototypeGetTime(b));
    case Kind.RegExp:
      return RegExpPrototypeGetSource(a) === RegExpPrototypeGetSource(b) &&
        RegExpPrototypeGetFlags(a) === RegExpPrototypeGetFlags(b) && a.lastIndex === b.lastIndex;
    case Kind.TypedArray:
    case Kind.DataView: return sameBytes(bytesOf(a), bytesOf(b));
    case Kind.ArrayBuffer:
    case Kind.SharedArrayBuffer: return sameBytes(new Uint8Array(a), new Uint8Array(b));
    case Kind.Promise:
    case Kind.WeakMap:
    case Kind.WeakSet:
    case Kind.Proxy: return false;
    default: return true;
  }
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

function sameKeys(a, b, memory) {
  // The elements of a typed array have been compared as bytes.
  if (kindOf(a) === Kind.TypedArray) return true;
  const keys = keysOf(a, memory.strict);
  if (keys.length !== keysOf(b, memory.strict).length) return false;
  for (let i = 0; i < keys.length; i++) {
    if (!ObjectPrototypeHasOwnProperty(b, keys[i])) return false;
  }
  for (let i = 0; i < keys.length; i++) {
    if (!equal(a[keys[i]], b[keys[i]], memory)) return false;
  }
  return true;
}

function keysOf(value, strict) {
  const keys = ObjectKeys(value);
  if (!strict) return keys;
  const symbols = ObjectGetOwnPropertySymbols(value);
  for (let i = 0; i < symbols.length; i++) {
    if (ObjectPrototypePropertyIsEnumerable(value, symbols[i])) ArrayPrototypePush(keys, symbols[i]);
  }
  return keys;
}

function sameEntries(a, b, kind, memory) {
  if (kind === Kind.Set) return sameSets(a, b, memory);
  return kind !== Kind.Map || sameMaps(a, b, memory);
}

// Each member of one must have one of the other, which no other member has.
function sameSets(a, b, memory) {
  if (SetPrototypeGetSize(a) !== SetPrototypeGetSize(b)) return false;
  const left = [];
  const iterator = SetPrototypeValues(a);
  for (let i = SetPrototypeGetSize(a); i > 0; i--) {
    const member = SetIteratorPrototypeNext(iterator).value;
    if (!SetPrototypeHas(b, member)) left.push(member);
  }
  if (left.length === 0) return true;
  const candidates = [];
  const others = SetPrototypeValues(b);
  for (let i = SetPrototypeGetSize(b); i > 0; i--) {
    const member = SetIteratorPrototypeNext(others).value;
    if (!SetPrototypeHas(a, member)) candidates.push(member);
  }
  for (let i = 0; i < left.length; i++) {
    const index = candidates.findIndex((candidate) => equal(left[i], candidate, memory));
    if (index === -1) return false;
    candidates.splice(index, 1);
  }
  return true;
}

function sameMaps(a, b, memory) {
  if (MapPrototypeGetSize(a) !== MapPrototypeGetSize(b)) return false;
  const left = [];
  const iterator = MapPrototypeEntries(a);
  for (let i = MapPrototypeGetSize(a); i > 0; i--) {
    const entry = MapIteratorPrototypeNext(iterator).value;
    if (!MapPrototypeHas(b, entry[0])) left.push(entry);
    else if (!equal(entry[1], MapPrototypeGet(b, entry[0]), memory)) return false;
  }
  if (left.length === 0) return true;
  const candidates = [];
  const others = MapPrototypeEntries(b);
  for (let i = MapPrototypeGetSize(b); i > 0; i--) {
    const entry = MapIteratorPrototypeNext(others).value;
    if (!MapPrototypeHas(a, entry[0])) candidates.push(entry);
  }
  for (let i = 0; i < left.length; i++) {
    const index = candidates.findIndex((candidate) => (
      equal(left[i][0], candidate[0], memory) && equal(left[i][1], candidate[1], memory)
    ));
    if (index === -1) return false;
    candidates.splice(index, 1);
  }
  return true;
}

return { isDeepEqual, isDeepStrictEqual };
