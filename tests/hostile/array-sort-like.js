// `sort` of an object that says it has 2 ** 53 - 1 elements: V8 aborts the process.
// expects: threw RangeError
Array.prototype.sort.call({ length: 2 ** 53 - 1 });
