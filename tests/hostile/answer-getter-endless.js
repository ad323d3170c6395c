// An answer that takes for ever to read.
// expects: limit cpu_ms
({ get x() { for (;;) {} } });
