// What `replace` does, by the method of the expression: V8 is slow with every expression where it is replaced.
// expects: overrun or limit heap_bytes
/a/g[Symbol.replace]('ab'.repeat(2 ** 23), 'bbbb');
