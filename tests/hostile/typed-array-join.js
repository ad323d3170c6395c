// `join` of a typed array of eight million numbers.
// expects: threw RangeError or limit cpu_ms or limit heap_bytes
String(new Float64Array(2 ** 23).fill(Math.PI));
