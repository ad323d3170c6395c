'use strict';

// `Buffer`: a Uint8Array that knows encodings.

const {
  ArrayIsArray, ArrayPrototypeJoin, defineHidden, MathMax, MathMin, MathTrunc, Number,
  NumberIsInteger, NumberIsNaN, NumberPrototypeToString, ObjectDefineProperty, ObjectSetPrototypeOf,
  StringPrototypePadStart, StringPrototypeToLowerCase, SymbolFor, SymbolSpecies, SymbolToPrimitive,
  TypedArrayPrototypeFill, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeSet, TypedArrayPrototypeSubarray,
  Uint8Array,
} = primordials;
const { invalidType, invalidValue, outOfRange, withCode } = load('web/errors');
const { kindOf, Kind } = load('web/inspect/kind');

const LENGTH_MAX = 2 ** 32;
const SHOWN_BYTES_MAX = 50;
const inspectCustom = SymbolFor('nodejs.util.inspect.custom');

// The numbers are those of `Encoding` in encoding.rs.
const ENCODINGS = {
  __proto__: null, utf8: 0, 'utf-8': 0, ucs2: 1, 'ucs-2': 1, utf16le: 1, 'utf-16le': 1, latin1: 2, binary: 2, ascii: 3,
  base64: 4, base64url: 5, hex: 6,
};

class FastBuffer extends Uint8Array {}

function Buffer(value, encodingOrOffset, length) {
  return typeof value === 'number' ? Buffer.alloc(value) : Buffer.from(value, encodingOrOffset, length);
}

Buffer.prototype = FastBuffer.prototype;
ObjectDefineProperty(Buffer.prototype, 'constructor', {
  __proto__: null, value: Buffer, writable: true, configurable: true,
});
ObjectSetPrototypeOf(Buffer, Uint8Array);
ObjectDefineProperty(Buffer, SymbolSpecies, { __proto__: null, get: () => FastBuffer, configurable: true });

function encodingNumber(encoding) {
  if (encoding === undefined || encoding === null || encoding === '') return 0;
  const number = ENCODINGS[encoding] ?? ENCODINGS[StringPrototypeToLowerCase(`${encoding}`)];
  if (number === undefined) {
    throw withCode(new primordials.TypeError(`Unknown encoding: ${encoding}`), 'ERR_UNKNOWN_ENCODING');
  }
  return number;
}

function isBytes(value) {
  return kindOf(value) === Kind.TypedArray && value instanceof Uint8Array;
}

function isView(value) {
  const kind = kindOf(value);
  return kind === Kind.TypedArray || kind === Kind.DataView;
}

// A Buffer over the memory of `bytes`.
function asBuffer(bytes) {
  if (bytes instanceof FastBuffer) return bytes;
  return new FastBuffer(TypedArrayPrototypeGetBuffer(bytes), TypedArrayPrototypeGetByteOffset(bytes),
    TypedArrayPrototypeGetByteLength(bytes));
}

function requireSize(size) {
  if (typeof size !== 'number') throw invalidType('size', 'number', size);
  if (!(size >= 0 && size <= LENGTH_MAX)) throw outOfRange('size', `0 to ${LENGTH_MAX}`, size);
}

function fromText(text, encoding) {
  return asBuffer(host.encode(text, encodingNumber(encoding)));
}

function fromArrayLike(values) {
  const buffer = new FastBuffer(values.length);
  for (let i = 0; i < buffer.length; i++) buffer[i] = values[i];
  return buffer;
}

function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromText(value, encodingOrOffset);
  if (typeof value !== 'object' || value === null) throw unexpected(value);
  const kind = kindOf(value);
  if (kind === Kind.ArrayBuffer || kind === Kind.SharedArrayBuffer) {
    const offset = MathTrunc(Number(encodingOrOffset)) || 0;
    if (offset < 0 || offset > value.byteLength) throw outOfRange('offset', `0 to ${value.byteLength}`, offset);
    const rest = value.byteLength - offset;
    if (length === undefined) return new FastBuffer(value, offset, rest);
    const wanted = MathMax(0, MathTrunc(Number(length)) || 0);
    if (wanted > rest) throw outOfRange('length', `0 to ${rest}`, wanted);
    return new FastBuffer(value, offset, wanted);
  }
  if (kind === Kind.TypedArray || ArrayIsArray(value)) return fromArrayLike(value);
  const primitive = value.valueOf?.();
  if (primitive !== undefined && primitive !== null && primitive !== value) {
    return from(primitive, encodingOrOffset, length);
  }
  if (typeof value.length === 'number') return fromArrayLike(value);
  if (value.type === 'Buffer' && ArrayIsArray(value.data)) return fromArrayLike(value.data);
  if (typeof value[SymbolToPrimitive] === 'function') return fromText(`${value[SymbolToPrimitive]('string')}`, encodingOrOffset);
  throw unexpected(value);
}

