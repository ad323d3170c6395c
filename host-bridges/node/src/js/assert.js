'use strict';

// `node:assert`.

const {
  defineHidden, Error, ErrorCaptureStackTrace, ObjectAssign, ObjectIs, ObjectKeys, RegExpPrototypeExec, String,
} = primordials;
const { invalidType } = load('web/errors');
const { inspect } = load('web/inspect/index');
const { Kind, kindOf } = load('web/inspect/kind');
const { isError } = load('web/inspect/errors');
const { isDeepEqual, isDeepStrictEqual } = load('node/deep_equal');

class AssertionError extends Error {
  constructor(options) {
    super(String(options.message ?? `${show(options.actual)} ${options.operator} ${show(options.expected)}`));
    this.generatedMessage = options.message === undefined;
    this.code = 'ERR_ASSERTION';
    this.actual = options.actual;
    this.expected = options.expected;
    this.operator = options.operator;
    if (options.stackStartFn !== undefined) ErrorCaptureStackTrace(this, options.stackStartFn);
  }
}
defineHidden(AssertionError.prototype, { name: 'AssertionError' });

function show(value) {
  return inspect(value, { compact: false, customInspect: false, depth: 1000, sorted: true, getters: true });
}

function fail(stackStartFn, actual, expected, operator, message, otherwise) {
  if (isError(message)) throw message;
  const error = new AssertionError({ message: message ?? otherwise, actual, expected, operator, stackStartFn });
  error.generatedMessage = message === undefined;
  throw error;
}

function two(title, actual, expected) {
  return `${title}\n\n${show(actual)}\n\nshould be\n\n${show(expected)}\n`;
}

function assert(value, message) {
  if (!value) fail(assert, value, true, '==', message, 'The expression evaluated to a falsy value');
}

function ok(value, message) {
  if (!value) fail(ok, value, true, '==', message, 'The expression evaluated to a falsy value');
}

function unequal(actual, expected) {
  return `Expected "actual" to be unequal to: ${show(expected)}`;
}

/* eslint-disable eqeqeq */
const loosely = (a, b) => a == b || (a !== a && b !== b);

const loose = {
  equal(actual, expected, message) {
    if (!loosely(actual, expected)) fail(loose.equal, actual, expected, '==', message, `${show(actual)} == ${show(expected)}`);
  },

  notEqual(actual, expected, message) {
    if (loosely(actual, expected)) fail(loose.notEqual, actual, expected, '!=', message, `${show(actual)} != ${show(expected)}`);
  },

  deepEqual(actual, expected, message) {
    if (isDeepEqual(actual, expected)) return;
    fail(loose.deepEqual, actual, expected, 'deepEqual', message,
      two('Expected values to be loosely deep-equal:', actual, expected));
  },

  notDeepEqual(actual, expected, message) {
    if (isDeepEqual(actual, expected)) {
      fail(loose.notDeepEqual, actual, expected, 'notDeepEqual', message, unequal(actual, expected));
    }
  },
};

const methods = {
  AssertionError,

  ok,

  fail(message) {
    fail(methods.fail, undefined, undefined, 'fail', message, 'Failed');
  },

  strictEqual(actual, expected, message) {
    if (ObjectIs(actual, expected)) return;
    fail(methods.strictEqual, actual, expected, 'strictEqual', message,
      `Expected values to be strictly equal:\n\n${show(actual)} !== ${show(expected)}\n`);
  },

  notStrictEqual(actual, expected, message) {
    if (!ObjectIs(actual, expected)) return;
    fail(methods.notStrictEqual, actual, expected, 'notStrictEqual', message,
      `Expected "actual" to be strictly unequal to: ${show(expected)}`);
  },

  deepStrictEqual(actual, expected, message) {
    if (isDeepStrictEqual(actual, expected)) return;
    fail(methods.deepStrictEqual, actual, expected, 'deepStrictEqual', message,
      two('Expected values to be strictly deep-equal:', actual, expected));
  },

  notDeepStrictEqual(actual, expected, message) {
    if (isDeepStrictEqual(actual, expected)) {
      fail(methods.notDeepStrictEqual, actual, expected, 'notDeepStrictEqual', message, unequal(actual, expected));
    }
  },

  throws(func, expected, message) {
    expectThrown(methods.throws, thrownBy(func), expected, message);
  },

  doesNotThrow(func, expected, message) {
    const thrown = thrownBy(func);
    if (thrown !== undefined) expectNothing(methods.doesNotThrow, thrown, expected, message);
  },

  async rejects(promise, expected, message) {
    expectThrown(methods.rejects, await rejectedBy(promise), expected, message);
  },

  async doesNotReject(promise, expected, message) {
    const thrown = await rejectedBy(promise);
    if (thrown !== undefined) expectNothing(methods.doesNotReject, thrown, expected, message);
  },

  ifError(value) {
    if (value === null || value === undefined) return;
    const text = isError(value) ? value.message || value.name : inspect(value);
    fail(methods.ifError, value, null, 'ifError', undefined, `ifError got unwanted exception: ${text}`);
  },

  match(text, pattern, message) {
    if (typeof text === 'string' && RegExpPrototypeExec(pattern, text) !== null) return;
    fail(methods.match, text, pattern, 'match', message,
      `The input did not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`);
  },

  doesNotMatch(text, pattern, message) {
    if (typeof text === 'string' && RegExpPrototypeExec(pattern, text) === null) return;
    fail(methods.doesNotMatch, text, pattern, 'doesNotMatch', message,
      `The input was expected to not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`);
  },
};

