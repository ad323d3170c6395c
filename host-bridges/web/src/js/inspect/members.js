'use strict';

// The members of each kind of object, as lists of text.

const {
  ArrayPrototypePush, ArrayPrototypeSort, FunctionPrototypeCall, MapIteratorPrototypeNext, MapPrototypeEntries,
  MapPrototypeGetSize, MathMax, MathMin, NumberPrototypeToString, ObjectGetOwnPropertyDescriptor, ObjectKeys, ObjectPrototypeHasOwnProperty,
  RegExpPrototypeExec, RegExpPrototypeSymbolReplace, SetIteratorPrototypeNext, SetPrototypeGetSize,
  SetPrototypeValues, StringPrototypeLastIndexOf,
  StringPrototypePadStart, StringPrototypeRepeat, StringPrototypeSlice, SymbolPrototypeToString, Uint8Array,
} = primordials;
const { entriesOf, promiseDetails } = load('web/inspect/kind');
const { Layout, reduce } = load('web/inspect/layout');
const { escapeAll, formatBigInt, formatNumber, formatPrimitive, plural, quote, remaining, width } = load('web/inspect/text');

const PLAIN_KEY = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const INDEX = /^(0|[1-9][0-9]*)$/;
const INDEX_MAX = 2 ** 32 - 2;

function shown(ctx, length) {
  return MathMin(MathMax(0, ctx.maxArrayLength), length);
}

function pushRemaining(output, count) {
  if (count > 0) ArrayPrototypePush(output, remaining(count));
  return output;
}

// Runs `body` two columns further in.
function indented(ctx, body) {
  ctx.indentationLvl += 2;
  const result = body();
  ctx.indentationLvl -= 2;
  return result;
}

function formatArray(ctx, value, depth) {
  const count = shown(ctx, value.length);
  const output = [];
  for (let i = 0; i < count; i++) {
    if (!ObjectPrototypeHasOwnProperty(value, i)) return formatSparseArray(ctx, value, depth, count, output, i);
    ArrayPrototypePush(output, formatProperty(ctx, value, depth, i, Layout.Element));
  }
  return pushRemaining(output, value.length - count);
}

function formatSparseArray(ctx, value, depth, count, output, start) {
  const keys = ObjectKeys(value);
  let index = start;
  for (let i = start; i < keys.length && output.length < count; i++) {
    const position = +keys[i];
    if (position > INDEX_MAX) break;
    if (`${index}` !== keys[i]) {
      if (RegExpPrototypeExec(INDEX, keys[i]) === null) break;
      ArrayPrototypePush(output, emptyItems(ctx, position - index));
      index = position;
      if (output.length === count) break;
    }
    ArrayPrototypePush(output, formatProperty(ctx, value, depth, keys[i], Layout.Element));
    index++;
  }
  const rest = value.length - index;
  if (output.length === count) return pushRemaining(output, rest);
  if (rest > 0) ArrayPrototypePush(output, emptyItems(ctx, rest));
  return output;
}

function emptyItems(ctx, count) {
  return ctx.stylize(`<${plural(count, 'empty item')}>`, 'undefined');
}

function formatTypedArray(elements, length, ctx, value, depth) {
  const count = shown(ctx, length);
  const output = [];
  const formatElement = length > 0 && typeof elements[0] === 'number' ? formatNumber : formatBigInt;
  for (let i = 0; i < count; i++) output[i] = formatElement(ctx.stylize, elements[i], ctx.numericSeparator);
  pushRemaining(output, length - count);
  if (ctx.showHidden) {
    const keys = ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer'];
    indented(ctx, () => {
      for (let i = 0; i < keys.length; i++) {
        ArrayPrototypePush(output, `[${keys[i]}]: ${ctx.formatValue(ctx, elements[keys[i]], depth, true)}`);
      }
    });
  }
  return output;
}

