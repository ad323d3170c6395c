// A search that compares half a million units at each position.
// expects: limit cpu_ms
'a'.repeat(2 ** 24).indexOf('a'.repeat(2 ** 19) + 'b' + 'a'.repeat(2 ** 19));
