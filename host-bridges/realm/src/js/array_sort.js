// Sorting: V8 makes an array of its own of what it sorts, and aborts the process where that is too long for it.
(function arraySort(common) {
  'use strict';

  const { ELEMENTS_MAX, add, isRealArray, remove, replace, set, toLength, toObject, uncurryThis } = common;
  const { RangeError, TypeError } = globalThis;
  const { prototype } = globalThis.Array;
  const nativeSort = uncurryThis(prototype.sort);
  const nativeToSorted = uncurryThis(prototype.toSorted);

  // A real array is as long as it says, and what is in it has its place in memory already, unless it is sparse.
  const isSortable = (value) => isRealArray(value) && value.length <= ELEMENTS_MAX;

  // The elements of an array-like, its holes left out, or in their places as `undefined`.
  const elementsOf = (object, length, holes) => {
    if (length > ELEMENTS_MAX) {
      throw new RangeError(`Invalid array length: ${length} elements of an array-like cannot be sorted`);
    }
    const elements = [];
    let count = 0;
    for (let index = 0; index < length; index++) {
      if (holes === 'keep' || index in object) {
        add(elements, count++, object[index]);
      }
    }
    return elements;
  };

  const requireComparator = (compare) => {
    if (compare !== undefined && typeof compare !== 'function') {
      throw new TypeError('The comparison function must be either a function or undefined');
    }
  };

  replace(prototype, {
    sort(compare) {
      if (isSortable(this)) {
        return nativeSort(this, compare);
      }
      requireComparator(compare);
      const object = toObject(this, 'sort');
      const length = toLength(object.length);
      const sorted = nativeSort(elementsOf(object, length, 'skip'), compare);
      for (let index = 0; index < sorted.length; index++) {
        set(object, index, sorted[index]);
      }
      for (let index = sorted.length; index < length; index++) {
        if (index in object) {
          remove(object, index);
        }
      }
      return object;
    },
    toSorted(compare) {
      if (isSortable(this)) {
        return nativeToSorted(this, compare);
      }
      requireComparator(compare);
      const object = toObject(this, 'toSorted');
      return nativeSort(elementsOf(object, toLength(object.length), 'keep'), compare);
    },
  });
});
