// A buffer of a million million bytes.
// expects: limit array_buffer_bytes or threw RangeError
new ArrayBuffer(1e12);
