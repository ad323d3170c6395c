// An array of arrays, deeper than the stack, as text.
// expects: limit stack_bytes
let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep]; String(deep);
