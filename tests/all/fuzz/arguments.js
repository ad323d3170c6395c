// Calls functions of the fixtures with arguments that do things while they are read. `SEED` and `CASES` are replaced.

import { echo } from 'fixture-echo';
import { instantiate } from 'innerbox:component';

// What the test itself stands on, taken before anything is tampered with.
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys, is, hasOwn } = Object;
const { isArray } = Array;
const { apply } = Reflect;
const transfer = Function.prototype.call.bind(ArrayBuffer.prototype.transfer);
const TypedArray = getPrototypeOf(Uint8Array);
const asString = String;
const { TrapError, ComponentError } = globalThis;
const objectPrototype = Object.prototype;
const errorClass = Error;

let state = SEED;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
const below = (bound) => next() % bound;
const chance = (one, of) => below(of) < one;
const pick = (list) => list[below(list.length)];

/** Thrown by getters and given functions of this test. */
class Marker extends Error {}
/** What was given is no value of its type: the call has to throw. */
class NoValue extends Error {}
/** A prototype has elements: a hole has their values. */
class Unknown extends Error {}
const noValue = (why) => () => { throw new NoValue(why); };

// `push` would call a setter of `Array.prototype`.
const add = (list, value) =>
  defineProperty(list, list.length, { __proto__: null, value, writable: true, enumerable: true, configurable: true });

// The case being run.
let buffers, arrays, counters, complaints, harmless, armed, inside, changed, stretched;

const begin = () => {
  buffers = [];
  arrays = [];
  counters = [];
  complaints = [];
  harmless = true;
  armed = false;
  inside = 0;
  changed = '';
  stretched = false;
};

const swallow = (call) => { try { return call(); } catch { return undefined; } };

/** What a getter may do besides giving a value. */
const EFFECTS = [
  () => { throw new Marker('from a getter'); },
  () => { if (buffers.length) swallow(() => transfer(pick(buffers))); },
  () => { if (buffers.length) swallow(() => structuredClone(0, { transfer: [pick(buffers)] })); },
  () => { if (buffers.length) swallow(() => new Uint8Array(pick(buffers)).fill(below(256))); },
  () => { if (arrays.length) swallow(() => { stretched = true; pick(arrays).length = below(2); }); },
  () => { if (arrays.length) swallow(() => { stretched = true; pick(arrays).length += below(4); }); },
  () => { if (counters.length) swallow(() => pick(counters)[Symbol.dispose]()); },
  () => { if (counters.length) swallow(() => echo.echoCounter(pick(counters))); },
  () => { swallow(() => echo.echoListString(['other', 'call'])); },
  () => { swallow(() => new echo.Counter(1)); },
  // Ends the instance: it has no memory for that.
  () => { if (chance(1, 4)) swallow(() => echo.bytes(0xffffffff)); },
  () => { for (let i = 0; i < 50; i++) Array.from({ length: 100 }, () => ({})); },
];

const effect = () => {
  if (!armed || inside > 0 || !chance(1, 6)) return;
  inside += 1;
  harmless = false;
  try { pick(EFFECTS)(); } finally { inside -= 1; }
};

const wrong = (...more) => {
  harmless = false;
  const told = () => { add(complaints, 'a conversion of an object was called'); return 1; };
  const object = { valueOf: told, toString: told, [Symbol.toPrimitive]: told };
  return { value: pick([object, Symbol('no'), () => 1, new Number(1), new String('a'), {}, [[]], ...more]), seen: noValue('wrong') };
};

const scalar = (make, seen = (value) => value) => () => {
  if (chance(1, 60)) return wrong();
  const value = make();
  return { value, seen: () => seen(value) };
};

