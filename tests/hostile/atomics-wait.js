// A wait for what no other thread will do.
// expects: threw TypeError
Atomics.wait(new Int32Array(4), 0, 0);
