// A string of a thousand million units, spread.
// expects: threw RangeError
[...'.'.repeat(1e9)];
