// A million nested arrays in JSON.
// expects: threw SyntaxError or limit stack_bytes or limit heap_bytes or limit cpu_ms
JSON.parse('['.repeat(1e6));
