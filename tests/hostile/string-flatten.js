// A string that is doubled to half a thousand million units, and then read.
// expects: threw RangeError or limit heap_bytes
let text = 'ab'; for (let i = 0; i < 27; i++) text += text; JSON.stringify(text.toUpperCase());
