// A buffer that can grow, which V8 does not count.
// expects: threw RangeError
new ArrayBuffer(8, { maxByteLength: 2 ** 32 });
