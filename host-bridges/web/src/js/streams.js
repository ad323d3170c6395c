'use strict';

// `ReadableStream` by the WHATWG Streams standard (https://streams.spec.whatwg.org/): streams of values, their default
// reader and controller, and the async iterator. There are no byte streams, and nothing to pipe to. Names of steps are
// the standard's.

const {
  defineHidden, FunctionPrototypeCall, Number, NumberIsNaN, ObjectGetPrototypeOf, Promise,
  PromisePrototypeThen, PromiseReject, PromiseResolve, SymbolAsyncIterator, SymbolIterator,
  SymbolToStringTag, TypeError,
} = primordials;
const { invalidType, invalidValue, outOfRange, withCode } = load('web/errors');

const making = {};
const nothing = () => {};

// What is behind the objects that scripts hold; each throws where the object is of another class.
let streamOf;
let readerOf;
let controllerOf;
let isStream;

const invalidState = (message) => withCode(new TypeError(`Invalid state: ${message}`), 'ERR_INVALID_STATE');

function badNumber(name, value) {
  return withCode(outOfRange(name, 'a number from 0 on', value), 'ERR_INVALID_ARG_VALUE');
}

// Calls a script's function: a promise of what it returns, or of what it throws.
function promised(fn, receiver, argument) {
  try {
    return PromiseResolve(FunctionPrototypeCall(fn, receiver, argument));
  } catch (error) {
    return PromiseReject(error);
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  return made;
}

// An unhandled rejection would end the run, and this promise may interest nobody.
const handled = (promise) => {
  PromisePrototypeThen(promise, undefined, nothing);
  return promise;
};

// A queue whose first value is taken in constant time.
class Queue {
  #first = null;
  #last = null;

  isEmpty() {
    return this.#first === null;
  }

  push(value) {
    const entry = { value, next: null };
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
  }

  shift() {
    const { value, next } = this.#first;
    this.#first = next;
    if (next === null) this.#last = null;
    return value;
  }
}

function shouldPull(controller) {
  const { stream } = controller;
  if (!canEnqueue(controller) || !controller.started) return false;
  return (stream.reader !== null && !stream.reader.requests.isEmpty()) || desiredSize(controller) > 0;
}

const canEnqueue = ({ closing, stream }) => !closing && stream.state === 'readable';

function desiredSize({ stream, highWaterMark, total }) {
  if (stream.state === 'errored') return null;
  return stream.state === 'closed' ? 0 : highWaterMark - total;
}

function pullIfNeeded(controller) {
  if (!shouldPull(controller)) return;
  if (controller.pulling) {
    controller.pullsAgain = true;
    return;
  }
  controller.pulling = true;
  PromisePrototypeThen(controller.pull(), () => {
    controller.pulling = false;
    if (controller.pullsAgain) {
      controller.pullsAgain = false;
      pullIfNeeded(controller);
    }
  }, (error) => errorStream(controller, error));
}

function forgetSource(controller) {
  controller.pull = controller.cancel = controller.size = undefined;
}

function finishStream(stream) {
  stream.state = 'closed';
  const { reader } = stream;
  if (reader === null) return;
  const { requests } = reader;
  while (!requests.isEmpty()) requests.shift().close();
  reader.closed.resolve();
}

function errorStream(controller, error) {
  const { stream } = controller;
  if (stream.state !== 'readable') return;
  controller.queue = new Queue();
  controller.total = 0;
  forgetSource(controller);
  stream.state = 'errored';
  stream.error = error;
  const { reader } = stream;
  if (reader === null) return;
  reader.closed.reject(error);
  handled(reader.closed.promise);
  const { requests } = reader;
  while (!requests.isEmpty()) requests.shift().error(error);
}

function cancelStream(stream, reason) {
  stream.disturbed = true;
  if (stream.state === 'closed') return PromiseResolve();
  if (stream.state === 'errored') return PromiseReject(stream.error);
  finishStream(stream);
  const { controller } = stream;
  controller.queue = new Queue();
  controller.total = 0;
  const cancelled = controller.cancel(reason);
  forgetSource(controller);
  return PromisePrototypeThen(cancelled, nothing);
}

function enqueue(controller, chunk) {
  const { reader } = controller.stream;
  if (reader !== null && !reader.requests.isEmpty()) {
    reader.requests.shift().chunk(chunk);
  } else {
    let size;
    try {
      size = Number(controller.size(chunk));
      if (!(size >= 0 && size < Infinity)) throw badNumber('size', size);
    } catch (error) {
      errorStream(controller, error);
      throw error;
    }
    controller.queue.push({ chunk, size });
    controller.total += size;
  }
  pullIfNeeded(controller);
}

// Answers one request of a reader, now or later.
function read(stream, request) {
  stream.disturbed = true;
  if (stream.state === 'closed') return request.close();
  if (stream.state === 'errored') return request.error(stream.error);
  const { controller } = stream;
  if (controller.queue.isEmpty()) {
    stream.reader.requests.push(request);
    return pullIfNeeded(controller);
  }
  const { chunk, size } = controller.queue.shift();
  controller.total = controller.queue.isEmpty() ? 0 : controller.total - size;
  if (controller.closing && controller.queue.isEmpty()) {
    forgetSource(controller);
    finishStream(stream);
  } else {
    pullIfNeeded(controller);
  }
  return request.chunk(chunk);
}

const readPromise = (stream) => new Promise((resolve, reject) => {
  read(stream, {
    chunk: (value) => resolve({ value, done: false }),
    close: () => resolve({ value: undefined, done: true }),
    error: reject,
  });
});

function acquireReader(stream) {
  if (stream.reader !== null) throw invalidState('ReadableStream is locked');
  const reader = { stream, requests: new Queue(), closed: deferred() };
  stream.reader = reader;
  if (stream.state === 'closed') reader.closed.resolve();
  if (stream.state === 'errored') {
    reader.closed.reject(stream.error);
    handled(reader.closed.promise);
  }
  return reader;
}

function releaseReader(reader) {
  const { stream, requests } = reader;
  const error = invalidState('Releasing reader');
  if (stream.state !== 'readable') reader.closed = deferred();
  reader.closed.reject(error);
  handled(reader.closed.promise);
  stream.reader = null;
  reader.stream = null;
  while (!requests.isEmpty()) requests.shift().error(error);
}

class ReadableStreamDefaultController {
  #controller;

  constructor(controller, token) {
    if (token !== making) throw withCode(new TypeError('Illegal constructor'), 'ERR_ILLEGAL_CONSTRUCTOR');
    this.#controller = controller;
  }

  static {
    controllerOf = (object) => object.#controller;
  }

  get desiredSize() {
    return desiredSize(controllerOf(this));
  }

  close() {
    const controller = controllerOf(this);
    if (!canEnqueue(controller)) throw invalidState('Controller is already closed');
    controller.closing = true;
    if (!controller.queue.isEmpty()) return;
    forgetSource(controller);
    finishStream(controller.stream);
  }

  enqueue(chunk = undefined) {
    const controller = controllerOf(this);
    if (!canEnqueue(controller)) throw invalidState('Controller is already closed');
    enqueue(controller, chunk);
  }

  error(error = undefined) {
    errorStream(controllerOf(this), error);
  }
}

class ReadableStreamDefaultReader {
  #reader;

  constructor(stream) {
    if (!isStream(stream)) throw invalidType('stream', 'ReadableStream', stream);
    this.#reader = acquireReader(streamOf(stream));
  }

  static {
    readerOf = (object) => object.#reader;
  }

  get closed() {
    try {
      return readerOf(this).closed.promise;
    } catch (error) {
      return PromiseReject(error);
    }
  }

  async read() {
    const { stream } = readerOf(this);
    if (stream === null) throw invalidState('The reader is not attached to a stream');
    return readPromise(stream);
  }

  async cancel(reason = undefined) {
    const { stream } = readerOf(this);
    if (stream === null) throw invalidState('The reader is not attached to a stream');
    return cancelStream(stream, reason);
  }

  releaseLock() {
    const reader = readerOf(this);
    if (reader.stream !== null) releaseReader(reader);
  }
}

const AsyncIteratorPrototype = ObjectGetPrototypeOf(ObjectGetPrototypeOf(async function* () {}).prototype);

// The object of `for await`. Steps are taken one after the other, however often it is called.
class Iterator {
  #reader;
  #preventsCancel;
  #ongoing = PromiseResolve();
  #finished = false;

  constructor(stream, preventsCancel) {
    this.#reader = acquireReader(stream);
    this.#preventsCancel = preventsCancel;
  }

  #after(step) {
    const next = PromisePrototypeThen(this.#ongoing, step, step);
    this.#ongoing = handled(next);
    return next;
  }

  #finish() {
    this.#finished = true;
    if (this.#reader.stream !== null) releaseReader(this.#reader);
  }

  next() {
    return this.#after(async () => {
      if (this.#finished) return { done: true, value: undefined };
      try {
        const result = await readPromise(this.#reader.stream);
        if (result.done) this.#finish();
        return result;
      } catch (error) {
        this.#finish();
        throw error;
      }
    });
  }

  return(value) {
    return this.#after(async () => {
      if (this.#finished) return { done: true, value };
      const { stream } = this.#reader;
      const cancelled = this.#preventsCancel ? undefined : cancelStream(stream, value);
      this.#finish();
      await cancelled;
      return { done: true, value };
    });
  }
}

