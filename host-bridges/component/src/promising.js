// `promising(fn)`: the same export as a function that returns a promise and runs off the thread.
(start, cancel, gather) => {
  'use strict';
  const { defineProperty, getOwnPropertyDescriptor } = Object;

  // `signal` ends the wait for every call of the function, and what can be ended of the calls themselves.
  const waited = (call, signal) =>
    new Promise((resolve, reject) => {
      const [promise, number] = call;
      const abort = () => {
        cancel(number);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      const settle = (how) => (value) => {
        signal.removeEventListener('abort', abort);
        how(value);
      };
      promise.then(settle(resolve), settle(reject));
    });

  return function promising(fn, options) {
    const { signal, instances } = options ?? {};
    start(fn); // throws where it cannot be
    const crew = instances === undefined ? undefined : gather(fn, instances);
    const promised = {
      async promised(...args) {
        signal?.throwIfAborted();
        const call = start(fn, this, args, crew);
        return signal === undefined ? call[0] : waited(call, signal);
      },
    }.promised;
    const name = getOwnPropertyDescriptor(fn, 'name')?.value;
    if (typeof name === 'string') defineProperty(promised, 'name', { value: name, configurable: true });
    return promised;
  };
}
