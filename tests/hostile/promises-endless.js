// Promises without end: V8 is never left between two of them.
// expects: limit cpu_ms
(async () => { for (;;) await null; })();
