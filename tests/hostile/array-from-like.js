// `Array.from` of an object that says it has four thousand million elements.
// expects: limit cpu_ms or limit heap_bytes
Array.from({ length: 2 ** 32 - 2 });
