'use strict';

// `node:util`.

const {
  ArrayIsArray, ArrayPrototypePop, ArrayPrototypePush, Error, ObjectDefineProperty, ObjectFreeze,
  ObjectGetOwnPropertyDescriptors, ObjectDefineProperties, ObjectGetPrototypeOf, ObjectSetPrototypeOf, Promise,
  PromisePrototypeThen, PromiseResolve, ReflectApply, SymbolFor,
} = primordials;
const { invalidType, withCode } = load('web/errors');
const { Kind, kindOf } = load('web/inspect/kind');
const { inspect } = load('web/inspect/index');
const { format, formatWithOptions } = load('web/inspect/format');
const { stripControlSequences } = load('web/inspect/text');
const { TextDecoder, TextEncoder } = load('web/encoding');
const { isDeepStrictEqual } = load('node/deep_equal');

const promisifyCustom = SymbolFor('nodejs.util.promisify.custom');

function requireFunction(name, value) {
  if (typeof value !== 'function') throw invalidType(name, 'function', value);
}

function promisify(original) {
  requireFunction('original', original);
  if (original[promisifyCustom]) return original[promisifyCustom];
  function promised(...values) {
    return new Promise((resolve, reject) => {
      ArrayPrototypePush(values, (error, value) => { if (error) reject(error); else resolve(value); });
      ReflectApply(original, this, values);
    });
  }
  ObjectSetPrototypeOf(promised, ObjectGetPrototypeOf(original));
  ObjectDefineProperties(promised, ObjectGetOwnPropertyDescriptors(original));
  return ObjectDefineProperty(promised, promisifyCustom, {
    __proto__: null, value: promised, enumerable: false, writable: false, configurable: true,
  });
}
promisify.custom = promisifyCustom;

function callbackify(original) {
  requireFunction('original', original);
  return function callbackified(...values) {
    const callback = ArrayPrototypePop(values);
    requireFunction('callback', callback);
    const { nextTick } = load('node/process');
    PromisePrototypeThen(PromiseResolve(ReflectApply(original, this, values)), (value) => {
      nextTick(callback, null, value);
    }, (reason) => {
      nextTick(callback, reason ?? withCode(new Error('Promise was rejected with a falsy value'), 'ERR_FALSY_VALUE_REJECTION'));
    });
  };
}

function inherits(constructor, parent) {
  requireFunction('ctor', constructor);
  requireFunction('superCtor', parent);
  ObjectDefineProperty(constructor, 'super_', { __proto__: null, value: parent, writable: true, configurable: true });
  ObjectSetPrototypeOf(constructor.prototype, parent.prototype);
}

function deprecate(func, message, code) {
  requireFunction('fn', func);
  let warned = false;
  function deprecated(...values) {
    if (!warned) {
      warned = true;
      load('node/process').emitWarning(code === undefined ? message : `[${code}] ${message}`, 'DeprecationWarning');
    }
    return new.target ? primordials.ReflectConstruct(func, values, new.target) : ReflectApply(func, this, values);
  }
  ObjectSetPrototypeOf(deprecated, func);
  if (func.prototype) deprecated.prototype = func.prototype;
  return deprecated;
}

// Debug logs are switched on by an environment variable that a sandbox is not lent.
function debuglog() {
  const log = () => {};
  log.enabled = false;
  return log;
}

const is = (...kinds) => {
  const numbers = {};
  for (let i = 0; i < kinds.length; i++) numbers[Kind[kinds[i]]] = true;
  return (value) => numbers[kindOf(value)] === true;
};
const isTyped = (name) => (value) => (
  kindOf(value) === Kind.TypedArray && primordials.TypedArrayPrototypeGetSymbolToStringTag(value) === name
);

const types = {
  isAnyArrayBuffer: is('ArrayBuffer', 'SharedArrayBuffer'),
  isArgumentsObject: is('Arguments'),
  isArrayBuffer: is('ArrayBuffer'),
  isArrayBufferView: is('TypedArray', 'DataView'),
  isAsyncFunction: is('AsyncFunction', 'AsyncGeneratorFunction'),
  isBigIntObject: is('BigIntObject'),
  isBooleanObject: is('BooleanObject'),
  isBoxedPrimitive: is('NumberObject', 'StringObject', 'BooleanObject', 'BigIntObject', 'SymbolObject'),
  isDataView: is('DataView'),
  isDate: is('Date'),
  isExternal: is('External'),
  isGeneratorFunction: is('GeneratorFunction', 'AsyncGeneratorFunction'),
  isGeneratorObject: is('Generator'),
  isMap: is('Map'),
  isMapIterator: is('MapIterator'),
  isModuleNamespaceObject: is('ModuleNamespace'),
  isNativeError: is('Error'),
  isNumberObject: is('NumberObject'),
  isPromise: is('Promise'),
  isProxy: is('Proxy'),
  isRegExp: is('RegExp'),
  isSet: is('Set'),
  isSetIterator: is('SetIterator'),
  isSharedArrayBuffer: is('SharedArrayBuffer'),
  isStringObject: is('StringObject'),
  isSymbolObject: is('SymbolObject'),
  isTypedArray: is('TypedArray'),
  isWeakMap: is('WeakMap'),
  isWeakSet: is('WeakSet'),
};
for (const name of ['BigInt64Array', 'BigUint64Array', 'Float32Array', 'Float64Array', 'Int16Array', 'Int32Array',
  'Int8Array', 'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray']) {
  types[`is${name}`] = isTyped(name);
}

return {
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: ArrayIsArray,
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters: stripControlSequences,
  TextDecoder,
  TextEncoder,
  toUSVString: (text) => primordials.StringPrototypeToWellFormed(`${text}`),
  types: ObjectFreeze(types),
};
