// A thenable whose `then` never returns.
// expects: limit cpu_ms
Promise.resolve({ then() { for (;;) {} } });
