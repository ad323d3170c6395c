'use strict';

// `inspect`: text that shows a value to a programmer. What it writes is what `util.inspect` of Node.js writes.

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSort,
  ArrayPrototypeUnshift, DatePrototypeGetTime, DatePrototypeToISOString, DatePrototypeToString, FunctionPrototypeCall,
  Map, MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet, NumberIsNaN, Object, ObjectAssign, ObjectDefineProperty,
  ObjectGetOwnPropertyNames, ObjectGetOwnPropertySymbols, ObjectKeys, ObjectPrototypeHasOwnProperty,
  ObjectPrototypePropertyIsEnumerable, ObjectSetPrototypeOf, RegExpPrototypeToString, SetPrototypeGetSize,
  StringPrototypeRepeat, StringPrototypeReplaceAll, StringPrototypeSlice, SymbolFor, SymbolIterator, SymbolToStringTag,
  TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag,
} = primordials;
const { Kind, kindOf, ownNamedKeys, proxyDetails } = load('web/inspect/kind');
const { defaults, colors, styles, plain, colored } = load('web/inspect/style');
const { Layout, reduce } = load('web/inspect/layout');
const { formatNumber, formatPrimitive } = load('web/inspect/text');
const { constructorName, prefix, plainPrefix, functionName, isBoxed, boxName, isInstance } = load('web/inspect/names');
const { isError, formatError } = load('web/inspect/errors');
const members = load('web/inspect/members');

const custom = SymbolFor('nodejs.util.inspect.custom');

// Past this many characters at one level of indentation, only names are shown.
const LEVEL_CHARACTERS_MAX = 2 ** 27;

function inspect(value, options, depth, withColors) {
  const ctx = {
    ...defaults,
    budget: {},
    indentationLvl: 0,
    seen: [],
    currentDepth: 0,
    stylize: plain,
    circular: undefined,
    userOptions: undefined,
    inspect,
    formatValue,
    formatProperty: members.formatProperty,
  };
  if (depth !== undefined) ctx.depth = depth;
  if (withColors !== undefined) ctx.colors = withColors;
  if (typeof options === 'boolean') ctx.showHidden = options;
  else if (options) setOptions(ctx, options);
  if (ctx.colors) ctx.stylize = colored;
  ctx.maxArrayLength ??= Infinity;
  ctx.maxStringLength ??= Infinity;
  return formatValue(ctx, value, 0);
}

function setOptions(ctx, options) {
  const keys = ObjectKeys(options);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (ObjectPrototypeHasOwnProperty(defaults, key) || key === 'stylize') ctx[key] = options[key];
    else ctx.userOptions ??= options;
  }
}

inspect.custom = custom;
inspect.colors = colors;
inspect.styles = styles;
ObjectDefineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get: () => defaults,
  set: (options) => { ObjectAssign(defaults, options); },
});

function formatValue(ctx, value, depth, isViewed) {
  if (typeof value !== 'object' && typeof value !== 'function') return formatPrimitive(ctx.stylize, value, ctx);
  if (value === null) return ctx.stylize('null', 'null');

  // A proxy is seen through, and never asked: its traps are the tenant's code.
  const receiver = value;
  const proxy = proxyDetails(value);
  if (proxy !== undefined) {
    if (ctx.showProxy && proxy[0] !== null) return formatProxy(ctx, proxy, depth);
    value = proxiedValue(proxy);
    if (value === null) return ctx.stylize('<Revoked Proxy>', 'special');
  }
  if (ctx.customInspect) {
    const text = formatCustom(ctx, value, receiver, proxy !== undefined, depth);
    if (text !== undefined) return text;
  }
  if (ArrayPrototypeIncludes(ctx.seen, value)) return formatCircular(ctx, value);
  return formatObject(ctx, value, depth, isViewed);
}

function proxiedValue(proxy) {
  let target = proxy[0];
  while (target !== null) {
    const inner = proxyDetails(target);
    if (inner === undefined) return target;
    target = inner[0];
  }
  return null;
}

