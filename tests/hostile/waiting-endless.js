// A promise that only a timer far away will settle.
// expects: limit wall_ms
new Promise((resolve) => setTimeout(resolve, 2 ** 30));
