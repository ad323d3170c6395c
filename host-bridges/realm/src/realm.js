// What a fresh realm gives up before anything of the tenant's runs. Evaluates to a function.
(function realm(isRealArray, webAssembly) {
  'use strict';

  const { construct, defineProperty, deleteProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const { ArrayBuffer: NativeArrayBuffer, Object, RangeError, TypeError } = globalThis;
  const { trunc } = Math;
  const { bind, call } = Function.prototype;
  const uncurryThis = bind.bind(call);
  const callAs = uncurryThis(call);

  // The largest arrays that `sort` and `split` may make at once. V8 aborts the process for what does not fit into one of
  // its arrays (2 ** 27 elements), before any limit is asked.
  const ELEMENTS_MAX = 2 ** 25;

  const define = (object, name, value, enumerable = false) =>
    defineProperty(object, name, { __proto__: null, value, writable: true, enumerable, configurable: true });

  if (!webAssembly) {
    deleteProperty(globalThis, 'WebAssembly');
  }
  deleteProperty(globalThis, 'SharedArrayBuffer');

  // A resizable buffer does not come from the isolate's allocator, so its bytes would not count.
  function ArrayBuffer(length, options) {
    if (new.target === undefined) {
      throw new TypeError("Constructor ArrayBuffer requires 'new'");
    }
    if (typeof options === 'object' && options !== null && options.maxByteLength !== undefined) {
      throw new RangeError('resizable array buffers are not available here: `maxByteLength` must be left out');
    }
    return construct(NativeArrayBuffer, [length], new.target);
  }
  for (const key of ownKeys(NativeArrayBuffer)) {
    if (key !== 'length' && key !== 'name') {
      defineProperty(ArrayBuffer, key, getOwnPropertyDescriptor(NativeArrayBuffer, key));
    }
  }
  defineProperty(ArrayBuffer, 'length', { value: 1, configurable: true });
  define(NativeArrayBuffer.prototype, 'constructor', ArrayBuffer);
  deleteProperty(NativeArrayBuffer.prototype, 'resize');
  define(globalThis, 'ArrayBuffer', ArrayBuffer);

  const toLength = (value) => {
    const length = trunc(+value);
    return length > 0 ? (length < 2 ** 53 - 1 ? length : 2 ** 53 - 1) : 0;
  };

  const nativeSort = uncurryThis(Array.prototype.sort);
  const nativeToSorted = uncurryThis(Array.prototype.toSorted);

  // The elements of an array-like, its holes left out, or in their places as `undefined`.
  const elementsOf = (object, length, holes) => {
    if (length > ELEMENTS_MAX) {
      throw new RangeError(`Invalid array length: ${length} elements of an array-like cannot be sorted`);
    }
    const elements = [];
    let count = 0;
    for (let index = 0; index < length; index++) {
      if (holes === 'keep' || index in object) {
        define(elements, count++, object[index], true);
      }
    }
    return elements;
  };

  const requireComparator = (compare) => {
    if (compare !== undefined && typeof compare !== 'function') {
      throw new TypeError('The comparison function must be either a function or undefined');
    }
  };

  const { sort, toSorted } = {
    sort(compare) {
      if (isRealArray(this)) {
        return nativeSort(this, compare);
      }
      requireComparator(compare);
      const object = toObject(this, 'sort');
      const length = toLength(object.length);
      const sorted = nativeSort(elementsOf(object, length, 'skip'), compare);
      for (let index = 0; index < sorted.length; index++) {
        object[index] = sorted[index];
      }
      for (let index = sorted.length; index < length; index++) {
        if (index in object && !deleteProperty(object, index)) {
          throw new TypeError(`Cannot delete property '${index}'`);
        }
      }
      return object;
    },
    toSorted(compare) {
      if (isRealArray(this)) {
        return nativeToSorted(this, compare);
      }
      requireComparator(compare);
      const object = toObject(this, 'toSorted');
      return nativeSort(elementsOf(object, toLength(object.length), 'keep'), compare);
    },
  };
  const toObject = (value, method) => {
    if (value === undefined || value === null) {
      throw new TypeError(`Array.prototype.${method} called on null or undefined`);
    }
    return Object(value);
  };
  define(sort, 'length', 1);
  define(Array.prototype, 'sort', sort);
  define(Array.prototype, 'toSorted', toSorted);

  const nativeSplit = uncurryThis(String.prototype.split);
  const splitSymbol = Symbol.split;

  const { split } = {
    split(separator, limit) {
      if (typeof this === 'string' && this.length <= ELEMENTS_MAX) {
        return nativeSplit(this, separator, limit);
      }
      if (this === undefined || this === null) {
        throw new TypeError('String.prototype.split called on null or undefined');
      }
      if (typeof separator === 'object' && separator !== null) {
        const splitter = separator[splitSymbol];
        if (splitter !== undefined && splitter !== null) {
          return callAs(splitter, separator, this, limit);
        }
      }
      const text = `${this}`;
      const pieces = limit === undefined ? 2 ** 32 - 1 : limit >>> 0;
      if (separator === undefined) {
        return nativeSplit(text, undefined, pieces);
      }
      const between = `${separator}`;
      if (between === '' && text.length > ELEMENTS_MAX && pieces > ELEMENTS_MAX) {
        throw new RangeError(`Invalid array length: ${text.length} pieces of a string are too many`);
      }
      return nativeSplit(text, between, pieces);
    },
  };
  define(String.prototype, 'split', split);
});
