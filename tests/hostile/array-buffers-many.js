// Buffers that are kept for ever.
// expects: limit array_buffer_bytes
const all = []; for (;;) all.push(new Uint8Array(2 ** 20));
