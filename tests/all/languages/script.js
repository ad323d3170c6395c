// What every language must do alike. The default export lists what is not as it should be.
import * as component from 'guest';

// What builds Python's component adds an interface of its own: where there are several, each is a namespace.
const guest = component.echo ?? component;
const { Counter } = guest;
const failures = [];

const same = (a, b) => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && a.length === b.length
    && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
};

const show = (value) => JSON.stringify(value, (_, part) =>
  typeof part === 'bigint' ? `${part}n` : Object.is(part, -0) ? '-0' : part)?.slice(0, 200);

// Compares what a call gives, or what it throws as `{ name, payload }`, with what is expected.
const check = (what, call, expected) => {
  let got;
  try {
    got = call();
  } catch (error) {
    got = { threw: error.name, payload: error.payload, message: error.payload === undefined ? error.message : '' };
  }
  if (!same(got, expected)) failures.push(`${what}: got ${show(got)}, expected ${show(expected)}`);
};

const echoes = (name, values) => values.forEach((value) => check(`${name}(${show(value)})`, () => guest[name](value), value));
const failed = (payload) => ({ threw: 'ComponentError', payload, message: '' });
const refused = (message) => ({ threw: 'TypeError', payload: undefined, message });

// Scalars, with their edges.
echoes('echoBool', [true, false]);
for (const bits of [8, 16, 32]) {
  echoes(`echoU${bits}`, [0, 1, 2 ** (bits - 1), 2 ** bits - 1]);
  echoes(`echoS${bits}`, [0, -1, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1]);
}
echoes('echoU64', [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]);
echoes('echoS64', [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 53n) - 1n]);
const floats = [0, -0, 1.5, -2.25, Infinity, -Infinity, NaN];
echoes('echoF32', [...floats, Math.fround(0.1), 2 ** -149, Math.fround(3.4e38)]);
echoes('echoF64', [...floats, 0.1, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]);
echoes('echoChar', ['a', '\0', '\u{e9}', '\u{ffff}', '\u{10ffff}', '\u{1f600}']);
check('a value that does not fit', () => guest.echoU8(256), refused('`value`: expected u8, got number 256'));

// Text and bytes.
const texts = ['', 'a', 'plain', 'na\u{ef}ve', '\u{6f22}\u{5b57}', '\u{1f600}', 'a\0b', 'line\nline', 'x'.repeat(100_000), '\u{1f600}'.repeat(10_000)];
echoes('echoString', texts);
check('a lone surrogate', () => guest.echoString('a\ud800b'), 'a\ufffdb');
const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index * 7);
echoes('echoBytes', [new Uint8Array(), Uint8Array.of(0, 255, 128), bytes]);
check('part of a buffer', () => guest.echoBytes(bytes.subarray(3, 6)), Uint8Array.of(21, 28, 35));

// Lists and tuples.
echoes('echoIntegers', [new BigInt64Array(), BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n)]);
echoes('echoFloats', [new Float64Array(), Float64Array.from(floats)]);
echoes('echoStrings', [[], [''], texts]);
echoes('echoRows', [[], [new Uint16Array()], [Uint16Array.of(1, 65535), new Uint16Array(), Uint16Array.of(7)]]);
echoes('echoPair', [[0, ''], [255, '\u{1f600}']]);

// Records, enums, variants, flags.
const person = { name: 'Ada', age: 36, email: undefined, nickNames: [], home: { x: -(2 ** 31), y: 2 ** 31 - 1 } };
const other = { ...person, name: '', email: '', nickNames: ['Countess', '\u{1f600}'] };
echoes('echoPerson', [person, other]);
echoes('echoPeople', [[], [person, other, person], Array(500).fill(other)]);
echoes('echoColor', ['red', 'green', 'dark-blue']);
check('no color', () => guest.echoColor('blue'),
  refused("`value`: expected color ('red', 'green', 'dark-blue'), got 'blue'"));
const shapes = [
  { tag: 'nothing' },
  { tag: 'circle', val: 1.5 },
  { tag: 'polygon', val: [] },
  { tag: 'polygon', val: [{ x: 1, y: -1 }, { x: 0, y: 2 }] },
  { tag: 'named', val: 'na\u{ef}ve' },
  { tag: 'painted', val: 'dark-blue' },
];
echoes('echoShapes', [[], shapes]);
for (let bits = 0; bits < 8; bits += 1) {
  echoes('echoRights', [{ read: !!(bits & 1), write: !!(bits & 2), mayRun: !!(bits & 4) }]);
}

// Options and results; a result at the top is a return or an exception.
echoes('echoOption', [undefined, 0, 2 ** 32 - 1]);
echoes('echoOptions', [undefined, { tag: 'some', val: undefined }, { tag: 'some', val: '' }, { tag: 'some', val: 'text' }]);
echoes('echoResults', [[], [{ tag: 'ok', val: 255 }, { tag: 'err', val: 'why' }, { tag: 'err', val: '' }]]);
check('echoResult ok', () => guest.echoResult({ tag: 'ok', val: 'well' }), 'well');
check('echoResult err', () => guest.echoResult({ tag: 'err', val: 'green' }), failed('green'));
const none = new Int32Array();
check('divide', () => [guest.divide(84, 2, none), guest.divide(-84, 2, Int32Array.of(42)), guest.divide(0, -7, none)], [42, -42, 0]);
check('divide by zero', () => guest.divide(1, 0, none), failed({ tag: 'by-zero' }));
check('remainder', () => guest.divide(-7, 2, none), failed({ tag: 'remainder', val: -1 }));
check('unwanted', () => guest.divide(-84, 2, Int32Array.of(1, -42)), failed({ tag: 'unwanted', val: '-42' }));

// A resource.
const counter = new Counter(40);
check('method', () => [counter.next(), counter.next(), counter.value()], [41, 42, 42]);
check('around the edge', () => { using full = new Counter(2 ** 32 - 1); return full.next(); }, 0);
const copy = counter.copy();
check('borrow', () => [counter.add(copy), counter.add(counter), copy.value()], [84, 168, 42]);
check('own', () => [counter.absorb(copy), counter.value()], [210, 210]);
check('given away', () => copy.value(), refused('`self`: this Counter has been disposed of or given away'));
check('static', () => Counter.parse('123456789').value(), 123456789);
check('static that fails', () => Counter.parse('twelve'), failed('`twelve` is no number'));
const many = Array.from({ length: 20 }, (_, index) => new Counter(index));
check('list of own', () => guest.reverse(many).map((one) => one.value()), Array.from({ length: 20 }, (_, index) => 19 - index));
check('classes', () => guest.reverse([new Counter(1)])[0] instanceof Counter, true);
counter[Symbol.dispose]();
check('disposed', () => counter.value(), refused('`self`: this Counter has been disposed of or given away'));

// Output, and a mistake of the program: the next call has a fresh instance.
check('output', () => [guest.say('na\u{ef}ve \u{1f600}'), guest.say('')], [undefined, undefined]);
const kept = new Counter(1);
let mistake;
try {
  guest.fail('because of this');
} catch (error) {
  mistake = error;
}
check('a mistake is a trap', () => [mistake instanceof TrapError, mistake.code, mistake.message.startsWith('`fail`: component `guest` trapped: ')],
  [true, 'ERR_TRAP', true]);
check('handles die with it', () => kept.value(), refused('`self`: this Counter is gone: the component\'s instance that made it died'));
check('the next call', () => [guest.echoString('on'), new Counter(7).next()], ['on', 8]);

export default { failures, mistake: mistake?.message };
