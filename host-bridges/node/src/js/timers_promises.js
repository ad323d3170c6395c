'use strict';

// `node:timers/promises`.

const { Promise, PromiseReject } = primordials;
const { withCode } = load('web/errors');
const timers = load('node/timers');

function aborted(signal) {
  const error = withCode(new primordials.Error('The operation was aborted', { cause: signal.reason }), 'ABORT_ERR');
  error.name = 'AbortError';
  return error;
}

// A promise that `start` settles by a timer, and an abort by its signal.
function awaited(start, value, options) {
  const signal = options?.signal;
  if (signal?.aborted) return PromiseReject(aborted(signal));
  return new Promise((resolve, reject) => {
    const abort = () => {
      timers.clearTimeout(timer);
      reject(aborted(signal));
    };
    const timer = start(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    });
    if (options?.ref === false) timer.unref();
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function setTimeout(delay, value, options) {
  return awaited((done) => timers.setTimeout(done, delay), value, options);
}

function setImmediate(value, options) {
  return awaited((done) => timers.setImmediate(done), value, options);
}

async function* setInterval(delay, value, options) {
  for (;;) yield await setTimeout(delay, value, options);
}

const scheduler = {
  wait: (delay, options) => setTimeout(delay, undefined, options),
  yield: () => setImmediate(),
};

return { setTimeout, setImmediate, setInterval, scheduler };
