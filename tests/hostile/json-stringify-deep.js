// A list in a list, a hundred thousand times, as JSON.
// expects: returned
let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep]; JSON.stringify(deep);
