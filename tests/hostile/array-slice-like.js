// `slice` of an object that says it has 2 ** 53 - 1 elements.
// expects: threw RangeError
Array.prototype.slice.call({ length: 2 ** 53 - 1 });
