'use strict';

// The globals of Node.js that are not the web's.

const { ReflectApply } = primordials;
const { clearTimeout, startTimer } = load('web/timers');

// Runs in the next turn of the event loop.
function setImmediate(callback, ...values) {
  if (typeof callback !== 'function') throw load('web/errors').invalidType('callback', 'function', callback);
  return startTimer(values.length === 0 ? callback : () => { ReflectApply(callback, undefined, values); }, 0, false);
}

function clearImmediate(immediate) {
  clearTimeout(immediate);
}

return {
  get process() {
    return load('node/process');
  },
  setImmediate,
  clearImmediate,
};