function iterate(stream, options) {
  const iterator = new Iterator(stream, !!options?.preventCancel);
  return {
    __proto__: AsyncIteratorPrototype,
    next: () => iterator.next(),
    return: (value) => iterator.return(value),
  };
}

function sizeOf(strategy) {
  const size = strategy?.size;
  if (size === undefined) return () => 1;
  if (typeof size !== 'function') throw invalidType('strategy.size', 'function', size);
  return (chunk) => size(chunk);
}

function highWaterMarkOf(strategy, usual) {
  if (strategy?.highWaterMark === undefined) return usual;
  const mark = Number(strategy.highWaterMark);
  if (NumberIsNaN(mark) || mark < 0) throw badNumber('strategy.highWaterMark', mark);
  return mark;
}

// A method of the source, called with the source as its receiver; `otherwise` where there is none.
function method(source, name, otherwise) {
  const fn = source?.[name];
  if (fn === undefined) return otherwise;
  if (typeof fn !== 'function') throw invalidType(`source.${name}`, 'function', fn);
  return (argument) => promised(fn, source, argument);
}

class ReadableStream {
  #stream = { state: 'readable', error: undefined, reader: null, controller: null, disturbed: false };

  constructor(source = undefined, strategy = undefined) {
    if (source === null || (source !== undefined && typeof source !== 'object')) {
      throw invalidType('source', 'object', source);
    }
    const type = source?.type;
    if (type !== undefined) throw invalidValue('source.type', 'undefined, for there are no byte streams', type);
    const size = sizeOf(strategy);
    const stream = this.#stream;
    const start = source?.start;
    if (start !== undefined && typeof start !== 'function') throw invalidType('source.start', 'function', start);
    const controller = {
      stream, size, queue: new Queue(), total: 0, highWaterMark: highWaterMarkOf(strategy, 1),
      started: false, closing: false, pulling: false, pullsAgain: false, pull: undefined, cancel: undefined,
    };
    const object = new ReadableStreamDefaultController(controller, making);
    const pull = method(source, 'pull', () => PromiseResolve());
    controller.pull = () => pull(object);
    controller.cancel = method(source, 'cancel', () => PromiseResolve());
    stream.controller = controller;
    const started = start === undefined ? undefined : FunctionPrototypeCall(start, source, object);
    PromisePrototypeThen(PromiseResolve(started), () => {
      controller.started = true;
      pullIfNeeded(controller);
    }, (error) => errorStream(controller, error));
  }

