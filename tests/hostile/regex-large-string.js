// Backtracking over a string of 127 million units.
// expects: limit stack_bytes or limit cpu_ms or limit heap_bytes or threw RangeError
/(?:a|aa)+$/.test('a'.repeat(127e6) + 'b');
