// `indexOf` of an ES Proxy of an array that lies about its length.
// expects: limit cpu_ms
Array.prototype.indexOf.call(new Proxy([], { get: (target, key) => (key === 'length' ? 2 ** 53 - 1 : target[key]) }), 1);
