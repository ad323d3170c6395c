'use strict';

// The classes of errors that come out of a component, made in the isolate's own realm before any of the tenant's code.
// Descriptors inherit nothing: a script may put a `get` on Object.prototype.
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { captureStackTrace } = Error;
const { apply } = Reflect;
const indexOf = Function.prototype.call.bind(String.prototype.indexOf);
const slice = Function.prototype.call.bind(String.prototype.slice);
const define = (target, key, value) =>
  defineProperty(target, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });

const errorClass = (name) => {
  const made = { [name]: class extends Error {} }[name];
  define(made.prototype, 'name', name);
  return made;
};
const classes = {
  ComponentError: errorClass('ComponentError'),
  TrapError: errorClass('TrapError'),
  LimitError: errorClass('LimitError'),
};

// The component's frames are the innermost: they stand before those of the script.
const withFrames = (stack, frames) => {
  const first = indexOf(stack, '\n    at ');
  return first < 0 ? `${stack}\n${frames}` : `${slice(stack, 0, first)}\n${frames}${slice(stack, first)}`;
};

// The stack is made when it is first asked for, as V8 makes its own: what was not made yet still knows its places.
const stackOf = getOwnPropertyDescriptor(new Error(), 'stack').get;
const defineStack = (error, frames) =>
  defineProperty(error, 'stack', {
    __proto__: null,
    get: () => withFrames(apply(stackOf, error, []), frames),
    set: (value) => define(error, 'stack', value),
    enumerable: false,
    configurable: true,
  });

// `details` is a list of name and value in turn; `frames` are lines for the stack.
const make = (name, message, code, details, frames) => {
  const error = new classes[name](message);
  captureStackTrace(error, make);
  define(error, 'code', code);
  for (let i = 0; i < details.length; i += 2) define(error, details[i], details[i + 1]);
  if (frames !== '') defineStack(error, frames);
  return error;
};

for (const name in classes) define(globalThis, name, classes[name]);
return { make };
