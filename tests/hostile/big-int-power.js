// A power that has more digits than there is memory.
// expects: threw RangeError or limit cpu_ms or limit heap_bytes
let n = 3n; for (;;) n = n ** n;
