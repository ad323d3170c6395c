'use strict';

// `node:events`: `EventEmitter`.

const {
  ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSplice, ArrayPrototypeUnshift, Error, ObjectGetPrototypeOf,
  ObjectKeys, Promise, PromiseReject, ReflectApply, ReflectOwnKeys, Symbol, SymbolFor,
} = primordials;
const { invalidType, withCode } = load('web/errors');

const errorMonitor = Symbol('events.errorMonitor');
const captureRejectionSymbol = SymbolFor('nodejs.rejection');

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.init = function init() {
  if (this._events === undefined || this._events === ObjectGetPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners ??= undefined;
};

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
EventEmitter.defaultMaxListeners = 10;

function requireListener(listener) {
  if (typeof listener !== 'function') throw invalidType('listener', 'function', listener);
}

function listOf(emitter, type) {
  return emitter._events?.[type];
}

function add(emitter, type, listener, first) {
  requireListener(listener);
  if (emitter._events === undefined) EventEmitter.init.call(emitter);
  if (emitter._events.newListener !== undefined) emitter.emit('newListener', type, listener.listener ?? listener);
  const list = emitter._events[type];
  if (list === undefined) {
    emitter._events[type] = [listener];
    emitter._eventsCount++;
  } else if (first) {
    ArrayPrototypeUnshift(list, listener);
  } else {
    ArrayPrototypePush(list, listener);
  }
  return emitter;
}

function onceWrapper(emitter, type, listener) {
  requireListener(listener);
  let fired = false;
  function wrapped(...values) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(type, wrapped);
    return ReflectApply(listener, emitter, values);
  }
  wrapped.listener = listener;
  return wrapped;
}

function forget(emitter, type) {
  if (emitter._events[type] === undefined) return;
  delete emitter._events[type];
  emitter._eventsCount--;
}

const methods = {
  emit(type, ...values) {
    if (type === 'error') {
      if (listOf(this, errorMonitor) !== undefined) this.emit(errorMonitor, ...values);
      if (listOf(this, 'error') === undefined) throw unhandled(values[0]);
    }
    const list = listOf(this, type);
    if (list === undefined) return false;
    // A copy: listeners may come and go while they are called.
    const called = ArrayPrototypeSlice(list);
    for (let i = 0; i < called.length; i++) ReflectApply(called[i], this, values);
    return true;
  },

  addListener(type, listener) {
    return add(this, type, listener, false);
  },

  prependListener(type, listener) {
    return add(this, type, listener, true);
  },

  once(type, listener) {
    return add(this, type, onceWrapper(this, type, listener), false);
  },

  prependOnceListener(type, listener) {
    return add(this, type, onceWrapper(this, type, listener), true);
  },

  removeListener(type, listener) {
    requireListener(listener);
    const list = listOf(this, type);
    if (list === undefined) return this;
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i] !== listener && list[i].listener !== listener) continue;
      ArrayPrototypeSplice(list, i, 1);
      if (list.length === 0) forget(this, type);
      if (listOf(this, 'removeListener') !== undefined) this.emit('removeListener', type, listener);
      break;
    }
    return this;
  },

  removeAllListeners(...types) {
    if (this._events === undefined) return this;
    const wanted = types.length === 0 ? ReflectOwnKeys(this._events) : types;
    for (let i = 0; i < wanted.length; i++) forget(this, wanted[i]);
    return this;
  },

  listeners(type) {
    const list = ArrayPrototypeSlice(listOf(this, type) ?? []);
    for (let i = 0; i < list.length; i++) list[i] = list[i].listener ?? list[i];
    return list;
  },

  rawListeners(type) {
    return ArrayPrototypeSlice(listOf(this, type) ?? []);
  },

  listenerCount(type, listener) {
    const list = listOf(this, type) ?? [];
    if (listener === undefined) return list.length;
    let count = 0;
    for (let i = 0; i < list.length; i++) {
      if (list[i] === listener || list[i].listener === listener) count++;
    }
    return count;
  },

  eventNames() {
    return this._events === undefined ? [] : ReflectOwnKeys(this._events);
  },

  setMaxListeners(count) {
    this._maxListeners = count;
    return this;
  },

  getMaxListeners() {
    return this._maxListeners ?? EventEmitter.defaultMaxListeners;
  },
};

const names = ObjectKeys(methods);
for (let i = 0; i < names.length; i++) EventEmitter.prototype[names[i]] = methods[names[i]];
EventEmitter.prototype.on = EventEmitter.prototype.addListener;
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

function unhandled(error) {
  if (error instanceof Error) return error;
  const { inspect } = load('web/inspect/index');
  const failure = withCode(new Error(`Unhandled error. (${inspect(error)})`), 'ERR_UNHANDLED_ERROR');
  failure.context = error;
  return failure;
}

// A promise for the values of the next event `type`.
function once(emitter, type) {
  if (typeof emitter?.once !== 'function') return PromiseReject(invalidType('emitter', 'EventEmitter', emitter));
  return new Promise((resolve, reject) => {
    const failed = (error) => {
      emitter.removeListener(type, done);
      reject(error);
    };
    const done = (...values) => {
      emitter.removeListener('error', failed);
      resolve(values);
    };
    emitter.once(type, done);
    if (type !== 'error') emitter.once('error', failed);
  });
}

function listenerCount(emitter, type) {
  return emitter.listenerCount(type);
}

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = once;
EventEmitter.listenerCount = listenerCount;
EventEmitter.errorMonitor = errorMonitor;
EventEmitter.captureRejectionSymbol = captureRejectionSymbol;

return EventEmitter;
