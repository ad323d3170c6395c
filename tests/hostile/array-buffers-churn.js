// Half a gigabyte of buffers, most of which nobody keeps.
// expects: returned
let kept; for (let i = 0; i < 1024; i++) kept = new Uint8Array(2 ** 19).fill(1); kept.length;