function formatProxy(ctx, proxy, depth) {
  if (ctx.depth !== null && depth > ctx.depth) return ctx.stylize('Proxy [Array]', 'special');
  ctx.indentationLvl += 2;
  const output = [formatValue(ctx, proxy[0], depth + 1), formatValue(ctx, proxy[1], depth + 1)];
  ctx.indentationLvl -= 2;
  return reduce(ctx, output, '', ['Proxy [', ']'], Layout.Array, depth + 1);
}

// What the object's own `[inspect.custom]` says; undefined where it has none, or answers with itself.
function formatCustom(ctx, value, receiver, isProxy, depth) {
  const method = value[custom];
  if (typeof method !== 'function' || method === inspect || value.constructor?.prototype === value) return undefined;
  const left = ctx.depth === null ? null : ctx.depth - depth;
  const foreign = isProxy || !(receiver instanceof Object);
  const answer = FunctionPrototypeCall(method, receiver, left, optionsFor(ctx, foreign), inspect);
  if (answer === receiver) return undefined;
  if (typeof answer !== 'string') return formatValue(ctx, answer, depth);
  return StringPrototypeReplaceAll(answer, '\n', `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`);
}

function optionsFor(ctx, foreign) {
  const options = { stylize: ctx.stylize };
  const keys = ObjectKeys(defaults);
  for (let i = 0; i < keys.length; i++) options[keys[i]] = ctx[keys[i]];
  ObjectAssign(options, ctx.userOptions);
  return foreign ? ObjectSetPrototypeOf(options, null) : options;
}

function formatCircular(ctx, value) {
  ctx.circular ??= new Map();
  let index = MapPrototypeGet(ctx.circular, value);
  if (index === undefined) {
    index = MapPrototypeGetSize(ctx.circular) + 1;
    MapPrototypeSet(ctx.circular, value, index);
  }
  return ctx.stylize(`[Circular *${index}]`, 'special');
}

function formatObject(ctx, value, depth, isViewed) {
  const within = ctx.depth === null || depth <= ctx.depth;
  const inherited = ctx.showHidden && within ? [] : undefined;
  const constructor = constructorName(value, ctx, depth, inherited);
  const subject = {
    value, constructor, tag: tagOf(ctx, value), kind: kindOf(value), depth, within, isViewed,
    bare: inherited === undefined || inherited.length === 0,
    keys: undefined, base: '', braces: ['{', '}'], layout: Layout.Object, format: noMembers,
  };
  const whole = describeIterable(ctx, subject) ?? describeOther(ctx, subject);
  if (typeof whole === 'string') return whole;
  if (!within) {
    const name = StringPrototypeSlice(plainPrefix(value, constructor, subject.tag), 0, -1);
    return ctx.stylize(constructor === null ? name : `[${name}]`, 'special');
  }
  return formatMembers(ctx, subject, inherited);
}

// A tag that is an own, shown property is printed as such and not twice.
function tagOf(ctx, value) {
  const tag = value[SymbolToStringTag];
  if (typeof tag !== 'string' || tag === '') return '';
  const isOwn = ctx.showHidden ? ObjectPrototypeHasOwnProperty : ObjectPrototypePropertyIsEnumerable;
  return isOwn(value, SymbolToStringTag) ? '' : tag;
}

function noMembers() {
  return [];
}

function keysOf(value, showHidden) {
  const symbols = ObjectGetOwnPropertySymbols(value);
  let keys;
  if (showHidden) {
    keys = ObjectGetOwnPropertyNames(value);
  } else {
    try {
      keys = ObjectKeys(value);
    } catch {
      // The namespace of a module that has not run yet.
      keys = ObjectGetOwnPropertyNames(value);
    }
  }
  for (let i = 0; i < symbols.length; i++) {
    if (showHidden || ObjectPrototypePropertyIsEnumerable(value, symbols[i])) ArrayPrototypePush(keys, symbols[i]);
  }
  return keys;
}

