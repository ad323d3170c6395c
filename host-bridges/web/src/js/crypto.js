'use strict';

// `crypto`: random numbers of the operating system.

const { defineHidden, SymbolToStringTag, TypedArrayPrototypeGetSymbolToStringTag } = primordials;
const { DOMException } = load('web/dom_exception');
const { fillRandomly, randomUUID } = host;

const BYTES_MAX = 65536;
const FLOATS = { __proto__: null, Float16Array: true, Float32Array: true, Float64Array: true };

class Crypto {
  getRandomValues(array) {
    const type = TypedArrayPrototypeGetSymbolToStringTag(array);
    if (type === undefined || FLOATS[type]) {
      throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    }
    if (array.byteLength > BYTES_MAX) {
      const message = `The requested length exceeds ${BYTES_MAX} bytes`;
      throw new DOMException(message, 'QuotaExceededError');
    }
    fillRandomly(array);
    return array;
  }

  randomUUID() {
    return randomUUID();
  }
}

defineHidden(Crypto.prototype, { [SymbolToStringTag]: 'Crypto' });

return { Crypto, crypto: new Crypto() };
