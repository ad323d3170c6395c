'use strict';

// Errors: the stack as it is, with the class made plain and frames that the cause repeats left out.

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeIndexOf, ArrayPrototypeJoin, ArrayPrototypePush,
  ArrayPrototypeSplice, Error, ErrorPrototypeToString, MathMin, RegExpPrototypeExec, String, StringPrototypeEndsWith,
  StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeRepeat, StringPrototypeReplaceAll,
  StringPrototypeSlice, StringPrototypeSplit, StringPrototypeStartsWith,
} = primordials;
const { Kind, kindOf } = load('web/inspect/kind');
const { isInstance, prefix } = load('web/inspect/names');

const FRAME = '\n    at';
const REPEATED_FRAMES_MIN = 3;

function isError(value, kind = kindOf(value)) {
  return kind === Kind.Error || isInstance(value, Error);
}

function stackOf(error) {
  return error.stack ? String(error.stack) : ErrorPrototypeToString(error);
}

// The first run of more than three frames of `a` that `b` has too.
function sharedRun(a, b) {
  for (let offset = 0; offset < a.length - REPEATED_FRAMES_MIN; offset++) {
    const position = ArrayPrototypeIndexOf(b, a[offset]);
    if (position === -1) continue;
    const longest = MathMin(a.length - offset, b.length - position);
    let length = 1;
    while (length < longest && a[offset + length] === b[position + length]) length++;
    if (length > REPEATED_FRAMES_MIN) return { length, offset };
  }
  return { length: 0, offset: 0 };
}

function framesOf(ctx, error, stack) {
  const frames = StringPrototypeSplit(stack, '\n');
  let cause;
  try {
    cause = error.cause;
  } catch {
    // A getter of the tenant's that throws: there is no cause to compare with.
  }
  if (cause == null || typeof cause !== 'object' || !isError(cause)) return frames;
  const causeStack = stackOf(cause);
  const start = StringPrototypeIndexOf(causeStack, FRAME);
  if (start === -1) return frames;
  const { length, offset } = sharedRun(frames, StringPrototypeSplit(StringPrototypeSlice(causeStack, start + 1), '\n'));
  if (length > 0) {
    const skipped = length - 2;
    const note = `    ... ${skipped} lines matching cause stack trace ...`;
    ArrayPrototypeSplice(frames, offset + 1, skipped, ctx.stylize(note, 'undefined'));
  }
  return frames;
}

// Names the class in the first line, where `name` says something else.
function improveFirstLine(stack, constructor, name, tag) {
  let length = name.length;
  const regular = StringPrototypeEndsWith(name, 'Error') && StringPrototypeStartsWith(stack, name) &&
    (stack.length === length || stack[length] === ':' || stack[length] === '\n');
  if (constructor !== null && !regular) return stack;
  let fallback = 'Error';
  if (constructor === null) {
    const start = RegExpPrototypeExec(/^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n {4}at)/, stack) ??
      RegExpPrototypeExec(/^([a-z_A-Z0-9-]*Error)$/, stack);
    const found = (start && start[1]) || '';
    length = found.length;
    fallback = found || 'Error';
  }
  const title = StringPrototypeSlice(prefix(constructor, tag, fallback), 0, -1);
  if (name === title) return stack;
  const rest = StringPrototypeSlice(stack, length);
  if (!StringPrototypeIncludes(title, name)) return `${title} [${name}]${rest}`;
  return length === 0 ? `${title}: ${stack}` : `${title}${rest}`;
}

// Own properties that the stack already shows are not shown again.
function removeShownKeys(ctx, keys, error, stack) {
  if (ctx.showHidden || keys.length === 0) return;
  const names = ['name', 'message', 'stack'];
  for (let i = 0; i < names.length; i++) {
    const index = ArrayPrototypeIndexOf(keys, names[i]);
    if (index !== -1 && StringPrototypeIncludes(stack, String(error[names[i]]))) ArrayPrototypeSplice(keys, index, 1);
  }
}

function formatError(error, constructor, tag, ctx, keys) {
  const name = error.name != null ? String(error.name) : 'Error';
  let stack = stackOf(error);
  removeShownKeys(ctx, keys, error, stack);
  if ('cause' in error && !ArrayPrototypeIncludes(keys, 'cause')) ArrayPrototypePush(keys, 'cause');
  if (ArrayIsArray(error.errors) && !ArrayPrototypeIncludes(keys, 'errors')) ArrayPrototypePush(keys, 'errors');
  stack = improveFirstLine(stack, constructor, name, tag);

  // The message may itself look like a frame.
  const message = typeof error.message === 'string' ? error.message : '';
  let position = message === '' ? -1 : StringPrototypeIndexOf(stack, message);
  if (position !== -1) position += message.length;
  const start = StringPrototypeIndexOf(stack, FRAME, position);
  if (start === -1) {
    stack = `[${stack}]`;
  } else {
    const frames = framesOf(ctx, error, StringPrototypeSlice(stack, start + 1));
    stack = `${StringPrototypeSlice(stack, 0, start)}\n${ArrayPrototypeJoin(frames, '\n')}`;
  }
  if (ctx.indentationLvl === 0) return stack;
  return StringPrototypeReplaceAll(stack, '\n', `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`);
}

return { isError, formatError };
