// An answer of a thousand nested lists.
// expects: limit value_depth
let deep = []; for (let i = 0; i < 1000; i++) deep = [deep]; deep;
