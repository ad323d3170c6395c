// `unshift(1)` for an object that says it has 2 ** 53 - 2 elements.
// expects: limit cpu_ms
Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 1);
