// `split` into 134 million pieces: V8 aborts the process.
// expects: limit cpu_ms or limit heap_bytes
'ab'.repeat(2 ** 27).split('a');
