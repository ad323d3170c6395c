'use strict';

// `node:timers`: timers as objects, which can be let go of and started again.

const {
  FunctionPrototypeSymbolHasInstance, Number, ObjectDefineProperty, Promise, ReflectApply, SymbolDispose, SymbolFor,
  SymbolToPrimitive,
} = primordials;
const { invalidType } = load('web/errors');
const { startTimer, restartTimer, clearTimer, releaseTimer, holdTimer } = load('web/timers');

const DELAY_MAX = 2 ** 31 - 1;
const promisifyCustom = SymbolFor('nodejs.util.promisify.custom');

function requireCallback(callback) {
  if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
}

function bound(callback, values) {
  return values.length === 0 ? callback : () => { ReflectApply(callback, undefined, values); };
}

class Timeout {
  #callback;
  #delay;
  #repeats;
  #id;
  #waited = true;
  #closed = false;

  constructor(callback, delay, values, repeats) {
    requireCallback(callback);
    delay = Number(delay);
    this.#delay = delay >= 1 && delay <= DELAY_MAX ? delay : 1;
    this.#callback = bound(callback, values);
    this.#repeats = repeats;
    this.#start();
  }

  #start() {
    this.#id = startTimer(this.#callback, this.#delay, this.#repeats);
    if (!this.#waited) releaseTimer(this.#id);
  }

  ref() {
    this.#waited = true;
    holdTimer(this.#id);
    return this;
  }

  unref() {
    this.#waited = false;
    releaseTimer(this.#id);
    return this;
  }

  hasRef() {
    return this.#waited;
  }

  refresh() {
    // One that has run starts in the async context of now, as a new one would.
    if (!this.#closed && !restartTimer(this.#id, this.#delay)) this.#start();
    return this;
  }

  close() {
    this.#closed = true;
    clearTimer(this.#id);
    return this;
  }

  [SymbolDispose]() {
    this.close();
  }

  [SymbolToPrimitive]() {
    return this.#id;
  }
}

class Immediate {
  #id;
  #waited = true;

  constructor(callback, values) {
    requireCallback(callback);
    this.#id = startTimer(bound(callback, values), 0, false);
  }

  ref() {
    this.#waited = true;
    holdTimer(this.#id);
    return this;
  }

  unref() {
    this.#waited = false;
    releaseTimer(this.#id);
    return this;
  }

  hasRef() {
    return this.#waited;
  }

  [SymbolDispose]() {
    clearTimer(this.#id);
  }

  [SymbolToPrimitive]() {
    return this.#id;
  }
}

function setTimeout(callback, delay, ...values) {
  return new Timeout(callback, delay, values, false);
}

function setInterval(callback, delay, ...values) {
  return new Timeout(callback, delay, values, true);
}

// Runs in the next turn of the event loop.
function setImmediate(callback, ...values) {
  return new Immediate(callback, values);
}

const isTimeout = (timer) => FunctionPrototypeSymbolHasInstance(Timeout, timer);

function clear(timer) {
  if (timer === undefined || timer === null) return;
  if (isTimeout(timer)) timer.close();
  else clearTimer(Number(timer));
}

function clearTimeout(timer) {
  clear(timer);
}

function clearInterval(timer) {
  clear(timer);
}

function clearImmediate(immediate) {
  clear(immediate);
}

function definePromisified(func, promised) {
  ObjectDefineProperty(func, promisifyCustom, { __proto__: null, value: promised, configurable: true });
}
definePromisified(setTimeout, (delay, value) => new Promise((resolve) => { setTimeout(resolve, delay, value); }));
definePromisified(setImmediate, (value) => new Promise((resolve) => { setImmediate(resolve, value); }));

return {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
  get promises() {
    return load('node/timers_promises');
  },
};
