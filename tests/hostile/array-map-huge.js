// `map` of an array of 134 million elements.
// expects: limit cpu_ms or limit heap_bytes
new Array(2 ** 27 - 10).fill(1).map((n) => n + 1);
