// A hook for stack traces that never returns.
// expects: limit cpu_ms
Error.prepareStackTrace = () => { for (;;) {} }; new Error().stack;
