// The classes of errors that come out of a component, made in the isolate's own realm before any of the tenant's code.
(() => {
  'use strict';
  const { defineProperty } = Object;
  const { captureStackTrace } = Error;
  const indexOf = Function.prototype.call.bind(String.prototype.indexOf);
  const slice = Function.prototype.call.bind(String.prototype.slice);
  const define = (target, key, value) =>
    defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });

  const errorClass = (name) => {
    const made = { [name]: class extends Error {} }[name];
    define(made.prototype, 'name', name);
    return made;
  };
  const classes = {
    ComponentError: errorClass('ComponentError'),
    TrapError: errorClass('TrapError'),
    LimitError: errorClass('LimitError'),
    DeniedError: errorClass('DeniedError'),
  };

  // The component's frames are the innermost: they stand before those of the script.
  const withFrames = (stack, frames) => {
    const first = indexOf(stack, '\n    at ');
    return first < 0 ? `${stack}\n${frames}` : `${slice(stack, 0, first)}\n${frames}${slice(stack, first)}`;
  };

  // `details` is a list of name and value in turn; `frames` are lines for the stack.
  const make = (name, message, code, details, frames) => {
    const error = new classes[name](message);
    captureStackTrace(error, make);
    define(error, 'code', code);
    for (let i = 0; i < details.length; i += 2) define(error, details[i], details[i + 1]);
    if (frames !== '') define(error, 'stack', withFrames(error.stack, frames));
    return error;
  };

  for (const name in classes) define(globalThis, name, classes[name]);
  return make;
})()
