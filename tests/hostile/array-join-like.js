// `join()` for an object that says it has 2 ** 53 - 1 elements.
// expects: threw RangeError or limit cpu_ms or limit heap_bytes
Array.prototype.join.call({ length: 2 ** 53 - 1 });
