// Methods of typed arrays that make a text of each element.
(function typedArray(common) {
  'use strict';

  const { apply, replace, uncurryThis } = common;
  const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { prototype } = getPrototypeOf(Uint8Array);
  const nativeJoin = uncurryThis(prototype.join);
  const nativeToLocaleString = prototype.toLocaleString;
  const lengthOf = uncurryThis(getOwnPropertyDescriptor(prototype, 'length').get);
  const subarray = uncurryThis(prototype.subarray);

  // Elements that are joined in one go.
  const PIECE = 2 ** 16;

  // A piece at a time, each of which V8 can be ended after.
  const inPieces = (array, between, join) => {
    const length = lengthOf(array);
    let text = '';
    for (let start = 0; start < length; start += PIECE) {
      text += start === 0 ? '' : between;
      text += join(subarray(array, start, start + PIECE));
    }
    return text;
  };

  replace(prototype, {
    join(separator) {
      if (lengthOf(this) <= PIECE) {
        return nativeJoin(this, separator);
      }
      const between = separator === undefined ? ',' : `${separator}`;
      return inPieces(this, between, (piece) => nativeJoin(piece, between));
    },
    toLocaleString(...given) {
      return lengthOf(this) <= PIECE
        ? apply(nativeToLocaleString, this, given)
        : inPieces(this, ',', (piece) => apply(nativeToLocaleString, piece, given));
    },
  });
});
