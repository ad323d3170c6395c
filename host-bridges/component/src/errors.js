// The classes of errors that come out of a component, made in the isolate's own realm before any of the tenant's code.
(() => {
  'use strict';
  const { defineProperty } = Object;
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

  // `details` is a list of name and value in turn; `frames` are lines for the stack.
  const make = (name, message, code, details, frames) => {
    const error = new classes[name](message);
    define(error, 'code', code);
    for (let i = 0; i < details.length; i += 2) define(error, details[i], details[i + 1]);
    if (frames !== '') define(error, 'stack', `${error.stack}\n${frames}`);
    return error;
  };

  for (const name in classes) define(globalThis, name, classes[name]);
  return make;
})()
