// `fill(0)` for an object that says it has 2 ** 53 - 1 elements.
// expects: limit cpu_ms or limit heap_bytes
Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0);
