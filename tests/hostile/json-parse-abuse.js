// What `JSON.parse` makes, kept for ever.
// expects: limit heap_bytes
const all = []; for (;;) all.push(JSON.parse('[' + '{},'.repeat(1000) + '1]'));
