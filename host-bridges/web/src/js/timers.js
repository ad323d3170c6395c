'use strict';

// Timers and microtasks.

const { Number, PromisePrototypeThen, PromiseResolve, ReflectApply } = primordials;
const { startTimer, restartTimer, clearTimer, releaseTimer, holdTimer } = host;

const DELAY_MAX = 2 ** 31 - 1;

function start(callback, delay, values, repeats) {
  if (typeof callback !== 'function') throw load('web/errors').invalidType('callback', 'function', callback);
  delay = Number(delay);
  if (!(delay >= 1 && delay <= DELAY_MAX)) delay = 1;
  const run = values.length === 0 ? callback : () => { ReflectApply(callback, undefined, values); };
  return startTimer(run, delay, repeats);
}

function setTimeout(callback, delay, ...values) {
  return start(callback, delay, values, false);
}

function setInterval(callback, delay, ...values) {
  return start(callback, delay, values, true);
}

function clear(timer) {
  if (timer !== undefined && timer !== null) clearTimer(Number(timer));
}

function clearTimeout(timer) {
  clear(timer);
}

function clearInterval(timer) {
  clear(timer);
}

// What the callback throws is the rejection of a promise that nobody handles: an error of the run.
function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw load('web/errors').invalidType('callback', 'function', callback);
  PromisePrototypeThen(PromiseResolve(), () => { callback(); });
}

const functions = { setTimeout, setInterval, clearTimeout, clearInterval, queueMicrotask };
primordials.ObjectAssign(globalThis, functions);

return { ...functions, startTimer, restartTimer, clearTimer, releaseTimer, holdTimer };
