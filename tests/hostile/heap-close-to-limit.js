// Most of the heap, over and over, of which nobody keeps anything.
// expects: returned
let kept; for (let i = 0; i < 20; i++) { kept = []; for (let j = 0; j < 1e6; j++) kept.push(j + 0.5); } kept.length;
