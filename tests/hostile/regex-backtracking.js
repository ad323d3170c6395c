// A regular expression that tries two to the power of 40 ways to match.
// expects: limit cpu_ms
/^(a+)+$/.test('a'.repeat(40) + 'b');
