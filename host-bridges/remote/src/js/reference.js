'use strict';

// `Reference`: a value that stays in its isolate. What is asked of it is done there; arguments and answers are structured
// clones, or references again. Each method has a form that gives a promise, one that stands still until the answer is there,
// and one that asks and forgets.

const { ArrayFrom, defineHidden, ObjectFreeze, SymbolDispose, SymbolToStringTag, TypeError } = primordials;
const { ask, askSync, lend, own, release, tell, typeOf } = host;

// What `make` gives to the constructor, and nobody else has.
const FOREIGN = ObjectFreeze({ __proto__: null });

class Reference {
  constructor(value) {
    if (arguments.length === 0) throw new TypeError('`value`: missing');
    if (value !== FOREIGN) lend(this, value);
  }

  get typeof() {
    return typeOf(this);
  }

  // The value itself. Only its own isolate has it.
  deref() {
    return own(this);
  }

  async copy() {
    return ask(this, 'copy', [], undefined, false);
  }

  copySync() {
    return askSync(this, 'copy', [], undefined, false);
  }

  async get(key, options) {
    return ask(this, 'get', [keyOf(key)], undefined, isReference(options));
  }

  getSync(key, options) {
    return askSync(this, 'get', [keyOf(key)], undefined, isReference(options));
  }

  async set(key, value, options) {
    return ask(this, 'set', [keyOf(key), value], transferOf(options), false);
  }

  setSync(key, value, options) {
    return askSync(this, 'set', [keyOf(key), value], transferOf(options), false);
  }

  setIgnored(key, value, options) {
    tell(this, 'set', [keyOf(key), value], transferOf(options), false);
  }

  async delete(key) {
    return ask(this, 'delete', [keyOf(key)], undefined, false);
  }

  deleteSync(key) {
    return askSync(this, 'delete', [keyOf(key)], undefined, false);
  }

  deleteIgnored(key) {
    tell(this, 'delete', [keyOf(key)], undefined, false);
  }

  async apply(receiver, args, options) {
    return ask(this, 'call', [receiver, listOf(args)], transferOf(options), isReference(options));
  }

  applySync(receiver, args, options) {
    return askSync(this, 'call', [receiver, listOf(args)], transferOf(options), isReference(options));
  }

  applyIgnored(receiver, args, options) {
    tell(this, 'call', [receiver, listOf(args)], transferOf(options), false);
  }

  release() {
    release(this);
  }
}

defineHidden(Reference.prototype, {
  [SymbolDispose]: Reference.prototype.release,
  [SymbolToStringTag]: 'Reference',
});
ObjectFreeze(Reference.prototype);
ObjectFreeze(Reference);

function make() {
  return new Reference(FOREIGN);
}

function keyOf(key) {
  if (typeof key === 'string' || typeof key === 'number') return key;
  throw new TypeError(`\`key\`: expected string or number, got ${key === null ? 'null' : typeof key}`);
}

function listOf(args) {
  return args === undefined || args === null ? [] : ArrayFrom(args);
}

function transferOf(options) {
  const transfer = options?.transfer;
  return transfer === undefined || transfer === null ? undefined : ArrayFrom(transfer);
}

function isReference(options) {
  return options?.reference === true;
}

return { Reference, make };