function formatArrayBuffer(ctx, value) {
  let bytes;
  try {
    bytes = new Uint8Array(value);
  } catch {
    return [ctx.stylize('(detached)', 'special')];
  }
  const count = shown(ctx, bytes.length);
  let text = '';
  for (let i = 0; i < count; i++) {
    text += `${i === 0 ? '' : ' '}${StringPrototypePadStart(NumberPrototypeToString(bytes[i], 16), 2, '0')}`;
  }
  if (bytes.length > count) text += ` ${remaining(bytes.length - count, 'byte')}`;
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${text}>`];
}

function formatSet(ctx, value, depth) {
  const size = SetPrototypeGetSize(value);
  const iterator = SetPrototypeValues(value);
  const values = [];
  for (let i = shown(ctx, size); i > 0; i--) ArrayPrototypePush(values, SetIteratorPrototypeNext(iterator).value);
  return formatValues(ctx, depth, values, size);
}

function formatMap(ctx, value, depth) {
  const size = MapPrototypeGetSize(value);
  const iterator = MapPrototypeEntries(value);
  const entries = [];
  for (let i = shown(ctx, size); i > 0; i--) {
    const entry = MapIteratorPrototypeNext(iterator).value;
    ArrayPrototypePush(entries, entry[0], entry[1]);
  }
  return formatEntries(ctx, depth, entries, (key, item) => `${key} => ${item}`, size);
}

function formatValues(ctx, depth, values, length = values.length) {
  const count = shown(ctx, length);
  const output = [];
  indented(ctx, () => {
    for (let i = 0; i < count; i++) output[i] = ctx.formatValue(ctx, values[i], depth);
  });
  return pushRemaining(output, length - count);
}

function formatEntries(ctx, depth, entries, join, length = entries.length / 2) {
  const count = shown(ctx, length);
  const output = [];
  indented(ctx, () => {
    for (let i = 0; i < count; i++) {
      const key = ctx.formatValue(ctx, entries[i * 2], depth);
      output[i] = join(key, ctx.formatValue(ctx, entries[i * 2 + 1], depth));
    }
  });
  return pushRemaining(output, length - count);
}

function formatIterator(braces, ctx, value, depth) {
  const details = entriesOf(value);
  if (!details[1]) return formatValues(ctx, depth, details[0]);
  braces[0] = RegExpPrototypeSymbolReplace(/ Iterator] {$/, braces[0], ' Entries] {');
  return formatEntries(ctx, depth, details[0], (key, item) => (
    reduce(ctx, [key, item], '', ['[', ']'], Layout.Array, depth)
  ));
}

// Weak collections have no order: what is shown is sorted, so that it can be compared.
function formatWeakCollection(ctx, value, depth) {
  if (!ctx.showHidden) return [ctx.stylize('<items unknown>', 'special')];
  const details = entriesOf(value);
  const output = details[1] ?
    formatEntries(ctx, depth, details[0], (key, item) => `${key} => ${item}`) :
    formatValues(ctx, depth, details[0]);
  return ctx.sorted ? output : ArrayPrototypeSort(output);
}

function formatPromise(ctx, value, depth) {
  const details = promiseDetails(value);
  if (details[0] === 'pending') return [ctx.stylize('<pending>', 'special')];
  const text = indented(ctx, () => ctx.formatValue(ctx, details[1], depth));
  return [details[0] === 'rejected' ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}

// The exports of a module that has not run yet cannot be read.
function formatNamespace(keys, ctx, value, depth) {
  const output = [];
  for (let i = 0; i < keys.length; i++) {
    try {
      output[i] = formatProperty(ctx, value, depth, keys[i], Layout.Object);
    } catch {
      const empty = formatProperty(ctx, { [keys[i]]: '' }, depth, keys[i], Layout.Object);
      const name = StringPrototypeSlice(empty, 0, StringPrototypeLastIndexOf(empty, ' ') + 1);
      output[i] = `${name}${ctx.stylize('<uninitialized>', 'special')}`;
    }
  }
  keys.length = 0;
  return output;
}

function formatProperty(ctx, value, depth, key, layout, descriptor, receiver = value) {
  descriptor ??= ObjectGetOwnPropertyDescriptor(value, key) ?? { value: value[key], enumerable: true };
  let gap = ' ';
  let text;
  if (descriptor.value !== undefined) {
    const step = ctx.compact !== true || layout !== Layout.Object ? 2 : 3;
    ctx.indentationLvl += step;
    text = ctx.formatValue(ctx, descriptor.value, depth);
    if (step === 3 && ctx.breakLength < width(text, ctx.colors)) {
      gap = `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`;
    }
    ctx.indentationLvl -= step;
  } else if (descriptor.get !== undefined) {
    text = formatGetter(ctx, descriptor, depth, receiver);
  } else if (descriptor.set !== undefined) {
    text = ctx.stylize('[Setter]', 'special');
  } else {
    text = ctx.stylize('undefined', 'undefined');
  }
  return layout === Layout.Element ? text : `${formatKey(ctx, key, descriptor)}:${gap}${text}`;
}

function formatKey(ctx, key, descriptor) {
  if (typeof key === 'symbol') return `[${ctx.stylize(escapeAll(SymbolPrototypeToString(key)), 'symbol')}]`;
  if (key === '__proto__') return "['__proto__']";
  if (descriptor.enumerable === false) return `[${escapeAll(key)}]`;
  if (RegExpPrototypeExec(PLAIN_KEY, key) !== null) return ctx.stylize(key, 'name');
  return ctx.stylize(quote(key), 'string');
}

// A getter is run only where the caller of `inspect` asked for it.
function formatGetter(ctx, descriptor, depth, receiver) {
  const label = descriptor.set !== undefined ? 'Getter/Setter' : 'Getter';
  const special = (text) => ctx.stylize(text, 'special');
  const wanted = ctx.getters === true || (ctx.getters === 'get' && descriptor.set === undefined) ||
    (ctx.getters === 'set' && descriptor.set !== undefined);
  if (!wanted) return special(`[${label}]`);
  try {
    const value = FunctionPrototypeCall(descriptor.get, receiver);
    return indented(ctx, () => {
      if (value === null) return `${special(`[${label}:`)} ${ctx.stylize('null', 'null')}${special(']')}`;
      if (typeof value === 'object') return `${special(`[${label}]`)} ${ctx.formatValue(ctx, value, depth)}`;
      return `${special(`[${label}:`)} ${formatPrimitive(ctx.stylize, value, ctx)}${special(']')}`;
    });
  } catch (error) {
    return `${special(`[${label}:`)} <Inspection threw (${error?.message})>${special(']')}`;
  }
}

return {
  formatArray, formatArrayBuffer, formatIterator, formatMap, formatNamespace, formatPromise, formatProperty, formatSet,
  formatTypedArray, formatWeakCollection,
};
