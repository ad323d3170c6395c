// `reverse()` of an array of four thousand million holes.
// expects: limit cpu_ms
new Array(2 ** 32 - 1).reverse();
