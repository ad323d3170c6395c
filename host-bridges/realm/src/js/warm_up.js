// Refuses, while a snapshot is made, what cannot be in one: V8 would abort the process. The answer ends that, and puts
// everything back; who took one of these meanwhile has one that works from then on.
(function warmUp() {
  'use strict';

  const {
    Atomics, DataView, Error, Intl, Iterator, Map, Math, Promise, Proxy, RegExp, Symbol, TypeError, Uint8Array,
    WeakMap,
  } = globalThis;
  const {
    apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys,
  } = Reflect;
  const AsyncIteratorPrototype = getPrototypeOf(getPrototypeOf(async function* () {}).prototype);

  // What V8 adds to a context when it comes out of a snapshot, and relies on not finding there.
  const ADDED = [
    ['globalThis', globalThis, [
      'AsyncDisposableStack', 'DisposableStack', 'Float16Array', 'SuppressedError', 'WebAssembly', 'queueMicrotask',
    ]],
    ['Atomics', Atomics, ['pause']],
    ['DataView.prototype', DataView.prototype, ['getFloat16', 'setFloat16']],
    ['Error', Error, ['isError', 'stackTraceLimit']],
    ['Intl.Locale.prototype', Intl.Locale.prototype, ['variants']],
    ['Iterator', Iterator, ['concat']],
    ['Iterator.prototype', Iterator.prototype, [Symbol.dispose]],
    ['AsyncIterator.prototype', AsyncIteratorPrototype, [Symbol.asyncDispose]],
    ['Map.prototype', Map.prototype, ['getOrInsert', 'getOrInsertComputed']],
    ['Math', Math, ['f16round', 'sumPrecise']],
    ['Promise', Promise, ['try']],
    ['RegExp', RegExp, ['escape']],
    ['Uint8Array', Uint8Array, ['fromBase64', 'fromHex']],
    ['Uint8Array.prototype', Uint8Array.prototype, ['setFromBase64', 'setFromHex', 'toBase64', 'toHex']],
    ['WeakMap.prototype', WeakMap.prototype, ['getOrInsert', 'getOrInsertComputed']],
  ];
  const replaced = [];
  let over = false;

  function replace(holder, key, value) {
    const descriptor = { __proto__: null, ...getOwnPropertyDescriptor(holder, key) };
    replaced[replaced.length] = { holder, key, descriptor };
    defineProperty(holder, key, { __proto__: null, value });
  }

  function guard(holder, key, name) {
    const target = holder[key];
    function refuse() {
      if (!over) throw new TypeError(`\`${name}\`: a snapshot cannot hold one; make it when it is first needed`);
    }
    const guarded = new Proxy(target, {
      __proto__: null,
      apply(_, receiver, values) {
        refuse();
        return apply(target, receiver, values);
      },
      construct(_, values, newTarget) {
        refuse();
        return construct(target, values, newTarget === guarded ? target : newTarget);
      },
    });
    replace(holder, key, guarded);
    replace(target.prototype, 'constructor', guarded);
  }

  for (const key of ownKeys(Intl)) {
    if (typeof Intl[key] === 'function' && Intl[key].prototype !== undefined) guard(Intl, key, `Intl.${String(key)}`);
  }
  guard(globalThis, 'FinalizationRegistry', 'FinalizationRegistry');

  // V8 takes no stack of an error without it.
  Error.stackTraceLimit = 10;

  function makeRoom() {
    for (let i = 0; i < ADDED.length; i++) {
      const { 0: name, 1: holder, 2: keys } = ADDED[i];
      for (let j = 0; j < keys.length; j++) {
        const key = keys[j];
        if (!isExtensible(holder)) {
          throw new TypeError(`\`${name}\` takes no more properties: V8 adds \`${String(key)}\` to it in every sandbox`);
        }
        if (!deleteProperty(holder, key)) {
          throw new TypeError(`\`${String(key)}\` cannot be deleted: V8 adds it to \`${name}\` in every sandbox`);
        }
      }
    }
  }

  return function end() {
    over = true;
    for (let i = 0; i < replaced.length; i++) {
      const { holder, key, descriptor } = replaced[i];
      defineProperty(holder, key, descriptor);
    }
    makeRoom();
  };
});
