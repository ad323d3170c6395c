'use strict';

// What the host's own JavaScript needs of the language, taken before any of the tenant's code runs: a tenant that
// replaces `Array.prototype.join` changes its own programs and not the console. Every context takes them, so there is
// only what is used, and it is written out: a loop over names takes four times as long.
//
// Methods are taken as functions of their receiver: `ArrayPrototypeJoin(list, ', ')`.

const uncurryThis = Function.prototype.bind.bind(Function.prototype.call);
const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

function getter(object, key) {
  return uncurryThis(getOwnPropertyDescriptor(object, key).get);
}

// Defines properties as WebIDL and the language define their own: writable, configurable, not enumerable.
function defineHidden(object, properties) {
  const keys = ownKeys(properties);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = getOwnPropertyDescriptor(properties, keys[i]);
    descriptor.__proto__ = null;
    descriptor.enumerable = false;
    defineProperty(object, keys[i], descriptor);
  }
  return object;
}

const ArrayPrototype = Array.prototype;
const ArrayBufferPrototype = ArrayBuffer.prototype;
const BigIntPrototype = BigInt.prototype;
const BooleanPrototype = Boolean.prototype;
const DataViewPrototype = DataView.prototype;
const DatePrototype = Date.prototype;
const ErrorPrototype = Error.prototype;
const FunctionPrototype = Function.prototype;
const MapPrototype = Map.prototype;
const NumberPrototype = Number.prototype;
const ObjectPrototype = Object.prototype;
const PromisePrototype = Promise.prototype;
const RegExpPrototype = RegExp.prototype;
const SetPrototype = Set.prototype;
const StringPrototype = String.prototype;
const SymbolPrototype = Symbol.prototype;
const WeakMapPrototype = WeakMap.prototype;
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);

// The newest of the language is not in a start-up snapshot: V8 adds it to a context that comes out of one. Called before any
// of the tenant's code runs.
function complete() {
  taken.globalNames = getOwnPropertyNames(globalThis);
  taken.Float16Array = globalThis.Float16Array;
  taken.SymbolDispose = Symbol.dispose;
}

