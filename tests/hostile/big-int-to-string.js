// The decimal digits of a number of 134 million bits.
// expects: limit cpu_ms or limit heap_bytes
(2n ** (2n ** 27n)).toString();
