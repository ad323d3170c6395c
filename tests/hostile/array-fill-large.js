// `fill` of an array of 67 million elements.
// expects: limit heap_bytes
Array(2 ** 26).fill(7);
