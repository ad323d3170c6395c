// Strings that grow without end.
// expects: limit heap_bytes
let text = 'x'; const all = []; for (;;) all.push((text += text.slice(0, 1000) + 'y'));
