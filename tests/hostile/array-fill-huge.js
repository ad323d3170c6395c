// `fill` of an array that is far too long for the heap.
// expects: limit heap_bytes
Array(1e9).fill(0);
