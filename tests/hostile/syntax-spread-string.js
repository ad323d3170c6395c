// The positions of a long string as properties.
// expects: overrun
({ ...'ab'.repeat(2 ** 26) });
