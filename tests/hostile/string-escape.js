// `escape` of 67 million units, six for each.
// expects: threw RangeError
escape('\u1234'.repeat(2 ** 26));
