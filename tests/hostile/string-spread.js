// A string of half a thousand million units, spread.
// expects: limit heap_bytes
[...'.'.repeat(5e8)];
