// A set that grows without end.
// expects: limit heap_bytes
const all = new Set(); for (let i = 0; ; i++) all.add({ i });
