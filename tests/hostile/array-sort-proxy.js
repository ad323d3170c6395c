// The same by an ES Proxy of an array, which passes for an array.
// expects: threw RangeError
Array.prototype.sort.call(new Proxy([], { get: (target, key) => (key === 'length' ? 2 ** 53 - 1 : target[key]) }));
