// An ES Proxy that is its own prototype's trap.
// expects: limit stack_bytes
const deep = new Proxy({}, { get: (target, key, self) => self[key] }); deep.x;
