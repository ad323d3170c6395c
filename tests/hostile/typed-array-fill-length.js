// `fill` of a typed array that says it has 2 ** 53 - 1 elements.
// expects: limit cpu_ms or limit heap_bytes
Array.prototype.fill.call(Object.defineProperty(new Uint8Array(10), 'length', { value: 2 ** 53 - 1 }), 0);
