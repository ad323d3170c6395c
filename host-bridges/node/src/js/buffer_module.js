'use strict';

// `node:buffer`.

const { Buffer, LENGTH_MAX } = load('node/buffer');
const { atob, btoa } = load('web/encoding');
const { kindOf, Kind } = load('web/inspect/kind');

const STRING_UNITS_MAX = 2 ** 29 - 24;

function bytesOf(value) {
  return kindOf(value) === Kind.ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

return {
  Buffer,
  SlowBuffer: Buffer,
  INSPECT_MAX_BYTES: 50,
  kMaxLength: LENGTH_MAX,
  kStringMaxLength: STRING_UNITS_MAX,
  constants: { MAX_LENGTH: LENGTH_MAX, MAX_STRING_LENGTH: STRING_UNITS_MAX },
  atob,
  btoa,
  isUtf8: (value) => Buffer.from(bytesOf(value).toString()).equals(bytesOf(value)),
  isAscii: (value) => bytesOf(value).every((byte) => byte < 128),
};
