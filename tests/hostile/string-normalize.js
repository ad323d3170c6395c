// `normalize` of 268 million units.
// expects: threw RangeError or limit heap_bytes
'a\u1234'.repeat(2 ** 27).normalize('NFKD');
