// Two thousand million bytes of linear memory.
// expects: threw ReferenceError
new WebAssembly.Memory({ initial: 30000 });
