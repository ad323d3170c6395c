// A function that calls itself.
// expects: limit stack_bytes
(function deeper() { deeper(); })();
