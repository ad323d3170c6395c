// A timer that fires for ever, and does next to nothing.
// expects: limit wall_ms
setInterval(() => {}, 1);
