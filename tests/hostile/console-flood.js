// Output without end.
// expects: limit console_bytes
for (;;) console.log('x'.repeat(1000));
