// Timers without end.
// expects: limit timers
for (;;) setTimeout(() => {}, 1e6);