// What was thrown, in a box, since `undefined` can be.
function thrownBy(func) {
  if (typeof func !== 'function') throw invalidType('fn', 'function', func);
  try {
    func();
  } catch (error) {
    return { error };
  }
  return undefined;
}

async function rejectedBy(promise) {
  const awaited = typeof promise === 'function' ? promise() : promise;
  if (typeof awaited?.then !== 'function') throw invalidType('promiseFn', 'function or Promise', promise);
  try {
    await awaited;
  } catch (error) {
    return { error };
  }
  return undefined;
}

function expectNothing(stackStartFn, thrown, expected, message) {
  const text = typeof expected === 'string' ? expected : message;
  fail(stackStartFn, thrown.error, expected, stackStartFn.name, text,
    `Got unwanted exception.\nActual message: "${thrown.error?.message}"`);
}

function expectThrown(stackStartFn, thrown, expected, message) {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  if (thrown === undefined) {
    const what = stackStartFn === methods.rejects ? 'rejection' : 'exception';
    const name = expected?.name ? ` (${expected.name})` : '';
    const detail = message === undefined ? '.' : `: ${message}`;
    fail(stackStartFn, undefined, expected, stackStartFn.name, `Missing expected ${what}${name}${detail}`);
  }
  const { error } = thrown;
  if (expected === undefined) return;
  if (kindOf(expected) === Kind.RegExp) {
    if (RegExpPrototypeExec(expected, String(error)) !== null) return;
    fail(stackStartFn, error, expected, stackStartFn.name, message,
      `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(error))}\n`);
  }
  if (typeof expected === 'function') return void expectClass(stackStartFn, error, expected, message);
  expectProperties(stackStartFn, error, expected, message);
}

function expectClass(stackStartFn, error, expected, message) {
  if (expected.prototype !== undefined && error instanceof expected) return;
  if (expected === Error || Error.isPrototypeOf(expected)) {
    fail(stackStartFn, error, expected, stackStartFn.name, message,
      `The error is expected to be an instance of "${expected.name}". Received "${error?.constructor?.name}"`);
  }
  if (expected.call({}, error) === true) return;
  const name = expected.name === '' ? '' : `"${expected.name}" `;
  fail(stackStartFn, error, expected, stackStartFn.name, message,
    `The ${name}validation function is expected to return "true". Received ${inspect(error)}`);
}

function expectProperties(stackStartFn, error, expected, message) {
  const keys = ObjectKeys(expected);
  if (isError(expected)) keys.push('name', 'message');
  for (let i = 0; i < keys.length; i++) {
    const wanted = expected[keys[i]];
    const got = error?.[keys[i]];
    const matches = typeof got === 'string' && kindOf(wanted) === Kind.RegExp && RegExpPrototypeExec(wanted, got) !== null;
    if (!matches && !isDeepStrictEqual(got, wanted)) {
      fail(stackStartFn, error, expected, stackStartFn.name, message,
        two(`Expected the property ${inspect(keys[i])} of what was thrown to be equal:`, got, wanted));
    }
  }
}

const strictly = {
  equal: methods.strictEqual,
  notEqual: methods.notStrictEqual,
  deepEqual: methods.deepStrictEqual,
  notDeepEqual: methods.notDeepStrictEqual,
};

function strict(value, message) {
  if (!value) fail(strict, value, true, '==', message, 'The expression evaluated to a falsy value');
}

ObjectAssign(assert, methods, loose, { strict });
ObjectAssign(strict, methods, strictly, { strict });

return assert;
