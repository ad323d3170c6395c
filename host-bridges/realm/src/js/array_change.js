// Methods of arrays that move elements, or make new arrays of them.
(function arrayChange(common) {
  'use strict';

  const {
    LENGTH_MAX, add, apply, callAs, construct, isArray, newArray, newSpecies, remove, replace, requireFunction,
    set, toInteger, toLength, toObject, toPosition, uncurryThis,
  } = common;
  const { Array, RangeError, TypeError } = globalThis;
  const { prototype } = Array;
  const { splice, unshift } = prototype;
  const { iterator: iteratorSymbol, isConcatSpreadable } = Symbol;
  const nativeConcat = uncurryThis(prototype.concat);
  const nativeCopyWithin = uncurryThis(prototype.copyWithin);
  const nativeFill = uncurryThis(prototype.fill);
  const nativeFrom = uncurryThis(Array.from);
  const nativeJoin = uncurryThis(prototype.join);
  const nativeReverse = uncurryThis(prototype.reverse);
  const nativeShift = uncurryThis(prototype.shift);
  const nativeSlice = uncurryThis(prototype.slice);
  const nativeSplice = uncurryThis(prototype.splice);
  const nativeToLocaleString = prototype.toLocaleString;
  const nativeToReversed = uncurryThis(prototype.toReversed);
  const nativeToSpliced = prototype.toSpliced;
  const nativeUnshift = uncurryThis(prototype.unshift);
  const nativeWith = uncurryThis(prototype.with);

  // What an element says in somebody's language takes it a thousand times as long as moving it.
  const LOCALE_MAX = 2 ** 12;

  // Moves the element at `from`, or the hole that is there, to `to`.
  const move = (object, from, to) => {
    if (from in object) {
      set(object, to, object[from]);
    } else {
      remove(object, to);
    }
  };

  // Moves `count` elements from `from` to `to`; where the two overlap, no element is overwritten before it has moved.
  const moveAll = (object, from, to, count) => {
    if (from < to) {
      for (let index = count - 1; index >= 0; index--) {
        move(object, from + index, to + index);
      }
    } else {
      for (let index = 0; index < count; index++) {
        move(object, from + index, to + index);
      }
    }
  };

  const truncate = (object, from, to) => {
    for (let index = from; index > to; index--) {
      remove(object, index - 1);
    }
    object.length = to;
  };

  const requireSafe = (length) => {
    if (length > 2 ** 53 - 1) {
      throw new TypeError(`Pushing elements on an array-like of length ${length} is disallowed by ECMA-262`);
    }
    return length;
  };

  const slowCopyWithin = (receiver, target, start, end) => {
    const object = toObject(receiver, 'copyWithin');
    const length = toLength(object.length);
    const to = toPosition(target, length, 0);
    const from = toPosition(start, length, 0);
    const final = toPosition(end, length, length);
    const count = final - from < length - to ? final - from : length - to;
    moveAll(object, from, to, count);
    return object;
  };

  const slowFill = (receiver, value, start, end) => {
    const object = toObject(receiver, 'fill');
    const length = toLength(object.length);
    const first = toPosition(start, length, 0);
    const final = toPosition(end, length, length);
    for (let index = first; index < final; index++) {
      set(object, index, value);
    }
    return object;
  };

  const slowReverse = (receiver) => {
    const object = toObject(receiver, 'reverse');
    const length = toLength(object.length);
    for (let lower = 0, upper = length - 1; lower < upper; lower++, upper--) {
      const [hasLower, low] = lower in object ? [true, object[lower]] : [false];
      const [hasUpper, high] = upper in object ? [true, object[upper]] : [false];
      if (hasUpper) {
        set(object, lower, high);
      } else if (hasLower) {
        remove(object, lower);
      }
      if (hasLower) {
        set(object, upper, low);
      } else if (hasUpper) {
        remove(object, upper);
      }
    }
    return object;
  };

  const slowShift = (receiver) => {
    const object = toObject(receiver, 'shift');
    const length = toLength(object.length);
    if (length === 0) {
      object.length = 0;
      return undefined;
    }
    const first = object[0];
    moveAll(object, 1, 0, length - 1);
    truncate(object, length, length - 1);
    return first;
  };

  const slowUnshift = (receiver, items) => {
    const object = toObject(receiver, 'unshift');
    const length = toLength(object.length);
    const count = items.length;
    if (count > 0) {
      requireSafe(length + count);
      moveAll(object, 0, count, length);
      for (let index = 0; index < count; index++) {
        set(object, index, items[index]);
      }
    }
    object.length = length + count;
    return length + count;
  };

  // What a `splice` removes: where it starts, and how much.
  const removed = (length, given) => {
    const start = toPosition(given[0], length, 0);
    if (given.length < 2) {
      return [start, given.length === 0 ? 0 : length - start];
    }
    const count = toInteger(given[1]);
    return [start, count < 0 ? 0 : count < length - start ? count : length - start];
  };

  const slowSplice = (receiver, given) => {
    const object = toObject(receiver, 'splice');
    const length = toLength(object.length);
    const [start, count] = removed(length, given);
    const items = given.length > 2 ? given.length - 2 : 0;
    const newLength = requireSafe(length + items - count);
    const deleted = newSpecies(object, count);
    copy(object, start, start + count, deleted, 0);
    deleted.length = count;
    if (items !== count) {
      moveAll(object, start + count, start + items, length - start - count);
    }
    if (items < count) {
      truncate(object, length, newLength);
    }
    for (let index = 0; index < items; index++) {
      set(object, start + index, given[index + 2]);
    }
    object.length = newLength;
    return deleted;
  };

  // Adds the elements from `start` to `end`, and leaves holes where holes are; gives the position after them.
  const copy = (source, start, end, target, at) => {
    for (let index = start; index < end; index++, at++) {
      if (index in source) {
        add(target, at, source[index]);
      }
    }
    return at;
  };

  const slowSlice = (receiver, start, end) => {
    const object = toObject(receiver, 'slice');
    const length = toLength(object.length);
    const first = toPosition(start, length, 0);
    const final = toPosition(end, length, length);
    const sliced = newSpecies(object, final > first ? final - first : 0);
    sliced.length = copy(object, first, final, sliced, 0);
    return sliced;
  };

  const isSpreadable = (item) => {
    if ((typeof item !== 'object' && typeof item !== 'function') || item === null) {
      return false;
    }
    const spreadable = item[isConcatSpreadable];
    return spreadable === undefined ? isArray(item) : !!spreadable;
  };

  const slowConcat = (receiver, items) => {
    const object = toObject(receiver, 'concat');
    const joined = newSpecies(object, 0);
    let at = 0;
    for (let number = -1; number < items.length; number++) {
      const item = number < 0 ? object : items[number];
      if (isSpreadable(item)) {
        const length = toLength(item.length);
        requireSafe(at + length);
        at = copy(item, 0, length, joined, at);
      } else {
        requireSafe(at + 1);
        add(joined, at++, item);
      }
    }
    joined.length = at;
    return joined;
  };

  // V8 goes through these without a look at whether it shall end.
  const isShort = (item) =>
    isArray(item) ? item.length <= LENGTH_MAX : typeof item !== 'object' && typeof item !== 'function';

  const slowJoin = (receiver, separator) => {
    const object = toObject(receiver, 'join');
    const length = toLength(object.length);
    const between = separator === undefined ? ',' : `${separator}`;
    let text = '';
    for (let index = 0; index < length; index++) {
      const element = object[index];
      const piece = element === undefined || element === null ? '' : `${element}`;
      text += index === 0 ? piece : between + piece;
    }
    return text;
  };

  const flatten = (target, at, source, length, depth) => {
    for (let index = 0; index < length; index++) {
      if (index in source) {
        at = addFlat(target, at, source[index], depth);
      }
    }
    return at;
  };

  const addFlat = (target, at, element, depth) => {
    if (depth > 0 && isArray(element)) {
      return flatten(target, at, element, toLength(element.length), depth - 1);
    }
    add(target, at, element);
    return at + 1;
  };

  const slowToReversed = (receiver) => {
    const object = toObject(receiver, 'toReversed');
    const length = toLength(object.length);
    const reversed = newArray(length);
    for (let index = 0; index < length; index++) {
      add(reversed, index, object[length - 1 - index]);
    }
    return reversed;
  };

  const slowToSpliced = (receiver, given) => {
    const object = toObject(receiver, 'toSpliced');
    const length = toLength(object.length);
    const [start, count] = removed(length, given);
    const items = given.length > 2 ? given.length - 2 : 0;
    const spliced = newArray(requireSafe(length + items - count));
    for (let index = 0; index < spliced.length; index++) {
      const isItem = index >= start && index < start + items;
      add(spliced, index, isItem ? given[index - start + 2] : object[index < start ? index : index - items + count]);
    }
    return spliced;
  };

  const slowWith = (receiver, position, value) => {
    const object = toObject(receiver, 'with');
    const length = toLength(object.length);
    const relative = toInteger(position);
    const actual = relative < 0 ? length + relative : relative;
    if (actual < 0 || actual >= length) {
      throw new RangeError(`Invalid index : ${relative}`);
    }
    const changed = newArray(length);
    for (let index = 0; index < length; index++) {
      add(changed, index, index === actual ? value : object[index]);
    }
    return changed;
  };

  const slowFrom = (receiver, items, mapper, self) => {
    if (mapper !== undefined) {
      requireFunction(mapper);
    }
    const isConstructor = typeof receiver === 'function' && receiver !== Array;
    const mapped = (value, index) => (mapper === undefined ? value : callAs(mapper, self, value, index));
    const iterate = items[iteratorSymbol];
    let at = 0;
    if (iterate !== undefined && iterate !== null) {
      const made = isConstructor ? construct(receiver, []) : [];
      // What says how to iterate is asked once.
      for (const value of { __proto__: null, [iteratorSymbol]: () => callAs(iterate, items) }) {
        add(made, at, mapped(value, at));
        at++;
      }
      made.length = at;
      return made;
    }
    const source = toObject(items, 'from');
    const length = toLength(source.length);
    const made = isConstructor ? construct(receiver, [length]) : newArray(length);
    for (; at < length; at++) {
      add(made, at, mapped(source[at], at));
    }
    made.length = length;
    return made;
  };

  replace(Array, {
    from(items, mapper = undefined, self = undefined) {
      return isShort(items) && (typeof items !== 'string' || items.length <= LENGTH_MAX)
        ? nativeFrom(this, items, mapper, self)
        : slowFrom(this, items, mapper, self);
    },
  });

  replace(prototype, {
    concat(item = undefined) {
      const count = arguments.length;
      if (count < 2 && isShort(this) && (count === 0 || isShort(item))) {
        return count === 0 ? nativeConcat(this) : nativeConcat(this, item);
      }
      return slowConcat(this, arguments);
    },
    copyWithin(target, start, end = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeCopyWithin(this, target, start, end)
        : slowCopyWithin(this, target, start, end);
    },
    fill(value, start = undefined, end = undefined) {
      return isArray(this) && this.length <= LENGTH_MAX
        ? nativeFill(this, value, start, end)
        : slowFill(this, value, start, end);
    },
    flat(depth = 1) {
      const object = toObject(this, 'flat');
      const length = toLength(object.length);
      const levels = toInteger(depth);
      const target = newSpecies(object, 0);
      flatten(target, 0, object, length, levels);
      return target;
    },
    flatMap(callback, self = undefined) {
      const object = toObject(this, 'flatMap');
      const length = toLength(object.length);
      requireFunction(callback);
      const target = newSpecies(object, 0);
      let at = 0;
      for (let index = 0; index < length; index++) {
        if (index in object) {
          at = addFlat(target, at, callAs(callback, self, object[index], index, object), 1);
        }
      }
      return target;
    },
    join(separator) {
      return isArray(this) && this.length <= LENGTH_MAX ? nativeJoin(this, separator) : slowJoin(this, separator);
    },
    reverse() {
      return isArray(this) && this.length <= LENGTH_MAX ? nativeReverse(this) : slowReverse(this);
    },
    shift() {
      return isArray(this) && this.length <= LENGTH_MAX ? nativeShift(this) : slowShift(this);
    },
    slice(start, end) {
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowSlice(this, start, end);
      }
      if (end !== undefined) {
        return nativeSlice(this, start, end);
      }
      return start === undefined ? nativeSlice(this) : nativeSlice(this, start);
    },
    splice(...given) {
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowSplice(this, given);
      }
      return given.length === 2 ? nativeSplice(this, given[0], given[1]) : apply(splice, this, given);
    },
    toLocaleString(...given) {
      if (isArray(this) && this.length <= LOCALE_MAX) {
        return apply(nativeToLocaleString, this, given);
      }
      const object = toObject(this, 'toLocaleString');
      const length = toLength(object.length);
      let text = '';
      for (let index = 0; index < length; index++) {
        const element = object[index];
        const isNothing = element === undefined || element === null;
        const piece = isNothing ? '' : `${apply(element.toLocaleString, element, given)}`;
        text += index === 0 ? piece : ',' + piece;
      }
      return text;
    },
    toReversed() {
      return isArray(this) && this.length <= LENGTH_MAX ? nativeToReversed(this) : slowToReversed(this);
    },
    toSpliced(...given) {
      return isArray(this) && this.length <= LENGTH_MAX ? apply(nativeToSpliced, this, given) : slowToSpliced(this, given);
    },
    unshift(...items) {
      if (!isArray(this) || this.length > LENGTH_MAX) {
        return slowUnshift(this, items);
      }
      return items.length === 1 ? nativeUnshift(this, items[0]) : apply(unshift, this, items);
    },
    with(position, value) {
      return isArray(this) && this.length <= LENGTH_MAX ? nativeWith(this, position, value) : slowWith(this, position, value);
    },
  });
});