const integer = (least, most) => {
  const right = scalar(() => pick([0, 1, least, most, least + below(most - least + 1)]));
  return () => (chance(1, 80) ? wrong(least - 1, most + 1, NaN, -0.5, Infinity, 2n) : right());
};
const BITS64 = () => BigInt(next()) << 32n | BigInt(next());
const types = {
  bool: scalar(() => chance(1, 2)),
  u8: integer(0, 255), s8: integer(-128, 127), u16: integer(0, 65535), s16: integer(-32768, 32767),
  u32: integer(0, 4294967295), s32: integer(-2147483648, 2147483647),
  u64: scalar(() => pick([0n, (1n << 64n) - 1n, BITS64()])),
  s64: scalar(() => pick([0n, -1n, -(1n << 63n), BigInt.asIntN(64, BITS64())])),
  f32: scalar(() => pick([0, -0, NaN, Infinity, 0.1, 1e-45]), Math.fround),
  f64: scalar(() => pick([0, -0, NaN, -Infinity, 0.1, 5e-324])),
  char: scalar(() => pick(['a', '\0', 'ä', '\u{1f980}'])),
  string: scalar(
    () => pick(['', 'text', 'ä\u{1f980}', '\ud800', 'a\udc00b', 'x'.repeat(below(3000)), 'left' + 'right'.repeat(below(9))]),
    (value) => value.toWellFormed(),
  ),
};

/** Reads are counted: what is read twice may be two values. */
const once = (object, key, part) => {
  let reads = 0;
  return () => {
    reads += 1;
    if (reads > 1) add(complaints, `${asString(key)} was read ${reads} times`);
    effect();
    part.given = true;
    return part.value;
  };
};

const accessor = (object, key, get) =>
  defineProperty(object, key, { __proto__: null, get, set: undefined, enumerable: true, configurable: true });

/** An object of any make with these parts. */
const objectOf = (parts) => {
  const names = keys(parts);
  const shape = below(7);
  if (shape === 0) {
    const object = {};
    for (const name of names) defineProperty(object, name, { __proto__: null, value: parts[name].value, enumerable: true });
    for (const name of names) parts[name].given = true;
    return object;
  }
  if (shape === 1) {
    const reads = { __proto__: null };
    for (const name of names) reads[name] = once(null, name, parts[name]);
    const target = pick([{}, [], () => 0, new Uint8Array(4)]);
    return new Proxy(target, {
      __proto__: null,
      get: (_, key) => (typeof key === 'string' && key in reads ? reads[key]() : undefined),
      has: (_, key) => { effect(); return key in reads; },
      getPrototypeOf: () => { effect(); return null; },
    });
  }
  if (shape === 2 && chance(1, 8)) {
    harmless = false;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
  const target = pick([() => ({}), () => ({ __proto__: null }), () => [], () => function named() {}, () => new Date(0), () => new Map()])();
  const holder = shape === 3 ? { __proto__: target } : target;
  for (const name of names) accessor(shape === 3 ? target : holder, name, once(holder, name, parts[name]));
  return holder;
};

const record = (fields) => () => {
  const parts = {};
  for (const name of keys(fields)) parts[name] = fields[name]();
  const seen = () => {
    const result = {};
    for (const name of keys(fields)) result[name] = parts[name].seen();
    return result;
  };
  return { value: objectOf(parts), seen };
};

const arrayOf = (parts, fixed) => {
  const array = chance(1, 4) ? new (class extends Array { static get [Symbol.species]() { throw new Marker('species'); } })() : [];
  array.length = parts.length;
  let lengthSeen;
  parts.forEach((part, index) => {
    const read = once(array, index, part);
    accessor(array, index, () => {
      lengthSeen ??= array.length;
      return read();
    });
  });
  arrays.push(array);
  if (chance(1, 60)) {
    harmless = false;
    return { value: new Proxy(array, {}), seen: noValue('a proxy is no array') };
  }
  const seen = (elementAt) => {
    const result = [];
    // No element was read, and at some time there was a hole: the length may have been read before or after.
    if (lengthSeen === undefined && (array.length > 0 || stretched)) throw new Unknown();
    const length = lengthSeen ?? 0;
    for (let index = 0; index < length; index++) {
      const part = parts[index];
      // What was cut off before it was read is undefined.
      if (part?.given) result.push(part.seen());
      else if (/ \d/.test(changed)) throw new Unknown();
      else if (elementAt(index)?.optional) result.push(undefined);
      else throw new NoValue('a hole');
    }
    if (fixed !== undefined && length !== fixed) throw new NoValue('another length');
    return result;
  };
  return { value: array, seen };
};

const VIEWS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, u64: BigUint64Array, f64: Float64Array };

