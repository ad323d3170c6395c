// Rejected promises, for ever, that nobody handles.
// expects: limit cpu_ms or limit heap_bytes
for (;;) Promise.reject(new Error());
