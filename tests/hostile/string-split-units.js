// `split` into 268 million units: V8 aborts the process.
// expects: threw RangeError
'a'.repeat(2 ** 28).split('');
