// A map that grows without end.
// expects: limit heap_bytes
const all = new Map(); for (let i = 0; ; i++) all.set(i, 'x' + i);
