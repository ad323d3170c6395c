// `reduce(Boolean)` for an object that says it has 2 ** 53 - 1 elements.
// expects: limit cpu_ms
Array.prototype.reduce.call({ length: 2 ** 53 - 1 }, Boolean);
