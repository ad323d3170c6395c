const EventEmitter = require('node:events');
const { once, EventEmitter: Same } = EventEmitter;
console.log(EventEmitter === Same);
class Mine extends EventEmitter {}
const e = new Mine();
e.on('newListener', (type) => console.log('new', type));
console.log(e.on('a', function (...v) { console.log('a1', v, this === e); }) === e);
e.once('a', (...v) => console.log('a2', v)); e.prependListener('a', () => console.log('first'));
console.log(e.emit('a', 1, 2), e.emit('a'), e.emit('none'), e.listenerCount('a'), e.eventNames(), e.rawListeners('a').length);
const f = () => console.log('never'); e.on('b', f); e.off('b', f); console.log(e.emit('b'), e.listeners('b'));
e.on('c', function self() { e.removeListener('c', self); console.log('c once'); }); e.emit('c'); e.emit('c');
try { e.emit('error', new TypeError('boom')); } catch (error) { console.log(error.name, error.message); }
try { e.emit('error', { a: 1 }); } catch (error) { console.log(error.code, error.message); }
try { e.on('x', 5); } catch (error) { console.log(error.name, error.code); }
e.on('error', (error) => console.log('handled', error.message)); e.emit('error', new Error('x'));
e.removeAllListeners('a'); console.log(e.listenerCount('a')); e.removeAllListeners(); console.log(e.eventNames());
e.setMaxListeners(5); console.log(e.getMaxListeners(), EventEmitter.defaultMaxListeners);
once(e, 'later').then((v) => console.log('once', v)); e.emit('later', 1, 2);
once(e, 'fails').catch((error) => console.log('once failed', error.message)); e.emit('error', new Error('bad'));
function Legacy() { EventEmitter.call(this); } require('util').inherits(Legacy, EventEmitter);
const l = new Legacy(); l.on('z', () => console.log('legacy')); l.emit('z');
