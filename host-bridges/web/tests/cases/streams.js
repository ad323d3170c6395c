const log = (...values) => console.log(...values);
const caught = async (call) => { try { return await call(); } catch (error) { return `${error.name} ${error.code ?? error.message}`; } };
const counting = (most, strategy) => { let n = 0; const pulls = []; const stream = new ReadableStream({
  pull(controller) { pulls.push(controller.desiredSize); if (n === most) controller.close(); else controller.enqueue(n++); },
  cancel(reason) { pulls.push(`cancel ${reason}`); } }, strategy); return { stream, pulls }; };
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
const main = async () => {
  const all = []; for await (const chunk of counting(4).stream) all.push(chunk); log(all);
  const lazy = counting(3, { highWaterMark: 0 }); await tick(); log(lazy.pulls.length); const reader = lazy.stream.getReader();
  log(await reader.read(), lazy.pulls, lazy.stream.locked); log(await Promise.all([reader.read(), reader.read(), reader.read()]), await reader.closed);
  const eager = counting(9, { highWaterMark: 3 }); await tick(); log(eager.pulls);
  for await (const chunk of eager.stream) { if (chunk === 1) break; } log(eager.pulls.at(-1), eager.stream.locked);
  const kept = counting(5); for await (const chunk of kept.stream.values({ preventCancel: true })) if (chunk === 1) break;
  log(kept.stream.locked, (await kept.stream.getReader().read()).value);
  log(await caught(() => counting(1).stream.getReader().releaseLock()), await caught(() => { const { stream } = counting(1); stream.getReader(); return stream.getReader(); }));
  const { stream: twice } = counting(1); twice.getReader(); log(await caught(() => twice.cancel()), await caught(() => new ReadableStreamDefaultReader({})));
  const failing = new ReadableStream({ pull() { throw new RangeError('pulled'); } }); const failed = failing.getReader();
  log(await caught(() => failed.read()), await caught(() => failed.closed), await caught(() => failed.read()), await caught(() => failed.cancel()));
  log(await caught(() => new ReadableStream({ start() { throw new SyntaxError('started'); } })), await caught(() => new ReadableStream({ pull: 1 })), await caught(() => new ReadableStream({}, { highWaterMark: -1 })), await caught(() => new ReadableStream(null)));
  let inside; const errored = new ReadableStream({ start(controller) { inside = controller; controller.enqueue('a'); controller.error(new TypeError('over')); } });
  log(inside.desiredSize, await caught(() => errored.getReader().read()), await caught(() => inside.enqueue('b')), await caught(() => inside.close()));
  let closing; const closed = new ReadableStream({ start(controller) { closing = controller; controller.enqueue('last'); controller.close(); } });
  log(await caught(() => closing.enqueue('x')), closing.desiredSize); for await (const chunk of closed) log(chunk); log(closing.desiredSize);
  const released = new ReadableStream({}).getReader(); const pending = released.read(); released.releaseLock(); log(await caught(() => pending), await caught(() => released.read()), await caught(() => released.closed));
  const sizes = new ReadableStream({ start(controller) { controller.enqueue('abc'); log(controller.desiredSize); controller.enqueue('de'); log(controller.desiredSize); } }, { highWaterMark: 4, size: (chunk) => chunk.length });
  log((await sizes.getReader().read()).value, new CountQueuingStrategy({ highWaterMark: 7 }).highWaterMark, new ByteLengthQueuingStrategy({ highWaterMark: 1 }).size(new Uint8Array(5)));
  const bad = new ReadableStream({ start(controller) { try { controller.enqueue('x'); } catch (error) { log(error.name); } } }, { size: () => NaN }); log(await caught(() => bad.getReader().read()));
  const started = []; const slow = new ReadableStream({ async start() { await tick(); started.push('start'); }, pull(controller) { started.push('pull'); controller.close(); } }); log((await slow.getReader().read()).done, started);
  const from = []; for await (const chunk of ReadableStream.from([1, Promise.resolve(2), 3])) from.push(chunk); log(from);
  let returned; const generator = ReadableStream.from((async function* () { try { yield 1; yield 2; } finally { returned = true; } })()); for await (const _ of generator) break; log(returned, await caught(() => ReadableStream.from(1)));
  const concurrent = counting(3).stream.values(); log(await Promise.all([concurrent.next(), concurrent.next(), concurrent.return('end'), concurrent.next()]));
  log(typeof ReadableStream.prototype.values, ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values, Object.prototype.toString.call(from), Object.prototype.toString.call(slow), ReadableStream.length);
  log(await caught(() => ReadableStream.prototype.cancel.call({})).then((line) => line.split(' ')[0]), await caught(() => new ReadableStreamDefaultController()), await counting(1).stream.cancel('x'));
};
main();
