// Ways of going on later that every runtime has. Each calls `go` where it goes on.
import { EventEmitter, once } from 'node:events';
import { readFile as readFileThen } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import * as timers from 'node:timers/promises';
import { promisify } from 'node:util';

const HERE = import.meta.filename;
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
const thrice = async (step, go) => {
  for (let i = 0; i < 3; i++) {
    await step();
    go();
  }
};

export const ways = {
  'await': (go) => thrice(() => null, go),
  'await of what settles later': (go) => thrice(tick, go),
  'then, finally': (go) => Promise.resolve().then(go).finally(go).then(go),
  'catch': (go) => Promise.reject(new Error()).catch(go).then(() => Promise.reject(new Error())).then(null, go),
  'catch of what is rejected later': (go) => tick().then(() => { throw new Error(); }).catch(go),
  'await in try': async (go) => {
    for (let i = 0; i < 2; i++) try { await tick(); throw new Error(); } catch { go(); } finally { go(); }
  },
  'thenable': (go) => thrice(() => ({ then(resolve) { go(); setTimeout(() => { go(); resolve(); }); } }), go),
  'resolved with a thenable': (go) => new Promise((resolve) => resolve({ then(done) { go(); done(); } })).then(go),
  'class of promises': async (go) => {
    class Mine extends Promise {}
    await new Mine((resolve) => setTimeout(resolve)).then(go);
    go();
  },
  'async iterator': async (go) => {
    async function* numbers() { for (let i = 0; i < 3; i++) { await tick(); go(); yield i; go(); } }
    for await (const _ of numbers()) go();
    go();
  },
  'async iterator by hand': async (go) => {
    const iterable = { [Symbol.asyncIterator]: () => ({ i: 0, next() { go(); return tick().then(() => ({ done: this.i++ > 2 })); } }) };
    for await (const _ of iterable) go();
  },
  'for await of promises': async (go) => { for await (const _ of [tick(), null, tick()]) go(); },
  'Array.fromAsync': async (go) => { await Array.fromAsync([tick(), tick()], go); go(); },
  'await using': async (go) => {
    { await using _ = { async [Symbol.asyncDispose]() { go(); await tick(); go(); } }; }
    go();
  },
  'Promise.all': (go) => thrice(() => Promise.all([tick().then(go), tick(), 1]), go),
  'Promise.race': (go) => thrice(() => Promise.race([tick().then(go), tick()]), go),
  'Promise.any': (go) => thrice(() => Promise.any([Promise.reject(1), tick().then(go)]), go),
  'Promise.allSettled': (go) => thrice(() => Promise.allSettled([Promise.reject(1), tick().then(go)]), go),
  'Promise.withResolvers': (go) => thrice(() => {
    const { promise, resolve } = Promise.withResolvers();
    setTimeout(resolve, 1);
    return promise;
  }, go),
  'settled by another': (go) => thrice(() => new Promise((resolve) => { other.push(resolve); }), go),
  'import()': (go) => thrice(() => import('node:path'), go),
  'setTimeout': (go) => new Promise((resolve) => setTimeout(() => { go(); setTimeout((...args) => { go(); resolve(args); }, 1, 1, 2); }, 1)),
  'setInterval': (go) => new Promise((resolve) => {
    let left = 3;
    const interval = setInterval(() => { go(); if (--left === 0) { clearInterval(interval); resolve(); } }, 1);
  }),
  'setImmediate': (go) => new Promise((resolve) => setImmediate(() => { go(); setImmediate(() => { go(); resolve(); }); })),
  'queueMicrotask': (go) => new Promise((resolve) => queueMicrotask(() => { go(); queueMicrotask(() => { go(); resolve(); }); })),
  'process.nextTick': (go) => new Promise((resolve) => process.nextTick(() => { go(); process.nextTick(() => { go(); resolve(); }); })),
  'timers/promises': async (go) => {
    await thrice(() => timers.setTimeout(1), go);
    await thrice(() => timers.setImmediate(), go);
    await thrice(() => timers.scheduler.wait(1), go);
    let left = 3;
    for await (const _ of timers.setInterval(1)) { go(); if (--left === 0) break; }
  },
  'promisify': (go) => thrice(() => promisify(setTimeout)(1), go),
  'EventTarget': async (go) => {
    const target = new EventTarget();
    target.addEventListener('now', go);
    target.addEventListener('now', { handleEvent: go });
    await tick();
    target.dispatchEvent(new Event('now'));
    setTimeout(() => target.dispatchEvent(new Event('now')), 1);
    await timers.setTimeout(5);
  },
  'AbortSignal.timeout': (go) => new Promise((resolve) => {
    const signal = AbortSignal.timeout(1);
    signal.addEventListener('abort', go);
    AbortSignal.any([signal]).onabort = () => { go(); resolve(); };
    setTimeout(() => {}, 50); // a signal does not keep a program alive
  }),
  'AbortController': async (go) => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', go);
    await timers.setTimeout(1000, null, { signal: controller.signal, ref: (setTimeout(() => controller.abort(), 1), true) }).catch(go);
  },
  'EventEmitter': async (go) => {
    const emitter = new EventEmitter();
    emitter.on('now', go).once('now', go).prependListener('now', go);
    await tick();
    emitter.emit('now');
    setTimeout(() => emitter.emit('now'), 1);
    await once(emitter, 'now');
    go();
  },
  'a stream of promises': async (go) => {
    for await (const _ of ReadableStream.from([tick(), 1])) go();
  },
  'a stream that is pulled': async (go) => {
    let left = 3;
    const stream = new ReadableStream({
      async start() { await tick(); go(); },
      async pull(controller) { go(); await tick(); go(); if (left-- === 0) controller.close(); else controller.enqueue(left); },
    }, { highWaterMark: 0 });
    const reader = stream.getReader();
    while (!(await reader.read()).done) go();
  },
  'a stream that is cancelled': async (go) => {
    await new ReadableStream({ async cancel() { go(); await tick(); go(); } }).cancel();
    go();
  },
  'node:fs/promises, one call after the other': (go) => thrice(() => readFile(HERE), go),
  'node:fs/promises, side by side': (go) => thrice(() => Promise.all([readFile(HERE), stat(HERE).then(go)]), go),
  'node:fs/promises, rejected': async (go) => {
    for (let i = 0; i < 3; i++) await readFile(`${HERE}.missing`).catch(go);
    go();
  },
  'node:fs with a callback': (go) => new Promise((resolve) => readFileThen(HERE, () => { go(); readFileThen(HERE, () => { go(); resolve(); }); })),
};

// Settles what waits, from outside of every store.
const other = [];
const settling = setInterval(() => { for (const resolve of other.splice(0)) resolve(); }, 1);
settling.unref();
