// `splice` in the middle of an object that says it has 2 ** 53 - 1 elements.
// expects: limit cpu_ms
Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 5, 1);
