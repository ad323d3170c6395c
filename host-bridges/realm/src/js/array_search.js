// Methods of arrays that look for something, or call a function for each element. `find` and its like are not among them:
// they call for holes, too, and V8 can be ended at each call.
(function arraySearch(common) {
  'use strict';

  const {
    LENGTH_MAX, callAs, isArray, newSpecies, add, replace, requireFunction, toInteger, toLength, toObject,
    toPosition, uncurryThis,
  } = common;
  const { TypeError } = globalThis;
  const { prototype } = globalThis.Array;
  const nativeEvery = uncurryThis(prototype.every);
  const nativeFilter = uncurryThis(prototype.filter);
  const nativeForEach = uncurryThis(prototype.forEach);
  const nativeIncludes = uncurryThis(prototype.includes);
  const nativeIndexOf = uncurryThis(prototype.indexOf);
  const nativeLastIndexOf = uncurryThis(prototype.lastIndexOf);
  const nativeMap = uncurryThis(prototype.map);
  const nativeReduce = uncurryThis(prototype.reduce);
  const nativeReduceRight = uncurryThis(prototype.reduceRight);
  const nativeSome = uncurryThis(prototype.some);

  // The first position, of those that exist, at which `callback` answers with what is `wanted`; -1 where it does nowhere.
  const positionOf = (method, receiver, callback, self, wanted) => {
    const object = toObject(receiver, method);
    const length = toLength(object.length);
    requireFunction(callback);
    for (let index = 0; index < length; index++) {
      if (index in object && !!callAs(callback, self, object[index], index, object) === wanted) {
        return index;
      }
    }
    return -1;
  };

  const fold = (method, receiver, callback, given, initial, fromRight) => {
    const object = toObject(receiver, method);
    const length = toLength(object.length);
    requireFunction(callback);
    const step = fromRight ? -1 : 1;
    let index = fromRight ? length - 1 : 0;
    let value = initial;
    if (!given) {
      while (index >= 0 && index < length && !(index in object)) {
        index += step;
      }
      if (index < 0 || index >= length) {
        throw new TypeError('Reduce of empty array with no initial value');
      }
      value = object[index];
      index += step;
    }
    for (; index >= 0 && index < length; index += step) {
      if (index in object) {
        value = callback(value, object[index], index, object);
      }
    }
    return value;
  };

  const slowIncludes = (receiver, searched, from) => {
    const object = toObject(receiver, 'includes');
    const length = toLength(object.length);
    const isNaN = searched !== searched;
    for (let index = length === 0 ? 0 : toPosition(from, length, 0); index < length; index++) {
      const element = object[index];
      if (element === searched || (isNaN && element !== element)) {
        return true;
      }
    }
    return false;
  };

  const slowIndexOf = (receiver, searched, from) => {
    const object = toObject(receiver, 'indexOf');
    const length = toLength(object.length);
    for (let index = length === 0 ? 0 : toPosition(from, length, 0); index < length; index++) {
      if (index in object && object[index] === searched) {
        return index;
      }
    }
    return -1;
  };

  const slowLastIndexOf = (receiver, searched, given, from) => {
    const object = toObject(receiver, 'lastIndexOf');
    const length = toLength(object.length);
    if (length === 0) {
      return -1;
    }
    const last = given ? toInteger(from) : length - 1;
    for (let index = last < 0 ? length + last : last < length ? last : length - 1; index >= 0; index--) {
      if (index in object && object[index] === searched) {
        return index;
      }
    }
    return -1;
  };

  const slowFilter = (receiver, callback, self) => {
    const object = toObject(receiver, 'filter');
    const length = toLength(object.length);
    requireFunction(callback);
    const kept = newSpecies(object, 0);
    let count = 0;
    for (let index = 0; index < length; index++) {
      if (index in object) {
        const value = object[index];
        if (callAs(callback, self, value, index, object)) {
          add(kept, count++, value);
        }
      }
    }
    return kept;
  };

  const slowMap = (receiver, callback, self) => {
    const object = toObject(receiver, 'map');
    const length = toLength(object.length);
    requireFunction(callback);
    const mapped = newSpecies(object, length);
    for (let index = 0; index < length; index++) {
      if (index in object) {
        add(mapped, index, callAs(callback, self, object[index], index, object));
      }
    }
    return mapped;
  };

  replace(prototype, {
    every(callback, self = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeEvery(this, callback, self)
        : positionOf('every', this, callback, self, false) < 0;
    },
    filter(callback, self = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeFilter(this, callback, self)
        : slowFilter(this, callback, self);
    },
    forEach(callback, self = undefined) {
      if (isArray(this) && this.length <= LENGTH_MAX) {
        nativeForEach(this, callback, self);
      } else {
        // What the callback answers is never this object.
        positionOf('forEach', this, callback, self, undefined);
      }
    },
    // V8 optimises these two for the position that is left out, and gives up for one that is undefined.
    includes(searched, from = undefined) {
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowIncludes(this, searched, from);
      }
      return from === undefined ? nativeIncludes(this, searched) : nativeIncludes(this, searched, from);
    },
    indexOf(searched, from = undefined) {
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowIndexOf(this, searched, from);
      }
      return from === undefined ? nativeIndexOf(this, searched) : nativeIndexOf(this, searched, from);
    },
    lastIndexOf(searched, from = undefined) {
      const given = arguments.length > 1;
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowLastIndexOf(this, searched, given, from);
      }
      return given ? nativeLastIndexOf(this, searched, from) : nativeLastIndexOf(this, searched);
    },
    map(callback, self = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeMap(this, callback, self)
        : slowMap(this, callback, self);
    },
    reduce(callback, initial = undefined) {
      const given = arguments.length > 1;
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return fold('reduce', this, callback, given, initial, false);
      }
      return given ? nativeReduce(this, callback, initial) : nativeReduce(this, callback);
    },
    reduceRight(callback, initial = undefined) {
      const given = arguments.length > 1;
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return fold('reduceRight', this, callback, given, initial, true);
      }
      return given ? nativeReduceRight(this, callback, initial) : nativeReduceRight(this, callback);
    },
    some(callback, self = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeSome(this, callback, self)
        : positionOf('some', this, callback, self, true) >= 0;
    },
  });
});
