// An answer of four thousand million elements.
// expects: limit value_bytes
new Array(2 ** 32 - 1);
