// Ways of going on later that go through components.
import * as echo from 'fixture-echo';
import { count } from 'fixture-trap';
import { instantiate, promising } from 'innerbox:component';
import * as side from 'side';
import { matrix } from './matrix.js';

const thrice = async (step, go) => {
  for (let i = 0; i < 3; i++) {
    await step();
    go();
  }
};
const add = promising(echo.add);
const many = promising(echo.add, { instances: 2 });
const queued = promising(count);
const refused = promising(echo.echoResult);
const bytes = (...values) => ReadableStream.from(values.map((value) => Uint8Array.from(value)));

const ways = {
  'a promising call': (go) => thrice(() => add(1, 2), go),
  'promising calls side by side': (go) => thrice(() => Promise.all([add(1, 2).then(go), many(1, 2).then(go)]), go),
  'promising calls that wait for each other': (go) => Promise.all(Array.from({ length: 10 }, () => queued().then(go))),
  'a promising call that is cancelled': async (go) => {
    const controller = new AbortController();
    const cancelled = promising(echo.add, { signal: controller.signal })(1, 2).catch(go);
    controller.abort();
    await cancelled;
    go();
  },
  'a promising call that fails': async (go) => {
    for (let i = 0; i < 3; i++) await refused({ tag: 'err', val: 'why' }).catch(go);
    go();
  },
  'a function that a component calls': async (go) => {
    const host = { add(a, b) { go(); return a + b; }, poke() {}, greet() {}, mirror() {}, describe() {}, bytes() {}, parse() {}, many() {},
                   Sink: class { static largest() {} static open() {} } };
    const component = instantiate('fixture-given', { host });
    component.count(1, 2);
    await add(1, 2);
    component.count(1, 1);
  },
  'a call of an asynchronous component': (go) => thrice(() => side.add(1, 2), go),
  'calls of an asynchronous component side by side': (go) => thrice(() => Promise.all([side.sleep(2n, 1).then(go), side.sleep(1n, 2).then(go)]), go),
  'a stream of a component': async (go) => {
    for await (const _ of await side.copy(bytes([1], [2], [3]))) go();
    go();
  },
  'a stream that a component reads': async (go) => {
    let left = 3;
    await side.sum(new ReadableStream({ pull(controller) { go(); if (left-- === 0) controller.close(); else controller.enqueue(Uint8Array.of(1)); } }));
    go();
  },
  'a future of a component': (go) => thrice(async () => (await side.promise(1)).catch?.(() => {}), go),
};

export default await matrix(ways);
