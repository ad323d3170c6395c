const { Buffer } = require('node:buffer');
console.log(Buffer.from('héllo wörld €😀'), Buffer.from([1, 2, 300, -1, 'x']), Buffer.alloc(3), Buffer.alloc(5, 'ab'), Buffer.alloc(2, 7), Buffer.alloc(0));
console.log(Buffer.from('a'.repeat(60)), [Buffer.from('x')], { b: Buffer.from('yz') });
const text = 'Grüße, 世界! 😀';
for (const e of ['utf8', 'UTF-8', 'utf16le', 'ucs2', 'latin1', 'binary', 'ascii', 'base64', 'base64url', 'hex']) {
  const b = Buffer.from(text); const c = Buffer.from(b.toString(e), e);
  console.log(e, b.toString(e), Buffer.byteLength('aé=', e), c.length, Buffer.isEncoding(e));
}
console.log(Buffer.from('zz'), Buffer.from('abc', 'hex'), Buffer.from('0g', 'hex'), Buffer.from('YW Jj*ZA', 'base64'), Buffer.from('_-8', 'base64url'), Buffer.from('aGk=aGk=', 'base64'));
console.log(Buffer.from([0xff, 0xfe, 0x61, 0xe2, 0x82]).toString(), JSON.stringify(Buffer.from([0xf0, 0x9f, 0x98]).toString()));
console.log(Buffer.concat([Buffer.from('a'), new Uint8Array([98, 99])]), Buffer.concat([Buffer.from('abc'), Buffer.from('def')], 4).toString(), Buffer.concat([]), Buffer.concat([Buffer.from('a')], 3));
const b = Buffer.from('hello world');
console.log(b.slice(0, 5).toString(), b.subarray(6).toString(), b.slice(-5, -1).toString(), b.toString('utf8', 1, 4), b.toString('latin1', -3, 2), b.slice() instanceof Buffer, b.map((x) => x + 1) instanceof Buffer);
console.log(b.indexOf('o'), b.indexOf('o', 5), b.indexOf('xyz'), b.indexOf(111, -4), b.lastIndexOf('o'), b.lastIndexOf('o', 6), b.includes('wor'), b.indexOf(Buffer.from('world')), b.indexOf(''), b.lastIndexOf('hello', -5));
console.log(b.equals(Buffer.from('hello world')), b.equals(new Uint8Array(2)), Buffer.compare(Buffer.from('a'), Buffer.from('b')), b.compare(Buffer.from('hello')), b.compare(Buffer.from('world'), 0, 5, 6, 11));
const w = Buffer.alloc(10);
console.log(w.write('abc'), w.write('é', 3), w.write('zzzzzzzz', 8), w.write('ff', 0, 'hex'), w.write('€', 8), w);
console.log(w.fill('ab', 2, 6), w.fill(0), w.fill('é', 1), w.copy(b, 2, 0, 3), b, Buffer.from('abcd').copy(w, 8), w);
const n = Buffer.alloc(16);
n.writeUInt8(255, 0); n.writeInt8(-1, 1); n.writeUInt16LE(513, 2); n.writeUInt16BE(513, 4); n.writeInt32LE(-2, 6); n.writeUint32BE(0xdeadbeef, 10); n.writeUIntBE(0x1234, 14, 2);
console.log(n, n.readUInt8(0), n.readInt8(1), n.readUInt16LE(2), n.readUInt16BE(4), n.readInt32LE(6), n.readUInt32BE(10), n.readUIntLE(0, 6), n.readIntBE(10, 3), n.readIntLE(1, 2), n.readUint8(3));
console.log(n.writeDoubleLE(Math.PI, 0), n.writeFloatBE(1.5, 8), n.readDoubleLE(0), n.readFloatBE(8), n.writeBigInt64LE(-5n, 0), n.readBigInt64LE(0), n.readBigUInt64BE(0), n.writeBigUInt64BE(2n ** 63n, 8), n.readBigUint64BE(8));
for (const f of [() => n.readUInt32LE(13), () => n.readUInt8(-1), () => n.writeUInt8(256, 0), () => n.readInt16BE(1.5), () => Buffer.from(5), () => Buffer.alloc('x'), () => Buffer.from('a', 'nope'), () => Buffer.concat('x'), () => b.swap16(), () => Buffer.alloc(-1), () => Buffer.from(null), () => b.equals('x'), () => b.write(5)]) {
  try { console.log(f()); } catch (e) { console.log(e.name, e.code); }
}
console.log(JSON.stringify(Buffer.from('ab')), Buffer.from(JSON.parse(JSON.stringify(Buffer.from('ab')))), Buffer.from({ length: 2, 0: 5, 1: 6 }), Buffer.from(new String('boxed')));
console.log(Buffer.from('abcd').swap16().toString(), Buffer.from('abcd').swap32().toString(), Buffer.from('abcdefgh').swap64().toString());
const ab = new ArrayBuffer(8); const over = Buffer.from(ab, 2, 4); over[0] = 9;
console.log(new Uint8Array(ab), over.length, over.byteOffset, over.buffer === ab, over.parent === ab, over.offset, Buffer.isBuffer(over), Buffer.isBuffer(new Uint8Array(1)));
console.log([...Buffer.from('ab').entries()], [...Buffer.from('ab')], Buffer.from('abc').reverse().toString(), Object.prototype.toString.call(Buffer.from('')), Buffer.name, typeof Buffer.poolSize);
console.log(Buffer.from(new Uint16Array([1, 256])), Buffer.from(Buffer.from('copy')).toString(), Buffer.of(1, 2), Buffer.from('test').readUIntBE(0, 3), String(Buffer.from('str')), `${Buffer.from('tpl')}`, Buffer.from('a') + 'b');
console.log(Buffer.byteLength('€'), Buffer.byteLength(new ArrayBuffer(3)), Buffer.byteLength(Buffer.alloc(4)), Buffer.byteLength('YWI=', 'base64'), Buffer.from('€').toString('ascii'));
