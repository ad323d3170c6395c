// `split` of a long string by a regular expression.
// expects: limit cpu_ms or limit heap_bytes
'a'.repeat(2 ** 25).split(/a/);