function unexpected(value) {
  return invalidType('value', 'string, Buffer, ArrayBuffer, array or array-like object', value);
}

function alloc(size, fill, encoding) {
  requireSize(size);
  const buffer = new FastBuffer(size);
  return fill === undefined || fill === 0 ? buffer : buffer.fill(fill, 0, size, encoding);
}

function allocUnsafe(size) {
  requireSize(size);
  return new FastBuffer(size);
}

function concat(list, length) {
  if (!ArrayIsArray(list)) throw invalidType('list', 'array', list);
  if (length === undefined) {
    length = 0;
    for (let i = 0; i < list.length; i++) length += isBytes(list[i]) ? list[i].length : 0;
  }
  requireSize(length);
  const whole = new FastBuffer(length);
  let position = 0;
  for (let i = 0; i < list.length; i++) {
    if (!isBytes(list[i])) throw invalidType(`list[${i}]`, 'Buffer or Uint8Array', list[i]);
    const room = length - position;
    const part = list[i].length > room ? TypedArrayPrototypeSubarray(list[i], 0, room) : list[i];
    TypedArrayPrototypeSet(whole, part, position);
    position += part.length;
  }
  return whole;
}

function byteLength(value, encoding) {
  if (typeof value !== 'string') {
    const kind = kindOf(value);
    if (isView(value) || kind === Kind.ArrayBuffer || kind === Kind.SharedArrayBuffer) return value.byteLength;
    throw invalidType('value', 'string, Buffer or ArrayBuffer', value);
  }
  switch (ENCODINGS[StringPrototypeToLowerCase(`${encoding ?? 'utf8'}`)]) {
    case 1: return value.length * 2;
    case 2:
    case 3: return value.length;
    case 4:
    case 5: return base64Length(value);
    case 6: return value.length >>> 1;
    default: return host.utf8Length(value);
  }
}

function base64Length(text) {
  let { length } = text;
  while (length > 0 && text[length - 1] === '=') length--;
  return MathTrunc(length * 3 / 4);
}

function compare(a, b) {
  if (!isBytes(a)) throw invalidType('buf1', 'Buffer or Uint8Array', a);
  if (!isBytes(b)) throw invalidType('buf2', 'Buffer or Uint8Array', b);
  return host.compare(a, b);
}

// A position in a buffer, where a negative one counts from its end.
function clamp(position, length, otherwise) {
  if (position === undefined) return otherwise;
  position = MathTrunc(Number(position)) || 0;
  if (position < 0) position += length;
  return MathMin(MathMax(position, 0), length);
}

function bytesOf(value, encoding) {
  if (typeof value === 'string') return fromText(value, encoding);
  if (typeof value === 'number') return new FastBuffer([value & 255]);
  if (isBytes(value)) return value;
  throw invalidType('value', 'number, string, Buffer or Uint8Array', value);
}

function indexOf(buffer, value, position, encoding) {
  if (typeof position === 'string') [position, encoding] = [undefined, position];
  return host.indexOf(buffer, bytesOf(value, encoding), clamp(position, buffer.length, 0));
}

function lastIndexOf(buffer, value, position, encoding) {
  if (typeof position === 'string') [position, encoding] = [undefined, position];
  const wanted = bytesOf(value, encoding);
  let start = position === undefined || NumberIsNaN(Number(position)) ? buffer.length : clamp(position, buffer.length, 0);
  start = MathMin(start, buffer.length - wanted.length);
  for (; start >= 0; start--) {
    if (host.compare(TypedArrayPrototypeSubarray(buffer, start, start + wanted.length), wanted) === 0) return start;
  }
  return -1;
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) {
    const message = `Buffer size must be a multiple of ${size * 8}-bits`;
    throw withCode(new primordials.RangeError(message), 'ERR_INVALID_BUFFER_SIZE');
  }
  for (let start = 0; start < buffer.length; start += size) {
    for (let i = 0; i < size / 2; i++) {
      const other = start + size - 1 - i;
      [buffer[start + i], buffer[other]] = [buffer[other], buffer[start + i]];
    }
  }
  return buffer;
}

defineHidden(Buffer, {
  from,
  alloc,
  allocUnsafe,
  allocUnsafeSlow: allocUnsafe,
  concat,
  byteLength,
  compare,
  isBuffer: (value) => value instanceof Buffer,
  isEncoding: (name) => typeof name === 'string' && ENCODINGS[StringPrototypeToLowerCase(name)] !== undefined,
  of: (...values) => fromArrayLike(values),
  poolSize: 8192,
});

