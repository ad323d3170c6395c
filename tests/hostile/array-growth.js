// An array that grows without end.
// expects: limit heap_bytes
const all = []; for (;;) all.push([1, 2, 3]);
