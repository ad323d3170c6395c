// A heap that is nearly full, and work that makes garbage.
// expects: limit cpu_ms or limit heap_bytes
const all = []; for (let i = 0; i < 1e5; i++) all.push(new Array(40).fill({ i })); for (;;) all[Math.random() * 1e5 | 0] = new Array(40).fill({});
