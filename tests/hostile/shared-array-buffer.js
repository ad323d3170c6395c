// Memory for several threads, which V8 does not count.
// expects: threw ReferenceError
new SharedArrayBuffer(1e9, { maxByteLength: 4e9 });
