// Weak maps and their keys, made and dropped for ever.
// expects: limit cpu_ms or limit heap_bytes
for (;;) new WeakMap([[{}, {}]]);