/** A view of any make, and what it holds at the end. */
const view = (View) => {
  const size = View.BYTES_PER_ELEMENT;
  const length = pick([0, 1, 2, 7, 300]);
  const offset = pick([0, 0, 1, 3]) * size;
  const bytes = offset + length * size;
  const buffer = new ArrayBuffer(bytes);
  buffers.push(buffer);
  new Uint8Array(buffer).forEach((_, i, all) => { all[i] = View === Float64Array ? 1 : below(256); });
  const made = [() => new View(buffer, offset, length), () => new View(buffer, offset)];
  if (View === Uint8Array) {
    made.push(() => buffer, () => new DataView(buffer, offset, length), () => new Uint8ClampedArray(buffer, offset, length));
    made.push(() => defineProperty(new Uint8Array(buffer, offset, length), 'byteLength', { __proto__: null, value: 1 << 30 }));
  }
  const value = pick(made)();
  const seen = () => {
    if (buffer.detached) throw new NoValue('a detached buffer');
    if (value === buffer) return new Uint8Array(buffer.slice(0));
    if (value instanceof DataView) return new Uint8Array(buffer.slice(swallow(() => value.byteOffset) ?? noValue('gone')(), offset + length));
    const at = getOwnPropertyDescriptor(TypedArray.prototype, 'byteOffset').get.call(value);
    const has = getOwnPropertyDescriptor(TypedArray.prototype, 'byteLength').get.call(value);
    if (at !== offset) throw new NoValue('out of bounds');
    return new View(buffer.slice(at, at + has));
  };
  return { value, seen };
};

const list = (name, element = types[name]) => () => {
  const View = VIEWS[name];
  if (View && chance(1, 2)) return view(View);
  const parts = Array.from({ length: pick([0, 1, 2, 3, 8]) }, () => element());
  const made = arrayOf(parts);
  const seen = () => (View ? View.from(made.seen(() => element)) : made.seen(() => element));
  return { value: made.value, seen };
};
const listOf = (element) => list('', element);

const tuple = (...elements) => () => {
  const made = arrayOf(elements.map((element) => element()), elements.length);
  return { value: made.value, seen: () => made.seen((index) => elements[index]) };
};

const variant = (cases) => () => {
  const tag = pick(keys(cases));
  const payload = cases[tag]?.();
  const parts = { tag: { value: tag } };
  if (payload) parts.val = payload;
  return { value: objectOf(parts), seen: () => (payload ? { tag, val: payload.seen() } : { tag }) };
};

const option = (of) => Object.assign(() => {
  if (chance(1, 3)) return { value: pick([undefined, null]), seen: () => undefined };
  return of();
}, { optional: true });

const optionOption = (of) => () => {
  const form = below(3);
  if (form === 0) return { value: undefined, seen: () => undefined };
  if (form === 1) return { value: objectOf({ tag: { value: 'none' } }), seen: () => undefined };
  const inner = option(of)();
  return { value: objectOf({ tag: { value: 'some' }, val: inner }), seen: () => ({ tag: 'some', val: inner.seen() }) };
};

const flags = (names) => () => {
  const parts = {};
  const seen = {};
  for (const name of names) {
    seen[name] = chance(1, 2);
    parts[name] = { value: seen[name] };
  }
  return { value: objectOf(parts), seen: () => seen };
};

const counter = () => {
  const start = below(1000);
  const value = new echo.Counter(start);
  counters.push(value);
  return { value, seen: () => start };
};

