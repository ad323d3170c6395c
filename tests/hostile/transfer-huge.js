// Buffers that are copied until the quota is used up.
// expects: limit array_buffer_bytes or threw DataCloneError
const all = []; for (;;) { const made = new Uint8Array(2 ** 20); all.push(structuredClone(made), structuredClone(made, { transfer: [made.buffer] })); }
