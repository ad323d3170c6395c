// `concat` with an object that says it has four thousand million elements to spread.
// expects: limit cpu_ms or limit heap_bytes
[].concat({ length: 2 ** 32 - 2, [Symbol.isConcatSpreadable]: true });
