const assert = require('node:assert');
const strict = require('node:assert/strict');
const tries = [
  () => assert(true), () => assert(0, 'zero'), () => assert.ok(1), () => assert.equal(1, '1'), () => strict.equal(1, '1', 'differ'), () => assert.strictEqual(1, 2, 'not one'),
  () => assert.deepEqual({ a: 1 }, { a: '1' }), () => strict.deepEqual({ a: 1 }, { a: 1 }), () => assert.deepStrictEqual([1, 2], [1, 3], 'lists'), () => assert.notStrictEqual(1, 1, 'same'),
  () => assert.throws(() => { throw new TypeError('bad'); }, TypeError), () => assert.throws(() => { throw new TypeError('bad'); }, /bad/), () => assert.throws(() => { throw new TypeError('bad'); }, { name: 'TypeError', message: /b/ }),
  () => assert.throws(() => {}, 'nothing thrown'), () => assert.doesNotThrow(() => {}), () => assert.ifError(null), () => assert.match('abc', /b/), () => assert.match('abc', /x/, 'no match'), () => assert.fail('failed'), () => assert.fail(),
  () => assert.throws(() => { throw new Error('e'); }, RangeError), () => assert.strictEqual(NaN, NaN), () => assert.deepEqual(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])), () => assert(false, new RangeError('own')), () => assert.strictEqual(1, 2), () => strict.strict.equal(3, 3), () => assert.throws(() => {}),
];
for (const t of tries) { try { t(); console.log('ok'); } catch (e) { console.log(e.name, e.code, e instanceof assert.AssertionError, e.generatedMessage, e.operator); } }
assert.rejects(Promise.reject(new Error('r')), /r/).then(() => console.log('rejects ok'));
assert.rejects(async () => 1).catch((e) => console.log(e.code));
assert.doesNotReject(async () => 1).then(() => console.log('doesNotReject ok'));
