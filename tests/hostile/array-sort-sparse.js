// `sort` of an array of four thousand million holes.
// expects: threw RangeError
new Array(2 ** 32 - 1).sort();
