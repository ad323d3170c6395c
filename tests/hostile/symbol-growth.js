// Symbols that are registered for ever.
// expects: limit heap_bytes
for (let i = 0; ; i++) Symbol.for('symbol' + i);
