'use strict';

// Errors with the stable codes that scripts test for.

const { ArrayIsArray, RangeError, String, TypeError } = primordials;

function withCode(error, code) {
  error.code = code;
  return error;
}

function kindName(value) {
  if (value === null) return 'null';
  if (ArrayIsArray(value)) return 'array';
  return typeof value;
}

// The argument `name` is of another type than `expected`.
function invalidType(name, expected, value) {
  const message = `\`${name}\`: expected ${expected}, got ${kindName(value)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

function invalidValue(name, expected, value) {
  return withCode(new TypeError(`\`${name}\`: expected ${expected}, got ${String(value)}`), 'ERR_INVALID_ARG_VALUE');
}

function outOfRange(name, expected, value) {
  return withCode(new RangeError(`\`${name}\`: expected ${expected}, got ${String(value)}`), 'ERR_OUT_OF_RANGE');
}

return { withCode, invalidType, invalidValue, outOfRange };
