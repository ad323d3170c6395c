// Calls a component that answers with anything. Its functions, what JavaScript gives it, and the seed are filled in.

import { instantiate } from 'innerbox:component';

let state;
const below = (bound) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % bound;
};

const integer = (v, least, most) => Number.isInteger(v) && v >= least && v <= most;
const u32 = (v) => integer(v, 0, 4294967295);
const isString = (v) => typeof v === 'string' && v.isWellFormed();
const isChar = (v) => isString(v) && [...v].length === 1;
const isArray = (v, is) => Array.isArray(v) && v.every((one) => is(one)) && Object.keys(v).length === v.length;
const isRecord = (v) => integer(v.a, 0, 255) && isString(v.b) && typeof v.c === 'number' && isArray(v.d, isString)
  && (v.e === undefined || isChar(v.e)) && Object.keys(v).join('') === 'abcde';
const isVariant = (v) => ({
  n: () => !('val' in v), a: () => u32(v.val), s: () => isString(v.val), l: () => v.val.constructor === Uint8Array, c: () => isChar(v.val),
})[v.tag]();

/** Thrown by functions that this script gives. */
class Marker extends Error {}
class Sink {
  size() { return below(5) === 0 ? -1 : 7; }
  [Symbol.dispose]() { if (below(5) === 0) throw new Marker('dispose'); }
}

const failures = [];
const seen = [];
const record = { a: 1, b: 'b', c: 0.5, d: ['d', ''], e: '\u{10ffff}' };
const thing = () => (below(3) > 0 ? new guest.Thing(1) : guest.Thing.make());

/** What a function does that the component calls with `v`. */
const given = (is, v, value) => {
  let right = false;
  try { right = is(v); } catch {}
  if (!right) failures.push(`a given function got ${show(v)}, which is not ${is}`);
  switch (below(8)) {
    case 0: throw new Marker('given');
    case 1: throw 'thrown';
    case 2: return {};
    case 3:
      try { guest.take0(1); } catch {}
      return value();
    default: return value();
  }
};
const guest = instantiate('guest', { host: {
  Sink,
  /* HOSTS */
} });

const show = (v) => {
  const text = JSON.stringify(v, (_, part) =>
    (typeof part === 'bigint' ? `${part}n` : typeof part === 'number' ? String(part) : part instanceof Sink ? 'Sink' : part));
  return `${Object.prototype.toString.call(v)} ${text?.slice(0, 300)}`;
};

const isKnown = (error) => {
  if (!(error instanceof Error)) return error === 'thrown';
  if (error.code === 'ERR_HOST_FAULT' || error.message.includes('host fault')) return false;
  return error instanceof Marker || error instanceof TypeError || error instanceof RangeError || error.code === 'ERR_COMPONENT_BUSY'
    || (error instanceof TrapError && error.code === 'ERR_TRAP') || (error instanceof LimitError && error.code === 'ERR_LIMIT')
    || (error instanceof ComponentError && error.code === 'ERR_COMPONENT');
};

let attempts = 0;
const attempt = (name, call, is) => {
  // Each call has its own chances: what differs between the doors is found where it begins.
  attempts += 1;
  state = Math.imul(SEED, 2 * attempts + 1) | 1;
  let value;
  try { value = call(); } catch (error) {
    if (!isKnown(error)) failures.push(`${name} threw ${error?.stack ?? error}`);
    seen.push([`${name} threw ${error?.name}`, error?.message]);
    return;
  }
  let right = false;
  try { right = is(value); } catch {}
  if (!right) failures.push(`${name} gave ${show(value)}, which is not ${is}`);
  seen.push([`${name} gave ${show(value)}`, null]);
};

const functions = [
  /* FUNCTIONS */
  ['new', () => new guest.Thing(7), (v) => v instanceof guest.Thing],
  ['get', () => thing().get(thing()), u32],
  ['make', () => guest.Thing.make(), (v) => v instanceof guest.Thing],
  ['dispose', () => thing()[Symbol.dispose](), (v) => v === undefined],
];
for (let round = 0; round < CALLS; round++) {
  for (const [name, call, is] of functions) attempt(name, call, is);
}
export default { failures: failures.slice(0, 5), seen };
