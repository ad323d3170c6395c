// `replace` with a global expression and 134 million matches.
// expects: limit cpu_ms or limit heap_bytes
'ab'.repeat(2 ** 27).replace(/a/g, 'bbbb');
