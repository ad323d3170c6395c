// The world `languages`, in JavaScript.

class Counter {
  #value;

  constructor(start) {
    this.#value = start;
  }

  value() {
    return this.#value;
  }

  next() {
    return this.#goUp(1);
  }

  add(other) {
    return this.#goUp(other.#value);
  }

  absorb(other) {
    return this.#goUp(other.#value);
  }

  copy() {
    return new Counter(this.#value);
  }

  static parse(text) {
    if (!/^[0-9]{1,9}$/.test(text)) {
      throw `\`${text}\` is no number`; // what is thrown is the error of the result
    }
    return new Counter(Number(text));
  }

  #goUp(by) {
    this.#value = (this.#value + by) >>> 0;
    return this.#value;
  }
}

const same = (value) => value;

export const echo = {
  Counter,
  echoBool: same,
  echoU8: same,
  echoU16: same,
  echoU32: same,
  echoU64: same,
  echoS8: same,
  echoS16: same,
  echoS32: same,
  echoS64: same,
  echoF32: same,
  echoF64: same,
  echoChar: same,
  echoString: same,
  echoBytes: same,
  echoIntegers: same,
  echoFloats: same,
  echoStrings: same,
  echoRows: same,
  echoPair: same,
  echoPerson: same,
  echoPeople: same,
  echoColor: same,
  echoShapes: same,
  echoRights: same,
  echoOption: same,
  echoOptions: same,
  echoResults: same,

  echoResult(value) {
    if (value.tag === 'err') {
      throw value.val;
    }
    return value.val;
  },

  divide(a, b, unwanted) {
    if (b === 0) {
      throw { tag: 'by-zero' };
    }
    if (a % b !== 0) {
      throw { tag: 'remainder', val: a % b };
    }
    const quotient = (a / b) | 0;
    if (unwanted.includes(quotient)) {
      throw { tag: 'unwanted', val: String(quotient) };
    }
    return quotient;
  },

  reverse: (counters) => counters.reverse(),

  say(line) {
    console.log(line);
  },

  fail(why) {
    throw new Error(why);
  },
};