const point = record({ x: types.s32, y: types.s32 });
const address = record({ street: types.string, houseNumber: types.u16, place: option(point) });
const person = record({ name: types.string, age: types.u8, email: option(types.string), nickNames: list('string'), address });
const color = scalar(() => pick(['red', 'green', 'dark-blue']));
const shape = variant({
  nothing: null, truth: types.bool, byte: types.u8, whole: types.s32, big: types.u64, single: types.f32, double: types.f64,
  letter: types.char, text: types.string, bytes: list('u8'), place: point, tint: color, maybe: option(types.u32),
});
const result = (ok, err) => variant({ ok, err });
const numbers = record({
  aBool: types.bool, aU64: types.u64, aU8: types.u8, aU16: types.u16, aS8: types.s8, aF64: types.f64, aChar: types.char,
  aS16: types.s16, aS64: types.s64, aF32: types.f32, aU32: types.u32, aS32: types.s32,
});

const same = (a, b) => {
  if (is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (getPrototypeOf(a) !== getPrototypeOf(b)) return false;
  const names = keys(a);
  return names.length === keys(b).length && (!isArray(a) || a.length === b.length)
    && names.every((name) => hasOwn(b, name) && same(a[name], b[name]));
};

const identity = (value) => value;
const first = ([value]) => value;
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** A function, its parameters, the answer by what was seen of the arguments, and how the answer is looked at. */
const functions = [
  ...[
    ['echoU32', types.u32], ['echoS8', types.s8], ['echoU64', types.u64], ['echoF32', types.f32], ['echoF64', types.f64],
    ['echoChar', types.char], ['echoString', types.string], ['echoListBool', list('bool')], ['echoListU8', list('u8')],
    ['echoListU16', list('u16')], ['echoListU64', list('u64')], ['echoListF64', list('f64')], ['echoListChar', list('char')],
    ['echoListString', list('string')], ['echoListListU8', listOf(list('u8'))], ['echoListListF64', listOf(list('f64'))],
    ['echoListListString', listOf(list('string'))], ['echoListPoint', listOf(point)], ['echoListPerson', listOf(person)],
    ['echoListShape', listOf(shape)], ['echoListOptionU16', listOf(option(types.u16))], ['echoListColor', listOf(color)],
    ['echoTuple2', tuple(types.u8, types.string)],
    ['echoTupleNested', tuple(tuple(types.u8, types.u16), tuple(types.string, option(types.char)))], ['echoPoint', point],
    ['echoNumbers', numbers], ['echoAddress', address], ['echoPerson', person], ['echoColor', color], ['echoShape', shape],
    ['echoOptionPoint', option(point)], ['echoOptionString', option(types.string)], ['echoOptionListU8', option(list('u8'))],
    ['echoOptionOptionU32', optionOption(types.u32)], ['echoFlags9', flags(['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8'])],
    ['echoOptionResult', option(result(types.u32, types.string))],
    ['echoResults', record({
      both: result(types.u32, types.string), ok: result(types.u32, null), err: result(null, types.string), neither: result(null, null),
    })],
  ].map(([name, type]) => ({ call: (...args) => apply(echo[name], echo, args), name, params: [type], expected: first })),
  { name: 'echoPeople', call: (a, b) => echo.echoPeople(a, b), params: [person, person], expected: identity },
  { name: 'echoMixed', call: (...args) => apply(echo.echoMixed, echo, args),
    params: [types.bool, types.u8, types.s64, types.f32, types.char, types.string, types.f64, option(types.u8), color], expected: identity },
  { name: 'concat', call: (a, b) => echo.concat(a, b), params: [types.string, types.string], expected: ([a, b]) => a + b },
  { name: 'sumBytes', call: (a) => echo.sumBytes(a), params: [list('u8')], expected: ([a]) => BigInt(sum(a)) },
  { name: 'sum', call: (a) => echo.sum(a), params: [list('u32')], expected: ([a]) => sum(a) >>> 0 },
  { name: 'echoResult', params: [result(types.u32, types.string)], expected: first,
    call: (a) => { try { return { tag: 'ok', val: echo.echoResult(a) }; } catch (error) {
      if (error instanceof ComponentError) return { tag: 'err', val: error.payload };
      throw error;
    } } },
  { name: 'peek', call: (a) => echo.peek(a), params: [option(counter)], expected: first },
  { name: 'lendAndTake', call: (a, b) => echo.lendAndTake(a, b), params: [counter, counter], expected: sum },
  { name: 'Counter.total', call: (a) => Number(echo.Counter.total(a)), params: [listOf(counter)], expected: ([a]) => sum(a) },
  { name: 'Counter.merge', call: (a) => echo.Counter.merge(a), params: [listOf(counter)], expected: ([a]) => sum(a), look: (got) => got.value() },
  { name: 'echoLabelled', call: (a) => echo.echoLabelled(a), params: [record({ name: types.string, counter })], expected: first,
    look: (got) => ({ ...got, counter: got.counter.value() }) },
  { name: 'echoListCounter', call: (a) => echo.echoListCounter(a), params: [listOf(counter)], expected: first,
    look: (got) => got.map((one) => one.value()) },
];

// The fixture that calls what JavaScript gives: here what is returned is hostile.
let returned;
const give = () => {
  armed = true;
  return returned.value;
};
const given = instantiate('fixture-given', {
  host: {
    Sink: class { constructor() {} write() { return give(); } static largest() { return give(); } static open() { return give(); } },
    add: give, poke() {}, greet: give, mirror: give, describe: give, bytes: give, many: give,
    parse: () => {
      armed = true;
      if (!returned.throws) return returned.value;
      throw returned.value;
    },
  },
});
const givenPerson = record({ name: types.string, age: types.u8, tags: list('string'), email: option(types.string) });
const plainPerson = { name: 'p', age: 1, tags: ['t'] };
const answers = (name, type, call, look = identity) =>
  ({ name: `given.${name}`, params: [], prepare: () => { returned = type(); }, expected: () => look(returned.seen()), call });
functions.push(
  answers('count', types.u32, () => given.count(1, 1)),
  answers('greet', types.string, () => given.greet('you')),
  answers('mirror', givenPerson, () => given.mirror(plainPerson)),
  answers('bytes', list('u8'), () => given.bytes(new Uint8Array(3))),
  answers('describe', types.string, () => given.describe({ tag: 'nothing' })),
  answers('many', tuple(types.u64, types.string), () => given.many(), ([a, b]) => `${a} ${b}`),
  answers('parse', types.u32, () => given.parse('x')),
  answers('parse error', () => {
    const part = types.string();
    const value = pick([() => ({}), () => new Error('thrown'), () => [], () => new Date(0)])();
    accessor(value, 'payload', once(value, 'payload', part));
    return { throws: true, value, seen: part.seen };
  }, () => {
    try { given.parse('x'); } catch (error) {
      if (error instanceof ComponentError) return error.payload;
      throw error;
    }
    return 'nothing was thrown';
  }),
);

const accessorThat = (get) => ({ __proto__: null, get, set() { add(complaints, 'a setter of a prototype was called'); }, configurable: true });
const throwing = () => { throw new Marker('tampered'); };
const FIELDS = [
  'x', 'name', 'age', 'tag', 'val', 'payload', 'code', 'toJSON', 'email', 'street', 'value', 'get', 'set', 'writable', 'component', 'limit', 'cause', '0',
];
/** Changes something of the realm, and gives what undoes it. */
const TAMPERINGS = [
  () => change(Array.prototype, asString(below(4)), accessorThat(() => 'tampered')),
  () => change(objectPrototype, asString(below(4)), accessorThat(() => 7)),
  () => change(objectPrototype, pick(FIELDS), accessorThat(() => undefined)),
  () => change(objectPrototype, pick(FIELDS), accessorThat(throwing)),
  () => change(echo.Counter, Symbol.hasInstance, { __proto__: null, value: () => true, configurable: true }),
  () => change(Array, Symbol.species, { __proto__: null, get: throwing, configurable: true }),
  () => change(Array.prototype, Symbol.iterator, { __proto__: null, value: throwing, configurable: true }),
  () => change(TypedArray.prototype, pick(['length', 'byteLength', 'byteOffset', 'buffer']), { __proto__: null, get: throwing, configurable: true }),
  () => change(ArrayBuffer.prototype, pick(['byteLength', 'detached', 'resizable']), { __proto__: null, get: throwing, configurable: true }),
  () => change(Function.prototype, pick(['call', 'apply', 'bind']), { __proto__: null, value: throwing, configurable: true }),
  () => change(JSON, 'stringify', { __proto__: null, value: throwing, configurable: true }),
  () => change(String.prototype, pick(['indexOf', 'slice']), { __proto__: null, value: throwing, configurable: true }),
  () => change(errorClass, 'prepareStackTrace', { __proto__: null, value: throwing, configurable: true }),
  () => change(errorClass, 'stackTraceLimit', { __proto__: null, get: throwing, configurable: true }),
  () => change(globalThis, pick(['ComponentError', 'TrapError', 'Object', 'Error']), { __proto__: null, value: throwing, configurable: true }),
];
const change = (object, key, descriptor) => {
  changed += ` ${asString(key)}`;
  const before = getOwnPropertyDescriptor(object, key);
  if (before) before.__proto__ = null;
  defineProperty(object, key, descriptor);
  return () => (before ? defineProperty(object, key, before) : delete object[key]);
};

const isFault = (error) => {
  const message = swallow(() => asString(error.message)) ?? '';
  return error?.code === 'ERR_HOST_FAULT' || message.includes('host fault') || error instanceof TrapError;
};

const oneCase = (number) => {
  begin();
  const { name, params, prepare = () => {}, call, expected, look = identity } = functions[below(functions.length)];
  prepare();
  const parts = params.map((param) => param());
  const args = parts.map((part) => part.value);
  const undo = [];
  if (chance(1, 3)) {
    harmless = false;
    for (let i = below(3); i >= 0; i--) add(undo, TAMPERINGS[below(TAMPERINGS.length)]());
  }
  let got, error, threw = false;
  armed = params.length > 0;
  try { got = apply(call, undefined, args); } catch (caught) { threw = true; error = caught; }
  armed = false;
  for (let i = undo.length - 1; i >= 0; i--) undo[i]();
  const say = (text) => add(complaints, text);
  if (threw) {
    if (isFault(error)) say(`a fault: ${swallow(() => error.stack)}`);
    else if (harmless) say(`nothing was wrong, and it threw ${swallow(() => error.stack)}`);
  } else {
    let wanted, none;
    try { wanted = expected(parts.map((part) => part.seen())); } catch (caught) {
      if (!(caught instanceof NoValue || caught instanceof Unknown)) throw caught;
      none = caught;
    }
    const seen = swallow(() => look(got));
    if (none instanceof NoValue) say(`it has no value (${none.message}), and came back as ${show(seen)}`);
    else if (!none && !same(seen, wanted)) say(`got ${show(seen)}, and it was ${show(wanted)}`);
  }
  return complaints.length ? `case ${number}, ${name}, changed:${changed}: ${complaints.join('; ')}` : '';
};

const show = (value) =>
  swallow(() => JSON.stringify(value, (_, part) => {
    if (typeof part === 'string' && part.length > 40) return `${part.slice(0, 9)}... of ${part.length}`;
    return typeof part === 'bigint' ? `${part}n` : part;
  })?.slice(0, 500)) ?? asString(value);

const failures = [];
for (let number = 0; number < CASES && failures.length < 5; number++) {
  let failure;
  try { failure = oneCase(number); } catch (error) { failure = `case ${number}, the test itself: ${error.stack}`; }
  if (failure) failures.push(failure);
}
export default failures.join('\n');
