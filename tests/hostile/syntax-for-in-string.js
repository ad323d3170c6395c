// A loop over the positions of a long string: what is in the language itself cannot be replaced.
// expects: overrun
for (const key in 'ab'.repeat(2 ** 26)) break;
