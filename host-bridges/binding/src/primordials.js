'use strict';

// What the host's own JavaScript needs of the language, taken before any of the tenant's code runs: a tenant that
// replaces `Array.prototype.join` changes its own programs and not the console.
//
// Methods are taken as functions of their receiver: `ArrayPrototypeJoin(list, ', ')`.

const uncurryThis = Function.prototype.bind.bind(Function.prototype.call);
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;

const taken = { __proto__: null, globalThis, globalNames: Object.getOwnPropertyNames(globalThis), uncurryThis };

function upper(name) {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}

function nameOf(key) {
  return typeof key === 'symbol' ? `Symbol${upper(key.description.slice('Symbol.'.length))}` : upper(key);
}

function take(prefix, key, descriptor, receiver) {
  const { value, get } = descriptor;
  if (get !== undefined) {
    taken[`${prefix}Get${nameOf(key)}`] = uncurryThis(get);
  } else {
    taken[`${prefix}${nameOf(key)}`] = receiver && typeof value === 'function' ? uncurryThis(value) : value;
  }
}

function takeAll(prefix, object, receiver) {
  for (const key of ownKeys(object)) {
    if (key !== 'constructor') take(prefix, key, getOwnPropertyDescriptor(object, key), receiver);
  }
}

for (const name of ['JSON', 'Math', 'Reflect']) takeAll(name, globalThis[name], false);

for (const name of ['Array', 'BigInt', 'Boolean', 'Date', 'Error', 'Function', 'Map', 'Number', 'Object', 'Promise',
  'RegExp', 'Set', 'String', 'Symbol', 'WeakMap', 'WeakRef', 'ArrayBuffer', 'DataView']) {
  const constructor = globalThis[name];
  taken[name] = constructor;
  for (const key of ownKeys(constructor)) {
    if (typeof key === 'string' && key !== 'prototype' && key !== 'name' && key !== 'length') {
      const { value } = getOwnPropertyDescriptor(constructor, key);
      if (value !== undefined) taken[`${name}${upper(key)}`] = value;
    }
  }
  taken[`${name}Prototype`] = constructor.prototype;
  takeAll(`${name}Prototype`, constructor.prototype, true);
}

for (const name of ['AggregateError', 'EvalError', 'FinalizationRegistry', 'RangeError', 'ReferenceError', 'SyntaxError',
  'TypeError', 'URIError', 'BigInt64Array', 'BigUint64Array', 'Float32Array', 'Float64Array', 'Int16Array', 'Int32Array',
  'Int8Array', 'Proxy', 'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray', 'Float16Array', 'parseFloat',
  'parseInt', 'decodeURIComponent', 'encodeURIComponent']) {
  taken[name] = globalThis[name];
}

takeAll('TypedArrayPrototype', getPrototypeOf(Uint8Array.prototype), true);

taken.MapIteratorPrototypeNext = uncurryThis(getPrototypeOf(new Map().entries()).next);
taken.SetIteratorPrototypeNext = uncurryThis(getPrototypeOf(new Set().values()).next);

// The static methods of promises read `this`.
for (const name of ['resolve', 'reject', 'all']) taken[`Promise${upper(name)}`] = Promise[name].bind(Promise);

// Defines properties as WebIDL and the language define their own: writable, configurable, not enumerable.
taken.defineHidden = function defineHidden(object, properties) {
  for (const key of ownKeys(properties)) {
    const descriptor = getOwnPropertyDescriptor(properties, key);
    descriptor.__proto__ = null;
    descriptor.enumerable = false;
    defineProperty(object, key, descriptor);
  }
  return object;
};

return taken;
