// `flat` of an array with a sparse one in it.
// expects: limit cpu_ms
[new Array(2 ** 32 - 1)].flat();
