// The same from the end.
// expects: limit cpu_ms
'a'.repeat(2 ** 24).lastIndexOf('a'.repeat(2 ** 20) + 'b');