// Arrays, sets, maps, typed arrays and iterators. Gives text where that is all there is to say, undefined where `value`
// is none of them, and else true, with `subject` filled in.
function describeIterable(ctx, subject) {
  const { value, constructor, tag, kind } = subject;
  if (constructor !== null && !(SymbolIterator in value)) return undefined;
  if (ArrayIsArray(value)) {
    const ordinary = constructor === 'Array' && tag === '';
    const head = ordinary ? '' : prefix(constructor, tag, 'Array', `(${value.length})`);
    return describeList(ctx, subject, head, value.length, members.formatArray);
  }
  switch (kind) {
    case Kind.Set: return describeCollection(ctx, subject, 'Set', SetPrototypeGetSize(value), members.formatSet);
    case Kind.Map: return describeCollection(ctx, subject, 'Map', MapPrototypeGetSize(value), members.formatMap);
    case Kind.TypedArray: return describeTypedArray(ctx, subject);
    case Kind.MapIterator: return describeIterator(ctx, subject, 'Map');
    case Kind.SetIterator: return describeIterator(ctx, subject, 'Set');
    default: return undefined;
  }
}

function describeList(ctx, subject, head, length, format) {
  subject.keys = ownNamedKeys(subject.value, !ctx.showHidden);
  subject.braces = [`${head}[`, ']'];
  subject.layout = Layout.Array;
  subject.format = format;
  return length === 0 && subject.keys.length === 0 && subject.bare ? `${subject.braces[0]}]` : true;
}

function describeTypedArray(ctx, subject) {
  const { value, constructor, tag } = subject;
  const fallback = constructor === null ? TypedArrayPrototypeGetSymbolToStringTag(value) : '';
  const elements = constructor === null ? new primordials[fallback](value) : value;
  const length = TypedArrayPrototypeGetLength(value);
  const format = (...rest) => members.formatTypedArray(elements, length, ...rest);
  const head = prefix(constructor, tag, fallback, `(${length})`);
  const whole = describeList(ctx, subject, head, length, format);
  return ctx.showHidden ? true : whole;
}

function describeCollection(ctx, subject, name, size, format) {
  const head = prefix(subject.constructor, subject.tag, name, `(${size})`);
  subject.keys = keysOf(subject.value, ctx.showHidden);
  subject.braces = [`${head}{`, '}'];
  subject.format = format;
  return size === 0 && subject.keys.length === 0 && subject.bare ? `${head}{}` : true;
}

function describeIterator(ctx, subject, type) {
  let tag = subject.tag;
  if (tag !== `${type} Iterator`) tag = `${tag === '' ? '' : `${tag}] [`}${type} Iterator`;
  subject.keys = keysOf(subject.value, ctx.showHidden);
  subject.braces = [`[${tag}] {`, '}'];
  subject.format = (...rest) => members.formatIterator(subject.braces, ...rest);
  return true;
}

function describeOther(ctx, subject) {
  const { value, constructor, tag, kind, bare } = subject;
  const keys = subject.keys = keysOf(value, ctx.showHidden);
  const empty = keys.length === 0 && bare;
  const titled = (name) => { subject.braces[0] = `${prefix(constructor, tag, name)}{`; };
  if (typeof value === 'function') {
    subject.base = functionName(value, kind, constructor, tag);
    return empty ? ctx.stylize(subject.base, 'special') : true;
  }
  if (constructor === 'Object') {
    if (kind === Kind.Arguments) subject.braces[0] = '[Arguments] {';
    else if (tag !== '') titled('Object');
    return empty ? `${subject.braces[0]}}` : true;
  }
  if (kind === Kind.RegExp) return describeRegExp(ctx, subject, empty);
  if (kind === Kind.Date) return describeDate(ctx, subject, empty);
  if (isError(value, kind)) {
    subject.base = formatError(value, constructor, tag, ctx, keys);
    return keys.length === 0 && bare ? subject.base : true;
  }
  switch (kind) {
    case Kind.ArrayBuffer: return describeBuffer(ctx, subject, 'ArrayBuffer', empty);
    case Kind.SharedArrayBuffer: return describeBuffer(ctx, subject, 'SharedArrayBuffer', empty);
    case Kind.DataView:
      titled('DataView');
      ArrayPrototypeUnshift(keys, 'byteLength', 'byteOffset', 'buffer');
      return true;
    case Kind.Promise:
      titled('Promise');
      subject.format = members.formatPromise;
      return true;
    case Kind.WeakSet:
    case Kind.WeakMap:
      titled(kind === Kind.WeakSet ? 'WeakSet' : 'WeakMap');
      subject.format = members.formatWeakCollection;
      return true;
    case Kind.ModuleNamespace:
      titled('Module');
      subject.format = (...rest) => members.formatNamespace(keys, ...rest);
      return true;
    default:
  }
  if (isBoxed(kind)) {
    subject.base = boxName(value, kind, ctx, keys, constructor, tag);
    return keys.length === 0 && bare ? subject.base : true;
  }
  subject.braces[0] = `${plainPrefix(value, constructor, tag)}{`;
  return empty ? `${subject.braces[0]}}` : true;
}

