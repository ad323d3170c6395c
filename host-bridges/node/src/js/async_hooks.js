'use strict';

// `node:async_hooks`: `AsyncLocalStorage` and `AsyncResource`.
//
// The current frame is an object that never changes, with a value for each storage that has one; none at all is
// `undefined`. V8 keeps it through promises, and the event loop through everything that it calls later.

const {
  NumberIsInteger, ObjectDefineProperty, ObjectFreeze, ObjectIs, RangeError, ReflectApply, Symbol, TypeError,
} = primordials;
const { invalidType, withCode } = load('web/errors');
const { currentFrame, setFrame } = host;

function requireFunction(fn) {
  if (typeof fn !== 'function') throw invalidType('fn', 'function', fn);
}

function under(frame, fn, receiver, values) {
  const before = currentFrame();
  setFrame(frame);
  try {
    return ReflectApply(fn, receiver, values);
  } finally {
    setFrame(before);
  }
}

class AsyncLocalStorage {
  #key = Symbol('store');
  #default;
  #name;

  constructor(options = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'object', options);
    this.#default = options.defaultValue;
    this.#name = options.name === undefined ? '' : `${options.name}`;
  }

  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  static snapshot() {
    const frame = currentFrame();
    return function snapshot(fn, ...values) {
      return under(frame, fn, this, values);
    };
  }

  get name() {
    return this.#name;
  }

  getStore() {
    const frame = currentFrame();
    return frame !== undefined && this.#key in frame ? frame[this.#key] : this.#default;
  }

  enterWith(store) {
    setFrame({ __proto__: null, ...currentFrame(), [this.#key]: store });
  }

  // Afterwards this storage has the value that it had before, and every other one what `fn` has left in it.
  run(store, fn, ...values) {
    const before = currentFrame();
    const prior = this.getStore();
    if (!ObjectIs(prior, store)) this.enterWith(store);
    const entered = currentFrame();
    try {
      return ReflectApply(fn, null, values);
    } finally {
      if (currentFrame() === entered) setFrame(before);
      else this.enterWith(prior);
    }
  }

  exit(fn, ...values) {
    return this.run(undefined, fn, ...values);
  }

  // Whoever entered this storage is outside of it from now on, wherever its frame is kept.
  disable() {
    this.#key = Symbol('store');
  }
}

const outermost = {};
let ids = 1;
let execution = { resource: outermost, id: 1, trigger: 0 };

class AsyncResource {
  #frame = currentFrame();
  #id;
  #trigger;

  constructor(type, options = {}) {
    if (typeof type !== 'string') throw invalidType('type', 'string', type);
    const trigger = typeof options === 'number' ? options : options.triggerAsyncId ?? execution.id;
    if (!NumberIsInteger(trigger) || trigger < -1) {
      throw withCode(new RangeError(`Invalid triggerAsyncId value: ${trigger}`), 'ERR_INVALID_ASYNC_ID');
    }
    this.#id = ++ids;
    this.#trigger = trigger;
  }

  static bind(fn, type, receiver) {
    requireFunction(fn);
    return new AsyncResource(type || fn.name || 'bound-anonymous-fn').bind(fn, receiver);
  }

  runInAsyncScope(fn, receiver, ...values) {
    const before = execution;
    execution = { resource: this, id: this.#id, trigger: this.#trigger };
    try {
      return under(this.#frame, fn, receiver, values);
    } finally {
      execution = before;
    }
  }

  bind(fn, receiver) {
    requireFunction(fn);
    const resource = this;
    const bound = function bound(...values) {
      return resource.runInAsyncScope(fn, receiver === undefined ? this : receiver, ...values);
    };
    ObjectDefineProperty(bound, 'length', { __proto__: null, value: fn.length, configurable: true });
    return bound;
  }

  emitDestroy() {
    return this;
  }

  asyncId() {
    return this.#id;
  }

  triggerAsyncId() {
    return this.#trigger;
  }
}

// Hooks would see every promise of the host's own JavaScript.
function createHook() {
  throw new TypeError('async_hooks.createHook is not available in a sandbox');
}

// Numbers and resources are told of `AsyncResource` alone: nothing else has one.
return {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId: () => execution.id,
  triggerAsyncId: () => execution.trigger,
  executionAsyncResource: () => execution.resource,
  asyncWrapProviders: ObjectFreeze({ __proto__: null }),
};
