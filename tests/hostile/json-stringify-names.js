// `JSON.stringify` with a list of four thousand million names.
// expects: threw RangeError
JSON.stringify({}, new Array(2 ** 32 - 1));
