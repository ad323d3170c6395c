// `concat` of an array of 134 million elements.
// expects: limit cpu_ms or limit heap_bytes
[].concat(new Array(2 ** 27).fill(0));
