// The same by a function.
// expects: overrun
Object.keys('ab'.repeat(2 ** 26));
