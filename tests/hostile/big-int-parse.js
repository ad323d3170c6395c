// A number of sixteen million digits.
// expects: limit cpu_ms or limit heap_bytes
BigInt('9'.repeat(2 ** 24));
