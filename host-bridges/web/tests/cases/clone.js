const show = (...values) => console.log(...values);
const failing = (func) => { try { show(func()); } catch (error) { show(error.name, error.code); } };
class Point { constructor() { this.x = 1; } get y() { return 2; } }
show(structuredClone({ a: [1, , 'x'], b: new Map([[{ k: 1 }, new Set([1])]]), c: new Date(0), d: /x/gi, e: 1n, f: null, g: undefined, h: -0 }));
show(structuredClone([new Number(1), new String('s'), new Boolean(true), Object(1n)]), structuredClone(new Point()), structuredClone(Object.create({ a: 1 })));
const circular = { name: 'c' }; circular.self = circular; circular.map = new Map([[circular, circular]]);
const copy = structuredClone(circular); show(copy, copy.self === copy, copy.map.get(copy) === copy, copy !== circular);
const shared = { s: 1 }; const pair = structuredClone([shared, shared]); show(pair[0] === pair[1]);
const bytes = new Uint8Array([1, 2, 3, 4]); const views = structuredClone({ a: bytes.subarray(1, 3), b: new DataView(bytes.buffer, 2), c: bytes.buffer });
show(views.a, views.a.buffer === views.c, views.b.byteOffset, views.c.byteLength, bytes.length);
const moved = structuredClone({ x: bytes, y: bytes.subarray(2), z: bytes.buffer }, { transfer: [bytes.buffer] });
show(moved.x, moved.y, moved.x.buffer === moved.z, bytes.length, bytes.buffer.byteLength);
const error = structuredClone(Object.assign(new RangeError('bad', { cause: { c: 1 } }), { extra: 1 })); show(error.name, error.message, error.cause, error.extra, error instanceof RangeError, typeof error.stack);
class Mine extends Error { constructor() { super('m'); this.name = 'Mine'; } } show(structuredClone(new Mine()).name);
failing(() => structuredClone(() => {})); failing(() => structuredClone({ a: Symbol('s') })); failing(() => structuredClone(new WeakMap())); failing(() => structuredClone([Promise.resolve()]).length);
failing(() => { const kept = new ArrayBuffer(4); try { structuredClone({ kept, f() {} }, { transfer: [kept] }); } finally { show(kept.byteLength); } });
failing(() => structuredClone()); failing(() => structuredClone({ get x() { throw new RangeError('getter'); } }));
show(structuredClone('text'), structuredClone(5), structuredClone({ get x() { return 1; } }), structuredClone(Object.assign([1], { extra: 2 })), structuredClone({ ['__proto__']: 1 }));