defineHidden(Buffer.prototype, {
  toString(encoding, start, end) {
    const { length } = this;
    const first = MathMax(0, MathTrunc(Number(start)) || 0);
    const last = end === undefined ? length : MathMin(MathMax(0, MathTrunc(Number(end)) || 0), length);
    const number = encodingNumber(encoding);
    return first >= last ? '' : host.decode(this, number, first, last);
  },

  toLocaleString(encoding, start, end) {
    return this.toString(encoding, start, end);
  },

  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i++) data[i] = this[i];
    return { type: 'Buffer', data };
  },

  equals(other) {
    if (!isBytes(other)) throw invalidType('otherBuffer', 'Buffer or Uint8Array', other);
    return this === other || (this.byteLength === other.byteLength && host.compare(this, other) === 0);
  },

  compare(target, targetStart = 0, targetEnd = target?.length, start = 0, end = this.length) {
    if (!isBytes(target)) throw invalidType('target', 'Buffer or Uint8Array', target);
    return host.compare(TypedArrayPrototypeSubarray(this, start, end),
      TypedArrayPrototypeSubarray(target, targetStart, targetEnd));
  },

  copy(target, targetStart = 0, start = 0, end = this.length) {
    if (!isBytes(target)) throw invalidType('target', 'Buffer or Uint8Array', target);
    if (start < 0 || start > this.length) throw outOfRange('sourceStart', `0 to ${this.length}`, start);
    if (targetStart < 0) throw outOfRange('targetStart', '0 or more', targetStart);
    const count = MathMin(end, this.length) - start;
    const room = MathMin(count, target.length - targetStart);
    if (room <= 0) return 0;
    TypedArrayPrototypeSet(target, TypedArrayPrototypeSubarray(this, start, start + room), targetStart);
    return room;
  },

  slice(start, end) {
    return TypedArrayPrototypeSubarray(this, start, end);
  },

  write(text, offset, length, encoding) {
    if (typeof text !== 'string') throw invalidType('string', 'string', text);
    if (typeof offset === 'string') [offset, length, encoding] = [0, undefined, offset];
    else if (typeof length === 'string') [length, encoding] = [undefined, length];
    const start = offset ?? 0;
    if (!NumberIsInteger(start) || start < 0 || start > this.length) {
      throw outOfRange('offset', `0 to ${this.length}`, start);
    }
    let bytes = fromText(text, encoding);
    let room = MathMin(length ?? this.length, this.length - start);
    if (bytes.length > room) {
      // A character is written whole or not at all.
      if (encodingNumber(encoding) === 0) while (room > 0 && (bytes[room] & 0xc0) === 0x80) room--;
      if (encodingNumber(encoding) === 1) room -= room % 2;
      bytes = TypedArrayPrototypeSubarray(bytes, 0, room);
    }
    TypedArrayPrototypeSet(this, bytes, start);
    return bytes.length;
  },

  fill(value, start, end, encoding) {
    if (typeof start === 'string') [start, end, encoding] = [undefined, undefined, start];
    else if (typeof end === 'string') [end, encoding] = [undefined, end];
    const first = start ?? 0;
    const last = end ?? this.length;
    if (first < 0 || first > this.length) throw outOfRange('offset', `0 to ${this.length}`, first);
    if (last < 0 || last > this.length) throw outOfRange('end', `0 to ${this.length}`, last);
    if (typeof value !== 'string' && !isBytes(value)) {
      return TypedArrayPrototypeFill(this, Number(value) & 255, first, last);
    }
    const bytes = bytesOf(value, encoding);
    if (bytes.length === 0) {
      if (typeof value === 'string' && value.length > 0) throw invalidValue('value', 'text of that encoding', value);
      return TypedArrayPrototypeFill(this, 0, first, last);
    }
    for (let i = first; i < last; i++) this[i] = bytes[(i - first) % bytes.length];
    return this;
  },

  indexOf(value, position, encoding) {
    return indexOf(this, value, position, encoding);
  },

  lastIndexOf(value, position, encoding) {
    return lastIndexOf(this, value, position, encoding);
  },

  includes(value, position, encoding) {
    return indexOf(this, value, position, encoding) !== -1;
  },

  swap16() {
    return swap(this, 2);
  },

  swap32() {
    return swap(this, 4);
  },

  swap64() {
    return swap(this, 8);
  },

  get parent() {
    return this instanceof Buffer ? this.buffer : undefined;
  },

  get offset() {
    return this instanceof Buffer ? this.byteOffset : undefined;
  },

  [inspectCustom](depth, options) {
    const count = MathMin(this.length, SHOWN_BYTES_MAX);
    const pairs = [];
    for (let i = 0; i < count; i++) pairs[i] = StringPrototypePadStart(NumberPrototypeToString(this[i], 16), 2, '0');
    const rest = this.length - count;
    let text = ArrayPrototypeJoin(pairs, ' ');
    if (rest > 0) text += ` ... ${rest} more byte${rest > 1 ? 's' : ''}`;
    const name = this.constructor?.name ?? 'Buffer';
    return `<${name === 'FastBuffer' ? 'Buffer' : name} ${text}>`;
  },
});

load('node/buffer_numbers').define(Buffer.prototype, { invalidType, outOfRange });

return { Buffer, asBuffer, LENGTH_MAX };
