const order = [];
setTimeout((...values) => order.push('timeout', ...values), 5, 'a', 'b');
setTimeout(() => order.push('zero'), 0);
queueMicrotask(() => order.push('microtask'));
Promise.resolve().then(() => order.push('then'));
const cleared = setTimeout(() => order.push('never'), 1);
clearTimeout(cleared);
let ticks = 0;
const interval = setInterval(() => { order.push(`tick ${++ticks}`); if (ticks === 3) clearInterval(interval); }, 2);
setTimeout(() => console.log(order.filter((text) => !/tick/.test(text)), ticks), 60);
order.push('sync');
clearTimeout(undefined); clearTimeout(null); clearTimeout(123456); clearTimeout();
for (const bad of ['code', undefined, null, 1, {}]) {
  try { setTimeout(bad); } catch (error) { console.log(error.name, error.code); }
  try { queueMicrotask(bad); } catch (error) { console.log(error.name, error.code); }
}
setTimeout(() => { setTimeout(() => console.log('nested'), 1); Promise.resolve().then(() => console.log('microtask of a timer')); }, 70);
setTimeout(() => console.log('negative, NaN and huge delays are 1 ms'), -5);
setTimeout(() => {}, NaN);