function describeRegExp(ctx, subject, empty) {
  const { value, constructor, tag, within } = subject;
  const text = RegExpPrototypeToString(constructor === null ? new primordials.RegExp(value) : value);
  const head = prefix(constructor, tag, 'RegExp');
  subject.base = head === 'RegExp ' ? text : `${head}${text}`;
  return empty || !within ? ctx.stylize(subject.base, 'regexp') : true;
}

function describeDate(ctx, subject, empty) {
  const { value, constructor, tag } = subject;
  const text = NumberIsNaN(DatePrototypeGetTime(value)) ? DatePrototypeToString(value) : DatePrototypeToISOString(value);
  const head = prefix(constructor, tag, 'Date');
  subject.base = head === 'Date ' ? text : `${head}${text}`;
  return empty ? ctx.stylize(subject.base, 'date') : true;
}

function describeBuffer(ctx, subject, name, empty) {
  const head = prefix(subject.constructor, subject.tag, name);
  subject.braces[0] = `${head}{`;
  if (subject.isViewed === undefined) {
    subject.format = members.formatArrayBuffer;
  } else if (empty) {
    return `${head}{ byteLength: ${formatNumber(ctx.stylize, subject.value.byteLength, false)} }`;
  }
  ArrayPrototypeUnshift(subject.keys, 'byteLength');
  return true;
}

function formatMembers(ctx, subject, inherited) {
  const { value, keys, braces, layout } = subject;
  const depth = subject.depth + 1;
  ctx.seen[ctx.seen.length] = value;
  ctx.currentDepth = depth;
  const indentation = ctx.indentationLvl;
  let output;
  try {
    output = subject.format(ctx, value, depth);
    for (let i = 0; i < keys.length; i++) {
      ArrayPrototypePush(output, members.formatProperty(ctx, value, depth, keys[i], layout));
    }
    if (!subject.bare) ArrayPrototypePush(output, ...inherited);
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    return interrupted(ctx, subject, indentation);
  }
  let { base } = subject;
  const index = ctx.circular === undefined ? undefined : MapPrototypeGet(ctx.circular, value);
  if (index !== undefined) {
    const reference = ctx.stylize(`<ref *${index}>`, 'special');
    if (ctx.compact === true) braces[0] = `${reference} ${braces[0]}`;
    else base = base === '' ? reference : `${reference} ${base}`;
  }
  ctx.seen.length--;
  if (ctx.sorted) output = sorted(ctx, output, layout, keys.length);
  const text = reduce(ctx, output, base, braces, layout, depth, value);
  const level = (ctx.budget[ctx.indentationLvl] ?? 0) + text.length;
  ctx.budget[ctx.indentationLvl] = level;
  if (level > LEVEL_CHARACTERS_MAX) ctx.depth = -1;
  return text;
}

// Elements keep their order; what follows them is sorted.
function sorted(ctx, output, layout, keyCount) {
  const comparator = ctx.sorted === true ? undefined : ctx.sorted;
  if (layout === Layout.Object) return ArrayPrototypeSort(output, comparator);
  if (keyCount < 2) return output;
  const elements = ArrayPrototypeSlice(output, 0, output.length - keyCount);
  ArrayPrototypePush(elements, ...ArrayPrototypeSort(ArrayPrototypeSlice(output, output.length - keyCount), comparator));
  return elements;
}

function isStackOverflow(error) {
  return isInstance(error, primordials.RangeError) && error.message === 'Maximum call stack size exceeded';
}

function interrupted(ctx, subject, indentation) {
  ctx.seen.length--;
  ctx.indentationLvl = indentation;
  const name = StringPrototypeSlice(plainPrefix(subject.value, subject.constructor, subject.tag), 0, -1);
  const note = 'Inspection interrupted prematurely. Maximum call stack size exceeded.';
  return ctx.stylize(`[${name}: ${note}]`, 'special');
}

return { inspect };
