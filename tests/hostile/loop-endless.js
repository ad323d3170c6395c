// A loop without end.
// expects: limit cpu_ms
for (;;) {}
