'use strict';

// The ends of streams and futures on the side of scripts. A number stands for an end; scripts do not see it.

const { PromisePrototypeThen, PromiseResolve } = primordials;
const { ReadableStream, isLocked, isStream, lock } = load('web/streams');
const {
  bytesOf, dropReader, fail, finish, fulfil, push, refuse, take, whenDropped, whenReadable, whenWritable,
} = host;

const nothing = () => {};

// Whether a value is a stream that may be passed: null for one that is locked.
const stateOf = (value) => (isStream(value) ? (isLocked(value) ? null : true) : false);

// A stream that a component writes. It reads only what is asked for, so a slow reader stops the component.
function readable(number) {
  return new ReadableStream({
    __proto__: null,
    async pull(controller) {
      await whenReadable(number);
      const chunk = take(number);
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel() {
      dropReader(number);
    },
  }, { __proto__: null, highWaterMark: 0 });
}

// Reads a stream for a component, as fast as the component takes it.
function pump(number, stream) {
  const reader = lock(stream);
  const cancel = (reason) => PromisePrototypeThen(reader.cancel(reason), nothing, nothing);
  PromisePrototypeThen(whenDropped(number), () => cancel(), nothing);
  PromisePrototypeThen(copy(number, reader), () => finish(number), (error) => {
    fail(number, error);
    cancel(error);
  });
}

async function copy(number, reader) {
  while (await whenWritable(number)) {
    const { value, done } = await reader.read();
    if (done) return;
    const length = bytesOf(number, value);
    for (let at = 0; at < length;) {
      if (!await whenWritable(number)) return;
      at += push(number, value, at);
    }
  }
}

// Passes on what a value comes to.
function settle(number, value) {
  PromisePrototypeThen(PromiseResolve(value), (value) => fulfil(number, value), (error) => refuse(number, error));
}

return { pump, readable, settle, stateOf };
