// A getter that asks itself.
// expects: limit stack_bytes
const deep = { get x() { return this.x; } }; deep.x;
