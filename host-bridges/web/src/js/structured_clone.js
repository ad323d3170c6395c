'use strict';

// `structuredClone`. It is JavaScript, and not V8's serializer, for the serializer writes a string again wherever it
// occurs: a thousand references to one long string would fill the host's memory. Here the copy is the tenant's.

const {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeSlice, ArrayBufferPrototypeTransfer,
  ArrayFrom, ArrayPrototypePush, ReflectDefineProperty, BigIntPrototypeValueOf, BooleanPrototypeValueOf, DataView,
  DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength, DataViewPrototypeGetByteOffset, Date, DatePrototypeGetTime,
  defineHidden, Error, EvalError, Map, MapIteratorPrototypeNext, MapPrototypeEntries, MapPrototypeGet,
  MapPrototypeGetSize, MapPrototypeSet, NumberPrototypeValueOf, Object, ObjectGetOwnPropertyDescriptor, ObjectKeys,
  ObjectPrototypeHasOwnProperty, RangeError, ReferenceError, RegExp, RegExpPrototypeGetFlags, RegExpPrototypeGetSource,
  Set, SetIteratorPrototypeNext, SetPrototypeAdd, SetPrototypeGetSize, SetPrototypeValues, String,
  StringPrototypeValueOf, SymbolPrototypeToString, SyntaxError, TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag, TypeError,
  URIError,
} = primordials;
const { withCode } = load('web/errors');
const { Kind, kindOf } = load('web/inspect/kind');

