// Memory that runs out in a callback of a callback.
// expects: limit heap_bytes
const all = []; JSON.parse('[1]', () => [1].map(() => { for (;;) all.push(new Array(100).fill({})); }));
