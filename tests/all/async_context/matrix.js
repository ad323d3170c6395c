// Each way of going on later (a row), with a store that came to it in each way there is (a column).
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const storage = new AsyncLocalStorage({ name: 'cell' });

// How a way and what it calls come to their store.
const COLUMNS = {
  run: (store, way, go) => storage.run(store, way, go),
  enterWith: (store, way, go) =>
    new AsyncResource('cell').runInAsyncScope(() => {
      storage.enterWith(store);
      return way(go);
    }),
  snapshot: (store, way, go) => {
    const snapshot = storage.run(store, () => AsyncLocalStorage.snapshot());
    return way(() => outside(() => snapshot(go)));
  },
  bind: (store, way, go) => {
    const bound = storage.run(store, () => AsyncLocalStorage.bind(go));
    return way(() => outside(bound));
  },
  AsyncResource: (store, way, go) => {
    const resource = storage.run(store, () => new AsyncResource('cell'));
    return way(() => outside(() => resource.runInAsyncScope(go)));
  },
};

// What is bound has its own store, and what calls it has none, before and afterwards.
function outside(call) {
  const before = storage.getStore();
  call();
  if (before !== undefined || storage.getStore() !== undefined) throw new Error('a store came along');
}

// Runs all cells at once, each with a store of its own: a list of what went wrong, and how often a way went on.
export async function matrix(ways) {
  const wrong = [];
  let calls = 0;
  const cell = async (name, way, column) => {
    const store = { cell: `${name}, ${column}` };
    const seen = [];
    await COLUMNS[column](store, way, () => { seen.push(storage.getStore()); });
    calls += seen.length;
    if (seen.length === 0) wrong.push(`${store.cell}: never went on`);
    seen.forEach((found, i) => {
      if (found !== store) wrong.push(`${store.cell}: call ${i + 1} saw ${found?.cell ?? found}`);
    });
  };
  const cells = Object.entries(ways).flatMap(([name, way]) => Object.keys(COLUMNS).map((column) => cell(name, way, column)));
  const failed = (await Promise.allSettled(cells)).filter(({ reason }) => reason !== undefined);
  wrong.push(...failed.map(({ reason }) => `${reason.stack}`));
  if (storage.getStore() !== undefined) wrong.push('a store leaked');
  return { wrong, cells: cells.length, calls };
}
