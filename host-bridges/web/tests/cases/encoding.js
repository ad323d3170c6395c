const show = (...values) => console.log(...values);
const failing = (func) => { try { show(func()); } catch (error) { show(error.name, error.code); } };
const encoder = new TextEncoder(); const decoder = new TextDecoder();
show(encoder.encode('aé€😀'), encoder.encode(), encoder.encode('\ud800x'), encoder.encoding);
const target = new Uint8Array(5);
show(encoder.encodeInto('aé€', target), target, encoder.encodeInto('é€', target.subarray(3)), target, encoder.encodeInto('x', new Uint8Array(0)));
show(decoder.decode(encoder.encode('aé€😀')), decoder.decode(), decoder.decode(new Uint8Array([0xff, 0x61, 0xe2, 0x82])), decoder.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])));
show(new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).length, new TextDecoder('utf8').encoding, new TextDecoder('latin1').encoding, new TextDecoder('UTF-16').encoding, new TextDecoder(' ascii ').encoding);
failing(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])));
failing(() => new TextDecoder('nope'));
failing(() => decoder.decode('text'));
show(new TextDecoder('utf-16le').decode(new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde, 0x3d, 0xd8])), new TextDecoder('utf-16be').decode(new Uint8Array([0, 0x61])), new TextDecoder('latin1').decode(new Uint8Array([0x41, 0xe9])), new TextDecoder('iso-8859-2').decode(new Uint8Array([0xb1])), new TextDecoder('shift_jis').decode(new Uint8Array([0x93, 0xfa])));
const streamed = (label, bytes, size, options) => {
  const streaming = new TextDecoder(label, options); let text = '';
  for (let i = 0; i < bytes.length; i += size) text += streaming.decode(new Uint8Array(bytes.slice(i, i + size)), { stream: true });
  return text + streaming.decode();
};
const bytes = [...encoder.encode('\ufeffaé€😀z')];
for (const size of [1, 2, 3, 5]) show(JSON.stringify(streamed('utf-8', bytes, size)), JSON.stringify(streamed('utf-16le', [0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde, 0x62, 0], size)), JSON.stringify(streamed('shift_jis', [0x61, 0x93, 0xfa, 0x62], size)));
show(JSON.stringify(streamed('utf-8', [0xe2, 0x82], 1)), JSON.stringify(streamed('utf-8', bytes, 4, { ignoreBOM: true })));
failing(() => streamed('utf-8', [0xe2, 0x82], 1, { fatal: true }));
show(decoder.decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1)), decoder.decode(new Uint16Array([0x6261]).buffer));
show(btoa('hello'), btoa(''), btoa('\xff\x00'), atob('aGVsbG8='), atob(' aGk '), JSON.stringify(atob('/wA=')), btoa(null), atob('YR'));
for (const bad of ['a', 'a===', '*', 'YQ=', 'YQ==YQ==']) { try { show(atob(bad)); } catch (error) { show(error.name, error.code, error instanceof DOMException); } }
try { btoa('€'); } catch (error) { show(error.name, error.code, error instanceof Error, Object.prototype.toString.call(error)); }
