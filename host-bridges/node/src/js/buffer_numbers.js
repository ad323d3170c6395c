'use strict';

// The numbers in a Buffer: `readUInt32LE` and its kind.

const {
  BigInt, BigIntAsUintN, DataView, defineHidden, MathTrunc, Number, NumberIsInteger, StringPrototypeReplace,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
} = primordials;

// Name in Buffer, name in DataView, bytes, least and most.
const KINDS = [
  ['UInt8', 'Uint8', 1, 0, 255], ['Int8', 'Int8', 1, -128, 127],
  ['UInt16', 'Uint16', 2, 0, 65535], ['Int16', 'Int16', 2, -32768, 32767],
  ['UInt32', 'Uint32', 4, 0, 2 ** 32 - 1], ['Int32', 'Int32', 4, -(2 ** 31), 2 ** 31 - 1],
  ['Float', 'Float32', 4], ['Double', 'Float64', 8],
  ['BigUInt64', 'BigUint64', 8, 0n, 2n ** 64n - 1n], ['BigInt64', 'BigInt64', 8, -(2n ** 63n), 2n ** 63n - 1n],
];

const BYTES_MAX = 6;

function define(prototype, { invalidType, outOfRange }) {
  const methods = {};

  // The view of `size` bytes at `offset`.
  function viewAt(buffer, offset, size) {
    if (typeof offset !== 'number') throw invalidType('offset', 'number', offset);
    const most = TypedArrayPrototypeGetByteLength(buffer) - size;
    if (!NumberIsInteger(offset) || offset < 0 || offset > most) throw outOfRange('offset', `an integer of 0 to ${most}`, offset);
    return new DataView(TypedArrayPrototypeGetBuffer(buffer), TypedArrayPrototypeGetByteOffset(buffer) + offset, size);
  }

  function requireRange(value, least, most) {
    if (typeof least === 'bigint' && typeof value !== 'bigint') throw invalidType('value', 'bigint', value);
    if (least !== undefined && (value < least || value > most)) throw outOfRange('value', `${least} to ${most}`, value);
  }

  function both(name, method) {
    methods[name] = method;
    methods[StringPrototypeReplace(name, 'UInt', 'Uint')] = method;
  }

  function defineFixed([name, type, size, least, most], suffix, little) {
    const get = primordials[`DataViewPrototypeGet${type}`];
    const set = primordials[`DataViewPrototypeSet${type}`];
    both(`read${name}${suffix}`, function read(offset = 0) {
      return get(viewAt(this, offset, size), 0, little);
    });
    both(`write${name}${suffix}`, function write(value, offset = 0) {
      if (typeof least !== 'bigint') value = +value;
      requireRange(value, least, most);
      set(viewAt(this, offset, size), 0, value, little);
      return offset + size;
    });
  }

  for (let i = 0; i < KINDS.length; i++) {
    if (KINDS[i][2] === 1) {
      defineFixed(KINDS[i], '', true);
    } else {
      defineFixed(KINDS[i], 'LE', true);
      defineFixed(KINDS[i], 'BE', false);
    }
  }

  function requireSize(size) {
    if (!NumberIsInteger(size) || size < 1 || size > BYTES_MAX) throw outOfRange('byteLength', `1 to ${BYTES_MAX}`, size);
  }

  function defineSized(name, signed, suffix, little) {
    both(`read${name}${suffix}`, function read(offset, size) {
      requireSize(size);
      viewAt(this, offset, size);
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + this[little ? offset + size - 1 - i : offset + i];
      return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    });
    both(`write${name}${suffix}`, function write(value, offset, size) {
      requireSize(size);
      viewAt(this, offset, size);
      value = +value;
      const span = 2 ** (8 * size);
      requireRange(value, signed ? -span / 2 : 0, signed ? span / 2 - 1 : span - 1);
      let rest = BigIntAsUintN(8 * size, BigInt(MathTrunc(value)));
      for (let i = 0; i < size; i++) {
        this[little ? offset + i : offset + size - 1 - i] = Number(rest & 255n);
        rest >>= 8n;
      }
      return offset + size;
    });
  }

  defineSized('UInt', false, 'LE', true);
  defineSized('UInt', false, 'BE', false);
  defineSized('Int', true, 'LE', true);
  defineSized('Int', true, 'BE', false);
  defineHidden(prototype, methods);
}

return { define };
