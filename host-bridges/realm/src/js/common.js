// What the files of the prelude share. Evaluates to a function that gives it.
//
// Some of V8's built-in functions look at nothing while they go through what they were given: a run cannot be ended in
// them, and for a receiver that says it has 2 ** 53 - 1 elements they never end by themselves. Others abort the process.
// So each of them goes on as it is for arrays up to a length, where it takes a fraction of a second at worst, and the same
// algorithm runs in JavaScript for everything else: between two rounds of a loop, V8 can be ended.
(function common(isRealArray) {
  'use strict';

  const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const { Array, Object, RangeError, TypeError } = globalThis;
  const { isArray } = Array;
  const { trunc } = Math;
  const { bind, call } = Function.prototype;
  const uncurryThis = bind.bind(call);
  const speciesSymbol = Symbol.species;

  // Elements that a function of V8's may go through in one go: what takes a microsecond each, such as moving holes about
  // in a sparse array, is then over in a few seconds at worst, and usually in milliseconds.
  //
  // An ES Proxy of an array passes for an array here, and may say what it likes about its length. That does no harm: each
  // time V8 asks it for something, V8 looks whether it shall end.
  const LENGTH_MAX = 2 ** 22;

  // What V8 makes an array of at once has to fit into one of its arrays (2 ** 27 elements), or it aborts the process.
  const ELEMENTS_MAX = 2 ** 25;

  const define = (object, name, value, enumerable = false) =>
    defineProperty(object, name, { __proto__: null, value, writable: true, enumerable, configurable: true });

  // Puts functions in the place of native ones: with their names, lengths and attributes. Their lengths follow from their
  // parameters, but where optional ones have to be told from absent ones.
  const replace = (object, replacements) => {
    for (const key of ownKeys(replacements)) {
      const original = getOwnPropertyDescriptor(object, key);
      const replacement = replacements[key];
      if (replacement.length !== original.value.length) {
        defineProperty(replacement, 'length', { __proto__: null, value: original.value.length });
      }
      defineProperty(object, key, { __proto__: null, ...original, value: replacement });
    }
  };

  const toObject = (value, method) => {
    if (value === undefined || value === null) {
      throw new TypeError(`Array.prototype.${method} called on null or undefined`);
    }
    return Object(value);
  };

  const toInteger = (value) => {
    const integer = trunc(+value);
    return integer === integer ? integer : 0;
  };

  const toLength = (value) => {
    const length = toInteger(value);
    return length > 0 ? (length < 2 ** 53 - 1 ? length : 2 ** 53 - 1) : 0;
  };

  // A position as the second argument of `slice` and its like gives it: from the end where it is negative.
  const toPosition = (value, length, otherwise) => {
    if (value === undefined) {
      return otherwise;
    }
    const integer = toInteger(value);
    if (integer < 0) {
      return integer + length > 0 ? integer + length : 0;
    }
    return integer < length ? integer : length;
  };

  const requireFunction = (value) => {
    if (typeof value !== 'function') {
      throw new TypeError(`${typeof value === 'object' ? 'object' : String(value)} is not a function`);
    }
    return value;
  };

  const set = (object, key, value) => {
    object[key] = value;
  };

  const remove = (object, key) => {
    if (!deleteProperty(object, key)) {
      throw new TypeError(`Cannot delete property '${String(key)}' of ${typeof object}`);
    }
  };

  const newArray = (length) => {
    if (length > 2 ** 32 - 1) {
      throw new RangeError('Invalid array length');
    }
    return new Array(length);
  };

  // The array that a method answers with, and how it takes an element.
  const newSpecies = (original, length) => {
    let constructor;
    if (isArray(original)) {
      constructor = original.constructor;
      if (typeof constructor === 'function' || (typeof constructor === 'object' && constructor !== null)) {
        constructor = constructor[speciesSymbol] ?? undefined;
      }
    }
    return constructor === undefined || constructor === Array
      ? newArray(length)
      : construct(constructor, [length]);
  };

  const add = (object, key, value) => {
    // Where there is nothing of this name, an assignment defines, and is ten times as fast.
    if (isArray(object) && !(key in object)) {
      object[key] = value;
    } else if (!define(object, key, value, true)) {
      throw new TypeError(`Cannot add property ${key}, object is not extensible`);
    }
  };

  return {
    __proto__: null,
    ELEMENTS_MAX, LENGTH_MAX, add, apply, callAs: uncurryThis(call), construct, define, deleteProperty, isArray, isRealArray,
    newArray, newSpecies, ownKeys, remove, replace, requireFunction, set, toInteger, toLength, toObject, toPosition,
    uncurryThis,
  };
});
