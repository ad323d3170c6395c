'use strict';

// `TextEncoder`, `TextDecoder`, `atob` and `btoa`.

const {
  defineHidden, RangeError, StringPrototypeSlice, StringPrototypeStartsWith, SymbolToStringTag, TypeError, Uint8Array,
  TypedArrayPrototypeSet, TypedArrayPrototypeSubarray,
} = primordials;
const { invalidType, withCode } = load('web/errors');
const { Kind, kindOf } = load('web/inspect/kind');
const { encode, encodeInto, encodingOf, decode, toBase64, fromBase64 } = host;

const BOM = '\ufeff';
const EMPTY = new Uint8Array(0);

class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(text = '') {
    return encode(`${text}`);
  }

  encodeInto(text, target) {
    if (typeof text !== 'string') throw invalidType('src', 'string', text);
    if (kindOf(target) !== Kind.TypedArray || !(target instanceof Uint8Array)) {
      throw invalidType('dest', 'Uint8Array', target);
    }
    const counts = encodeInto(text, target);
    return { read: counts[0], written: counts[1] };
  }
}

function bytesOf(input) {
  switch (kindOf(input)) {
    case Kind.ArrayBuffer:
    case Kind.SharedArrayBuffer: return new Uint8Array(input);
    case Kind.TypedArray:
    case Kind.DataView: return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    default: throw invalidType('input', 'ArrayBuffer or view', input);
  }
}

function concat(a, b) {
  const whole = new Uint8Array(a.length + b.length);
  TypedArrayPrototypeSet(whole, a, 0);
  TypedArrayPrototypeSet(whole, b, a.length);
  return whole;
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #started = false;
  #rest = EMPTY;

  constructor(label = 'utf-8', options) {
    const encoding = encodingOf(`${label}`);
    if (encoding === undefined) {
      throw withCode(new RangeError(`The "${label}" encoding is not supported`), 'ERR_ENCODING_NOT_SUPPORTED');
    }
    this.#encoding = encoding;
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input, options) {
    const stream = !!options?.stream;
    let bytes = input === undefined ? EMPTY : bytesOf(input);
    if (this.#rest.length > 0) bytes = concat(this.#rest, bytes);
    const answer = decode(this.#encoding, bytes, this.#fatal, stream);
    if (answer === undefined) {
      this.#reset();
      const message = `The encoded data was not valid for encoding ${this.#encoding}`;
      throw withCode(new TypeError(message), 'ERR_ENCODING_INVALID_ENCODED_DATA');
    }
    let text = answer[0];
    // A character may end in the next piece: its first bytes are kept, and copied, for the piece is the caller's.
    this.#rest = EMPTY;
    if (stream && answer[1] < bytes.length) this.#rest = concat(TypedArrayPrototypeSubarray(bytes, answer[1]), EMPTY);
    if (!this.#started && text !== '') {
      this.#started = true;
      const marked = !this.#ignoreBOM && StringPrototypeStartsWith(this.#encoding, 'utf-');
      if (marked && StringPrototypeStartsWith(text, BOM)) text = StringPrototypeSlice(text, 1);
    }
    if (!stream) this.#reset();
    return text;
  }

  #reset() {
    this.#started = false;
    this.#rest = EMPTY;
  }
}

function invalidCharacter(message) {
  const { DOMException } = load('web/dom_exception');
  return new DOMException(message, 'InvalidCharacterError');
}

function btoa(text) {
  if (arguments.length === 0) throw withCode(new TypeError('`data`: missing'), 'ERR_MISSING_ARGS');
  const answer = toBase64(`${text}`);
  if (answer === undefined) throw invalidCharacter('Invalid character');
  return answer;
}

function atob(text) {
  if (arguments.length === 0) throw withCode(new TypeError('`data`: missing'), 'ERR_MISSING_ARGS');
  const answer = fromBase64(`${text}`);
  if (answer === undefined) throw invalidCharacter('The string to be decoded is not correctly encoded.');
  return answer;
}

defineHidden(TextEncoder.prototype, { [SymbolToStringTag]: 'TextEncoder' });
defineHidden(TextDecoder.prototype, { [SymbolToStringTag]: 'TextDecoder' });

return { TextEncoder, TextDecoder, atob, btoa };
