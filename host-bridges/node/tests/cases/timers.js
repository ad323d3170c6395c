const timers = require('node:timers'); const { setTimeout: wait, setImmediate: turn, setInterval: every } = require('timers/promises');
const { promisify } = require('util');
const released = setTimeout(() => console.log('never: nothing else keeps the run alive'), 1e6);
console.log(released.hasRef(), released.unref().hasRef(), released.unref() === released, typeof +released, timers.setTimeout === setTimeout);
const kept = setTimeout(() => console.log('kept'), 5); kept.unref().ref();
const closed = setTimeout(() => console.log('never'), 1); closed.close(); clearTimeout(closed);
clearTimeout(+setTimeout(() => console.log('never'), 1)); clearInterval(setInterval(() => console.log('never'), 1)); clearImmediate(setImmediate(() => console.log('never')));
const refreshed = setTimeout(() => console.log('refreshed'), 500); setTimeout(() => refreshed.refresh(), 200);
setTimeout(() => console.log('between'), 600);
const beat = setInterval(() => {}, 1); beat.unref();
(async () => {
  console.log(await wait(40, 'waited'), await turn('turned'), await promisify(setTimeout)(1, 'promisified'));
  const abort = new AbortController(); setTimeout(() => abort.abort(), 1);
  try { await wait(1e6, null, { signal: abort.signal }); } catch (error) { console.log(error.name, error.code, error.message); }
  let count = 0; for await (const value of every(1, 'beat')) if (++count === 3) { console.log(value, count); break; }
})();
try { setTimeout('code'); } catch (error) { console.log(error.code); }
try { setImmediate(); } catch (error) { console.log(error.code); }