  static {
    streamOf = (object) => object.#stream;
    isStream = (object) => typeof object === 'object' && object !== null && #stream in object;
  }

  static from(iterable) {
    const method = iterable?.[SymbolAsyncIterator] ?? iterable?.[SymbolIterator];
    if (typeof method !== 'function') {
      throw withCode(invalidType('iterable', 'iterable', iterable), 'ERR_ARG_NOT_ITERABLE');
    }
    const iterator = FunctionPrototypeCall(method, iterable);
    return new ReadableStream({
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(await result.value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    }, { highWaterMark: 0 });
  }

  get locked() {
    return streamOf(this).reader !== null;
  }

  async cancel(reason = undefined) {
    const stream = streamOf(this);
    if (stream.reader !== null) throw invalidState('ReadableStream is locked');
    return cancelStream(stream, reason);
  }

  getReader(options = undefined) {
    streamOf(this);
    const mode = options?.mode;
    if (mode !== undefined) throw invalidValue('options.mode', 'undefined, for there are no byte streams', mode);
    return new ReadableStreamDefaultReader(this);
  }

  values(options = undefined) {
    return iterate(streamOf(this), options);
  }
}

class CountQueuingStrategy {
  #mark;

  constructor(options) {
    if (options?.highWaterMark === undefined) throw invalidType('options.highWaterMark', 'number', undefined);
    this.#mark = Number(options.highWaterMark);
  }

  get highWaterMark() {
    return this.#mark;
  }

  get size() {
    return countSize;
  }
}

class ByteLengthQueuingStrategy {
  #mark;

  constructor(options) {
    if (options?.highWaterMark === undefined) throw invalidType('options.highWaterMark', 'number', undefined);
    this.#mark = Number(options.highWaterMark);
  }

  get highWaterMark() {
    return this.#mark;
  }

  get size() {
    return byteSize;
  }
}

const countSize = () => 1;
const byteSize = (chunk) => chunk.byteLength;

defineHidden(ReadableStream.prototype, { [SymbolAsyncIterator]: ReadableStream.prototype.values });

const classes = {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableStream, ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
};
for (const name in classes) defineHidden(classes[name].prototype, { [SymbolToStringTag]: name });

// For the host's own reading: what scripts have done to the classes does not matter.
const isLocked = (object) => streamOf(object).reader !== null;
const lock = (object) => {
  const { stream } = acquireReader(streamOf(object));
  return { read: () => readPromise(stream), cancel: (reason) => cancelStream(stream, reason) };
};

return { ...classes, isStream, isLocked, lock };
