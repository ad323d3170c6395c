// Memory that runs out while a timer is pending.
// expects: limit heap_bytes
setInterval(() => {}, 1); (async () => { const all = []; await null; for (;;) all.push([{}]); })();
