const target = new EventTarget(); const log = (...values) => console.log(...values);
const handler = function (event) { log('handler', event.type, this === target, event.target === target, event.currentTarget === target, event.eventPhase); };
target.addEventListener('a', handler); target.addEventListener('a', handler);
target.addEventListener('a', { handleEvent(event) { log('object', event.defaultPrevented); event.preventDefault(); } });
target.addEventListener('a', () => log('once'), { once: true });
log(target.dispatchEvent(new Event('a')), target.dispatchEvent(new Event('a', { cancelable: true })));
target.removeEventListener('a', handler); target.removeEventListener('a', handler, { capture: true }); log(target.dispatchEvent(new Event('a')));
target.addEventListener('b', (event) => { event.stopImmediatePropagation(); log('first'); }); target.addEventListener('b', () => log('never')); target.dispatchEvent(new Event('b'));
const custom = new CustomEvent('c', { detail: { x: 1 }, bubbles: true }); log(custom.detail, custom.bubbles, custom instanceof Event, custom.type, custom.target, custom.composedPath());
try { target.dispatchEvent({}); } catch (error) { log(error.name, error.code); }
try { new Event(); } catch (error) { log(error.name); }
const controller = new AbortController(); const { signal } = controller;
signal.onabort = () => log('onabort'); signal.addEventListener('abort', (event) => log('abort', event.type, event.target === signal));
target.addEventListener('d', () => log('removed by the signal'), { signal }); target.dispatchEvent(new Event('d'));
const any = AbortSignal.any([new AbortController().signal, signal]); any.addEventListener('abort', () => log('any', any.reason === signal.reason));
controller.abort(); controller.abort('again'); target.dispatchEvent(new Event('d'));
log(signal.aborted, signal.reason.name, signal.reason.message, signal.reason.code, signal.reason instanceof DOMException, any.aborted);
try { signal.throwIfAborted(); } catch (error) { log(error.name); }
log(AbortSignal.abort('why').reason, AbortSignal.any([AbortSignal.abort(1), signal]).reason, AbortSignal.any([]).aborted);
try { new AbortSignal(); } catch (error) { log(error.name, error.code); }
const late = AbortSignal.timeout(5); late.addEventListener('abort', () => log('timeout', late.reason.name, late.reason.message)); setTimeout(() => {}, 200);
AbortSignal.timeout(1e6);
const exception = new DOMException('message', 'DataCloneError'); log(exception.name, exception.message, exception.code, DOMException.DATA_CLONE_ERR, `${exception}`, typeof exception.stack, exception.stack.split('\n')[0]);
log(new DOMException().name, new DOMException('m', { name: 'Own', cause: 5 }).cause, new DOMException('x').code, Object.keys(exception), Object.prototype.toString.call(exception));
log(Object.prototype.toString.call(new Event('x')), Object.prototype.toString.call(target), Object.prototype.toString.call(signal), Object.prototype.toString.call(controller), Event.AT_TARGET);
