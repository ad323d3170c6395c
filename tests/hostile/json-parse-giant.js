// JSON of a hundred million units.
// expects: threw RangeError or limit heap_bytes
JSON.parse('['.repeat(1e8));
