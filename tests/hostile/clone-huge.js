// `structuredClone` of what is larger than half the heap.
// expects: limit cpu_ms or limit heap_bytes
const all = []; for (;;) { all.push({ a: [1, 2, 3], b: 'text' }); if (all.length % 50000 === 0) structuredClone(all); }