const taken = {
  __proto__: null,
  complete,
  defineHidden,
  uncurryThis,

  Array, ArrayBuffer, BigInt, Boolean, DataView, Date, Error, EvalError, Function, Map, Number, Object, Promise,
  RangeError, ReferenceError, RegExp, Set, String, Symbol, SyntaxError, TypeError, URIError, WeakMap, BigInt64Array,
  BigUint64Array, Float32Array, Float64Array, Int16Array, Int32Array, Int8Array, Uint16Array,
  Uint32Array, Uint8Array, Uint8ClampedArray, decodeURIComponent,

  ArrayFrom: Array.from,
  ArrayIsArray: Array.isArray,
  BigIntAsUintN: BigInt.asUintN,
  ErrorCaptureStackTrace: Error.captureStackTrace,
  JSONStringify: JSON.stringify,
  MathFloor: Math.floor,
  MathMax: Math.max,
  MathMin: Math.min,
  MathRound: Math.round,
  MathSqrt: Math.sqrt,
  MathTrunc: Math.trunc,
  NumberIsFinite: Number.isFinite,
  NumberIsInteger: Number.isInteger,
  NumberIsNaN: Number.isNaN,
  NumberParseFloat: Number.parseFloat,
  NumberParseInt: Number.parseInt,
  ObjectAssign: Object.assign,
  ObjectDefineProperties: Object.defineProperties,
  ObjectDefineProperty: Object.defineProperty,
  ObjectFreeze: Object.freeze,
  ObjectGetOwnPropertyDescriptor: Object.getOwnPropertyDescriptor,
  ObjectGetOwnPropertyDescriptors: Object.getOwnPropertyDescriptors,
  ObjectGetOwnPropertyNames: Object.getOwnPropertyNames,
  ObjectGetOwnPropertySymbols: Object.getOwnPropertySymbols,
  ObjectGetPrototypeOf: Object.getPrototypeOf,
  ObjectIs: Object.is,
  ObjectKeys: Object.keys,
  ObjectSeal: Object.seal,
  ObjectSetPrototypeOf: Object.setPrototypeOf,
  ReflectApply: Reflect.apply,
  ReflectConstruct: Reflect.construct,
  ReflectDefineProperty: Reflect.defineProperty,
  ReflectOwnKeys: Reflect.ownKeys,
  SymbolAsyncIterator: Symbol.asyncIterator,
  SymbolFor: Symbol.for,
  SymbolIterator: Symbol.iterator,
  SymbolSpecies: Symbol.species,
  SymbolToPrimitive: Symbol.toPrimitive,
  SymbolToStringTag: Symbol.toStringTag,

  ArrayPrototype, ArrayBufferPrototype, BigIntPrototype, BooleanPrototype, DataViewPrototype, DatePrototype,
  ErrorPrototype, FunctionPrototype, MapPrototype, NumberPrototype, ObjectPrototype, PromisePrototype,
  RegExpPrototype, SetPrototype, StringPrototype, SymbolPrototype, WeakMapPrototype,

  ArrayPrototypeFilter: uncurryThis(ArrayPrototype.filter),
  ArrayPrototypeIncludes: uncurryThis(ArrayPrototype.includes),
  ArrayPrototypeIndexOf: uncurryThis(ArrayPrototype.indexOf),
  ArrayPrototypeJoin: uncurryThis(ArrayPrototype.join),
  ArrayPrototypePop: uncurryThis(ArrayPrototype.pop),
  ArrayPrototypePush: uncurryThis(ArrayPrototype.push),
  ArrayPrototypeSlice: uncurryThis(ArrayPrototype.slice),
  ArrayPrototypeSort: uncurryThis(ArrayPrototype.sort),
  ArrayPrototypeSplice: uncurryThis(ArrayPrototype.splice),
  ArrayPrototypeUnshift: uncurryThis(ArrayPrototype.unshift),
  ArrayBufferPrototypeSlice: uncurryThis(ArrayBufferPrototype.slice),
  ArrayBufferPrototypeTransfer: uncurryThis(ArrayBufferPrototype.transfer),
  BigIntPrototypeValueOf: uncurryThis(BigIntPrototype.valueOf),
  BooleanPrototypeValueOf: uncurryThis(BooleanPrototype.valueOf),
  DataViewPrototypeGetBigInt64: uncurryThis(DataViewPrototype.getBigInt64),
  DataViewPrototypeGetBigUint64: uncurryThis(DataViewPrototype.getBigUint64),
  DataViewPrototypeGetFloat32: uncurryThis(DataViewPrototype.getFloat32),
  DataViewPrototypeGetFloat64: uncurryThis(DataViewPrototype.getFloat64),
  DataViewPrototypeGetInt16: uncurryThis(DataViewPrototype.getInt16),
  DataViewPrototypeGetInt32: uncurryThis(DataViewPrototype.getInt32),
  DataViewPrototypeGetInt8: uncurryThis(DataViewPrototype.getInt8),
  DataViewPrototypeGetUint16: uncurryThis(DataViewPrototype.getUint16),
  DataViewPrototypeGetUint32: uncurryThis(DataViewPrototype.getUint32),
  DataViewPrototypeGetUint8: uncurryThis(DataViewPrototype.getUint8),
  DataViewPrototypeSetBigInt64: uncurryThis(DataViewPrototype.setBigInt64),
  DataViewPrototypeSetBigUint64: uncurryThis(DataViewPrototype.setBigUint64),
  DataViewPrototypeSetFloat32: uncurryThis(DataViewPrototype.setFloat32),
  DataViewPrototypeSetFloat64: uncurryThis(DataViewPrototype.setFloat64),
  DataViewPrototypeSetInt16: uncurryThis(DataViewPrototype.setInt16),
  DataViewPrototypeSetInt32: uncurryThis(DataViewPrototype.setInt32),
  DataViewPrototypeSetInt8: uncurryThis(DataViewPrototype.setInt8),
  DataViewPrototypeSetUint16: uncurryThis(DataViewPrototype.setUint16),
  DataViewPrototypeSetUint32: uncurryThis(DataViewPrototype.setUint32),
  DataViewPrototypeSetUint8: uncurryThis(DataViewPrototype.setUint8),
  DatePrototypeGetTime: uncurryThis(DatePrototype.getTime),
  DatePrototypeToISOString: uncurryThis(DatePrototype.toISOString),
  DatePrototypeToString: uncurryThis(DatePrototype.toString),
  ErrorPrototypeToString: uncurryThis(ErrorPrototype.toString),
  FunctionPrototypeCall: uncurryThis(FunctionPrototype.call),
  FunctionPrototypeToString: uncurryThis(FunctionPrototype.toString),
  MapPrototypeDelete: uncurryThis(MapPrototype.delete),
  MapPrototypeEntries: uncurryThis(MapPrototype.entries),
  MapPrototypeGet: uncurryThis(MapPrototype.get),
  MapPrototypeHas: uncurryThis(MapPrototype.has),
  MapPrototypeSet: uncurryThis(MapPrototype.set),
  NumberPrototypeToFixed: uncurryThis(NumberPrototype.toFixed),
  NumberPrototypeToString: uncurryThis(NumberPrototype.toString),
  NumberPrototypeValueOf: uncurryThis(NumberPrototype.valueOf),
  ObjectPrototypeHasOwnProperty: uncurryThis(ObjectPrototype.hasOwnProperty),
  ObjectPrototypePropertyIsEnumerable: uncurryThis(ObjectPrototype.propertyIsEnumerable),
  PromisePrototypeThen: uncurryThis(PromisePrototype.then),
  RegExpPrototypeExec: uncurryThis(RegExpPrototype.exec),
  RegExpPrototypeToString: uncurryThis(RegExpPrototype.toString),
  SetPrototypeAdd: uncurryThis(SetPrototype.add),
  SetPrototypeHas: uncurryThis(SetPrototype.has),
  SetPrototypeValues: uncurryThis(SetPrototype.values),
  StringPrototypeCharCodeAt: uncurryThis(StringPrototype.charCodeAt),
  StringPrototypeCodePointAt: uncurryThis(StringPrototype.codePointAt),
  StringPrototypeEndsWith: uncurryThis(StringPrototype.endsWith),
  StringPrototypeIncludes: uncurryThis(StringPrototype.includes),
  StringPrototypeIndexOf: uncurryThis(StringPrototype.indexOf),
  StringPrototypeLastIndexOf: uncurryThis(StringPrototype.lastIndexOf),
  StringPrototypeNormalize: uncurryThis(StringPrototype.normalize),
  StringPrototypePadEnd: uncurryThis(StringPrototype.padEnd),
  StringPrototypePadStart: uncurryThis(StringPrototype.padStart),
  StringPrototypeRepeat: uncurryThis(StringPrototype.repeat),
  StringPrototypeReplace: uncurryThis(StringPrototype.replace),
  StringPrototypeReplaceAll: uncurryThis(StringPrototype.replaceAll),
  StringPrototypeSlice: uncurryThis(StringPrototype.slice),
  StringPrototypeSplit: uncurryThis(StringPrototype.split),
  StringPrototypeStartsWith: uncurryThis(StringPrototype.startsWith),
  StringPrototypeToLowerCase: uncurryThis(StringPrototype.toLowerCase),
  StringPrototypeToUpperCase: uncurryThis(StringPrototype.toUpperCase),
  StringPrototypeToWellFormed: uncurryThis(StringPrototype.toWellFormed),
  StringPrototypeValueOf: uncurryThis(StringPrototype.valueOf),
  SymbolPrototypeToString: uncurryThis(SymbolPrototype.toString),
  SymbolPrototypeValueOf: uncurryThis(SymbolPrototype.valueOf),
  WeakMapPrototypeGet: uncurryThis(WeakMapPrototype.get),
  WeakMapPrototypeSet: uncurryThis(WeakMapPrototype.set),

  ArrayBufferPrototypeGetByteLength: getter(ArrayBufferPrototype, 'byteLength'),
  DataViewPrototypeGetBuffer: getter(DataViewPrototype, 'buffer'),
  DataViewPrototypeGetByteLength: getter(DataViewPrototype, 'byteLength'),
  DataViewPrototypeGetByteOffset: getter(DataViewPrototype, 'byteOffset'),
  MapPrototypeGetSize: getter(MapPrototype, 'size'),
  RegExpPrototypeGetFlags: getter(RegExpPrototype, 'flags'),
  RegExpPrototypeGetSource: getter(RegExpPrototype, 'source'),
  SetPrototypeGetSize: getter(SetPrototype, 'size'),
  TypedArrayPrototypeGetBuffer: getter(TypedArrayPrototype, 'buffer'),
  TypedArrayPrototypeGetByteLength: getter(TypedArrayPrototype, 'byteLength'),
  TypedArrayPrototypeGetByteOffset: getter(TypedArrayPrototype, 'byteOffset'),
  TypedArrayPrototypeGetLength: getter(TypedArrayPrototype, 'length'),
  TypedArrayPrototypeGetSymbolToStringTag: getter(TypedArrayPrototype, Symbol.toStringTag),
  TypedArrayPrototypeFill: uncurryThis(TypedArrayPrototype.fill),
  TypedArrayPrototypeSet: uncurryThis(TypedArrayPrototype.set),
  TypedArrayPrototypeSubarray: uncurryThis(TypedArrayPrototype.subarray),

  FunctionPrototypeSymbolHasInstance: uncurryThis(FunctionPrototype[Symbol.hasInstance]),
  MapIteratorPrototypeNext: uncurryThis(getPrototypeOf(new Map().entries()).next),
  RegExpPrototypeSymbolReplace: uncurryThis(RegExpPrototype[Symbol.replace]),
  RegExpPrototypeSymbolSplit: uncurryThis(RegExpPrototype[Symbol.split]),
  SetIteratorPrototypeNext: uncurryThis(getPrototypeOf(new Set().values()).next),

  // The static methods of promises read `this`.
  PromiseReject: Promise.reject.bind(Promise),
  PromiseResolve: Promise.resolve.bind(Promise),
};

return taken;
