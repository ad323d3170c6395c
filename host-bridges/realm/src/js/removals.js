// What a fresh realm gives up before anything of the tenant's runs: memory that no limit counts.
(function removals(common, webAssembly) {
  'use strict';

  const { construct, define, deleteProperty, ownKeys } = common;
  const { defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { ArrayBuffer: NativeArrayBuffer, RangeError, TypeError } = globalThis;

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
});
