// An object with more and more properties.
// expects: limit heap_bytes
const all = {}; for (let i = 0; ; i++) all['k' + i] = { i };
