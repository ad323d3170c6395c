// `toSorted` of an object that says it has four thousand million elements: V8 aborts the process.
// expects: threw RangeError
Array.prototype.toSorted.call({ length: 2 ** 32 - 1 });
