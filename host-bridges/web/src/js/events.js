'use strict';

// `Event`, `EventTarget`, `AbortController` and `AbortSignal`.

const {
  ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSplice, defineHidden, Error, FunctionPrototypeCall, Map,
  MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet, NumberIsFinite, ObjectDefineProperty, PromiseReject,
  Symbol, SymbolToStringTag, TypeError, ArrayFrom,
} = primordials;
const { invalidType, outOfRange, withCode } = load('web/errors');
const { DOMException } = load('web/dom_exception');
const { startTimer, releaseTimer } = load('web/timers');
const { now } = host;

const TIMEOUT_MAX = 2 ** 32 - 1;

let dispatch;
let isDispatching;
let isStopped;

class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #time = now();
  #target = null;
  #current = null;
  #prevented = false;
  #passive = false;
  #stopped = false;
  #propagates = true;
  #dispatching = false;

  constructor(type, options) {
    if (arguments.length === 0) throw invalidType('type', 'string', undefined);
    this.#type = `${type}`;
    this.#bubbles = !!options?.bubbles;
    this.#cancelable = !!options?.cancelable;
    this.#composed = !!options?.composed;
  }

  static {
    isDispatching = (event) => event.#dispatching;
    isStopped = (event) => event.#stopped;
    dispatch = (event, target, call) => {
      event.#target = target;
      event.#current = target;
      event.#dispatching = true;
      call((passive) => { event.#passive = passive; });
      event.#passive = false;
      event.#dispatching = false;
      event.#current = null;
      event.#stopped = false;
      event.#propagates = true;
      return !event.#prevented;
    };
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this.#target;
  }

  get srcElement() {
    return this.#target;
  }

  get currentTarget() {
    return this.#current;
  }

  get bubbles() {
    return this.#bubbles;
  }

  get cancelable() {
    return this.#cancelable;
  }

  get composed() {
    return this.#composed;
  }

  get defaultPrevented() {
    return this.#prevented;
  }

  get returnValue() {
    return !this.#prevented;
  }

  get cancelBubble() {
    return !this.#propagates;
  }

  set cancelBubble(value) {
    if (value) this.stopPropagation();
  }

  get eventPhase() {
    return this.#dispatching ? Event.AT_TARGET : Event.NONE;
  }

  get timeStamp() {
    return this.#time;
  }

  get isTrusted() {
    return false;
  }

  composedPath() {
    return this.#current === null ? [] : [this.#current];
  }

  preventDefault() {
    if (this.#cancelable && !this.#passive) this.#prevented = true;
  }

  stopPropagation() {
    this.#propagates = false;
  }

  stopImmediatePropagation() {
    this.#propagates = false;
    this.#stopped = true;
  }
}

const PHASES = { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };
for (const name in PHASES) {
  const constant = { __proto__: null, value: PHASES[name], enumerable: true };
  ObjectDefineProperty(Event, name, constant);
  ObjectDefineProperty(Event.prototype, name, constant);
}

class CustomEvent extends Event {
  #detail;

  constructor(type, options) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    return this.#detail;
  }
}

class EventTarget {
  #listeners = new Map();

  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw invalidType('listener', 'function or object', callback);
    }
    const capture = typeof options === 'boolean' ? options : !!options?.capture;
    const signal = options?.signal;
    if (signal?.aborted) return;
    type = `${type}`;
    const list = MapPrototypeGet(this.#listeners, type) ?? [];
    if (find(list, callback, capture) !== -1) return;
    const listener = { callback, capture, once: !!options?.once, passive: !!options?.passive, removed: false };
    ArrayPrototypePush(list, listener);
    MapPrototypeSet(this.#listeners, type, list);
    if (signal !== undefined && signal !== null) {
      signal.addEventListener('abort', () => this.removeEventListener(type, callback, { capture }), { once: true });
    }
  }

  removeEventListener(type, callback, options) {
    const capture = typeof options === 'boolean' ? options : !!options?.capture;
    type = `${type}`;
    const list = MapPrototypeGet(this.#listeners, type);
    if (list === undefined) return;
    const index = find(list, callback, capture);
    if (index === -1) return;
    list[index].removed = true;
    ArrayPrototypeSplice(list, index, 1);
    if (list.length === 0) MapPrototypeDelete(this.#listeners, type);
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw invalidType('event', 'Event', event);
    if (isDispatching(event)) {
      throw withCode(new Error(`The event is already being dispatched: ${event.type}`), 'ERR_EVENT_RECURSION');
    }
    return dispatch(event, this, (setPassive) => {
      const list = ArrayPrototypeSlice(MapPrototypeGet(this.#listeners, event.type) ?? []);
      for (let i = 0; i < list.length && !isStopped(event); i++) {
        if (list[i].removed) continue;
        if (list[i].once) this.removeEventListener(event.type, list[i].callback, list[i].capture);
        setPassive(list[i].passive);
        invoke(list[i].callback, this, event);
      }
    });
  }
}

function find(list, callback, capture) {
  for (let i = 0; i < list.length; i++) {
    if (list[i].callback === callback && list[i].capture === capture) return i;
  }
  return -1;
}

// What a listener throws is the rejection of a promise that nobody handles: the other listeners are called all the same.
function invoke(callback, target, event) {
  try {
    if (typeof callback === 'function') FunctionPrototypeCall(callback, target, event);
    else callback.handleEvent(event);
  } catch (error) {
    PromiseReject(error);
  }
}

const making = Symbol('making');

function aborted() {
  return new DOMException('This operation was aborted', 'AbortError');
}

let abortSignal;
let follow;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #dependents = [];
  #handler = null;

  constructor(token) {
    if (token !== making) throw withCode(new TypeError('Illegal constructor'), 'ERR_ILLEGAL_CONSTRUCTOR');
    super();
  }

  static {
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason;
      const dependents = signal.#dependents;
      signal.#dependents = [];
      signal.dispatchEvent(new Event('abort'));
      for (let i = 0; i < dependents.length; i++) abortSignal(dependents[i], reason);
    };
    follow = (source, dependent) => ArrayPrototypePush(source.#dependents, dependent);
  }

  static abort(reason = aborted()) {
    const signal = new AbortSignal(making);
    abortSignal(signal, reason);
    return signal;
  }

  // The timer does not keep the run alive.
  static timeout(delay) {
    if (typeof delay !== 'number') throw invalidType('delay', 'number', delay);
    if (!NumberIsFinite(delay) || delay < 0 || delay > TIMEOUT_MAX) throw outOfRange('delay', `0 to ${TIMEOUT_MAX}`, delay);
    const signal = new AbortSignal(making);
    const expire = () => abortSignal(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    releaseTimer(startTimer(expire, delay, false));
    return signal;
  }

  static any(signals) {
    const list = ArrayFrom(signals);
    const signal = new AbortSignal(making);
    for (let i = 0; i < list.length; i++) {
      if (!(list[i] instanceof AbortSignal)) throw invalidType(`signals[${i}]`, 'AbortSignal', list[i]);
      if (list[i].aborted) {
        abortSignal(signal, list[i].reason);
        return signal;
      }
    }
    for (let i = 0; i < list.length; i++) follow(list[i], signal);
    return signal;
  }

  get aborted() {
    return this.#aborted;
  }

  get reason() {
    return this.#reason;
  }

  get onabort() {
    return this.#handler;
  }

  set onabort(handler) {
    if (this.#handler !== null) this.removeEventListener('abort', this.#handler);
    this.#handler = typeof handler === 'function' ? handler : null;
    if (this.#handler !== null) this.addEventListener('abort', this.#handler);
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
}

class AbortController {
  #signal = new AbortSignal(making);

  get signal() {
    return this.#signal;
  }

  abort(reason = aborted()) {
    abortSignal(this.#signal, reason);
  }
}

const classes = { Event, CustomEvent, EventTarget, AbortSignal, AbortController };
for (const name in classes) defineHidden(classes[name].prototype, { [SymbolToStringTag]: name });

return classes;