const ERRORS = { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function uncloneable(text) {
  const { DOMException } = load('web/dom_exception');
  return new DOMException(`${text} could not be cloned.`, 'DataCloneError');
}

function structuredClone(value, options) {
  if (arguments.length === 0) throw withCode(new TypeError('`value`: missing'), 'ERR_MISSING_ARGS');
  const moving = movingBuffers(options?.transfer);
  if (MapPrototypeGetSize(moving) === 0) return copyOf(value, new Map());
  // Once to see that all can be cloned, and what looks into the buffers; then the buffers are moved, and detached.
  const spans = new Map();
  copyOf(value, new Map(), { moving, spans });
  const copies = new Map();
  const iterator = MapPrototypeEntries(moving);
  for (let i = MapPrototypeGetSize(moving); i > 0; i--) {
    const buffer = MapIteratorPrototypeNext(iterator).value[0];
    MapPrototypeSet(copies, buffer, ArrayBufferPrototypeTransfer(buffer));
  }
  return copyOf(value, copies, { moving: undefined, spans });
}

function movingBuffers(transfer) {
  const moving = new Map();
  if (transfer === undefined || transfer === null) return moving;
  const list = ArrayFrom(transfer);
  for (let i = 0; i < list.length; i++) {
    if (kindOf(list[i]) !== Kind.ArrayBuffer) throw uncloneable('A value in the transfer list');
    if (MapPrototypeGet(moving, list[i])) throw uncloneable('An ArrayBuffer that is twice in the transfer list');
    MapPrototypeSet(moving, list[i], true);
  }
  return moving;
}

// `transfer` holds the buffers that will be moved, in the first of two passes, and what is seen of them in both.
function copyOf(value, copies, transfer) {
  if (typeof value === 'symbol') throw uncloneable(SymbolPrototypeToString(value));
  if (typeof value === 'function') throw uncloneable(String(value));
  if (typeof value !== 'object' || value === null) return value;
  const known = MapPrototypeGet(copies, value);
  if (known !== undefined) return known;
  if (transfer?.moving !== undefined && MapPrototypeGet(transfer.moving, value)) return value;
  const remember = (copy) => {
    MapPrototypeSet(copies, value, copy);
    return copy;
  };
  const kind = kindOf(value);
  switch (kind) {
    case Kind.Array: return copyProperties(value, remember(sized(value.length)), copies, transfer);
    case Kind.Map: return copyMap(value, remember(new Map()), copies, transfer);
    case Kind.Set: return copySet(value, remember(new Set()), copies, transfer);
    case Kind.Error: return copyError(value, remember, copies, transfer);
    case Kind.TypedArray:
    case Kind.DataView: return copyView(value, kind, remember, copies, transfer);
    case 0:
    case Kind.Arguments: return copyProperties(value, remember({}), copies, transfer);
    default: return remember(copySimple(value, kind));
  }
}

function sized(length) {
  const list = [];
  list.length = length;
  return list;
}

// What holds nothing else.
function copySimple(value, kind) {
  switch (kind) {
    case Kind.Date: return new Date(DatePrototypeGetTime(value));
    case Kind.RegExp: return new RegExp(RegExpPrototypeGetSource(value), RegExpPrototypeGetFlags(value));
    case Kind.NumberObject: return Object(NumberPrototypeValueOf(value));
    case Kind.StringObject: return Object(StringPrototypeValueOf(value));
    case Kind.BooleanObject: return Object(BooleanPrototypeValueOf(value));
    case Kind.BigIntObject: return Object(BigIntPrototypeValueOf(value));
    case Kind.ArrayBuffer: return ArrayBufferPrototypeSlice(value, 0, ArrayBufferPrototypeGetByteLength(value));
    default: throw uncloneable(`#<${value.constructor?.name ?? 'Object'}>`);
  }
}

function copyProperties(value, copy, copies, transfer) {
  const keys = ObjectKeys(value);
  for (let i = 0; i < keys.length; i++) {
    // A getter may have removed those that follow.
    if (!ObjectPrototypeHasOwnProperty(value, keys[i])) continue;
    ReflectDefineProperty(copy, keys[i], {
      __proto__: null, value: copyOf(value[keys[i]], copies, transfer), writable: true, enumerable: true, configurable: true,
    });
  }
  return copy;
}

function copyMap(value, copy, copies, transfer) {
  const iterator = MapPrototypeEntries(value);
  const entries = [];
  for (let i = MapPrototypeGetSize(value); i > 0; i--) ArrayPrototypePush(entries, MapIteratorPrototypeNext(iterator).value);
  for (let i = 0; i < entries.length; i++) {
    MapPrototypeSet(copy, copyOf(entries[i][0], copies, transfer), copyOf(entries[i][1], copies, transfer));
  }
  return copy;
}

function copySet(value, copy, copies, transfer) {
  const iterator = SetPrototypeValues(value);
  const members = [];
  for (let i = SetPrototypeGetSize(value); i > 0; i--) ArrayPrototypePush(members, SetIteratorPrototypeNext(iterator).value);
  for (let i = 0; i < members.length; i++) SetPrototypeAdd(copy, copyOf(members[i], copies, transfer));
  return copy;
}

function copyError(value, remember, copies, transfer) {
  const constructor = ERRORS[value.name] ?? Error;
  const message = ObjectGetOwnPropertyDescriptor(value, 'message')?.value;
  const copy = remember(message === undefined ? new constructor() : new constructor(`${message}`));
  if (typeof value.stack === 'string') defineHidden(copy, { stack: value.stack });
  if (ObjectPrototypeHasOwnProperty(value, 'cause')) defineHidden(copy, { cause: copyOf(value.cause, copies, transfer) });
  return copy;
}

function copyView(value, kind, remember, copies, transfer) {
  const isDataView = kind === Kind.DataView;
  const buffer = isDataView ? DataViewPrototypeGetBuffer(value) : TypedArrayPrototypeGetBuffer(value);
  const span = (transfer && MapPrototypeGet(transfer.spans, value)) ?? spanOf(value, isDataView);
  if (transfer?.moving !== undefined && MapPrototypeGet(transfer.moving, buffer)) {
    MapPrototypeSet(transfer.spans, value, span);
    return value;
  }
  const constructor = isDataView ? DataView : primordials[TypedArrayPrototypeGetSymbolToStringTag(value)];
  return remember(new constructor(copyOf(buffer, copies, transfer), span[0], span[1]));
}

// Where a view begins, and how many elements it has.
function spanOf(value, isDataView) {
  if (isDataView) return [DataViewPrototypeGetByteOffset(value), DataViewPrototypeGetByteLength(value)];
  return [TypedArrayPrototypeGetByteOffset(value), TypedArrayPrototypeGetLength(value)];
}

return { structuredClone };
