'use strict';

// What an object is called: its class, its tag, and how functions, classes and boxed primitives name themselves.

const {
  ArrayPrototypePush, BigIntPrototypeValueOf, BooleanPrototypeValueOf, Function, FunctionPrototype, NumberPrototypeValueOf,
  FunctionPrototypeSymbolHasInstance, FunctionPrototypeToString, Object, ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf, ObjectPrototype, ArrayPrototypeSplice, ObjectPrototypeHasOwnProperty, ReflectOwnKeys,
  RegExpPrototypeExec, RegExpPrototypeSymbolReplace, String, StringPrototypeEndsWith, StringPrototypeIncludes,
  StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeStartsWith, StringPrototypeToLowerCase,
  StringPrototypeValueOf, SymbolPrototypeValueOf, SetPrototypeHas, SetPrototypeAdd, Set, globalNames,
} = primordials;
const { Kind, constructorName: internalName } = load('web/inspect/kind');
const { formatPrimitive } = load('web/inspect/text');
const { plain } = load('web/inspect/style');

const PROTOTYPE_LAYERS = 3;
const builtIns = new Set();
{
  for (let i = 0; i < globalNames.length; i++) {
    if (RegExpPrototypeExec(/^[A-Z][a-zA-Z0-9]+$/, globalNames[i]) !== null) SetPrototypeAdd(builtIns, globalNames[i]);
  }
}

function isBuiltIn(constructor) {
  return typeof constructor === 'function' && SetPrototypeHas(builtIns, constructor.name);
}

function isInstance(object, constructor) {
  try {
    return object instanceof constructor;
  } catch {
    return false;
  }
}

// The name of the class that made `object`; null where its prototype chain has none. Where `inherited` is a list, it
// gets the properties that the tenant's own classes define.
function constructorName(object, ctx, depth, inherited) {
  let first;
  for (let layer = object; layer !== null; layer = ObjectGetPrototypeOf(layer)) {
    const name = nameByConstructor(object, layer);
    if (name !== undefined) {
      if (inherited !== undefined && (first !== layer || !SetPrototypeHas(builtIns, name))) {
        addInherited(ctx, object, first || object, depth, inherited);
      }
      return name;
    }
    if (first === undefined && layer !== object) first = layer;
  }
  if (first === undefined) return null;
  return complexName(object, first, ctx, depth, inherited);
}

function nameByConstructor(object, layer) {
  // The two roots are known even where their `constructor` was replaced.
  if (layer === ObjectPrototype && FunctionPrototypeSymbolHasInstance(Object, object)) return 'Object';
  if (layer === FunctionPrototype && FunctionPrototypeSymbolHasInstance(Function, object)) return 'Function';
  const constructor = ObjectGetOwnPropertyDescriptor(layer, 'constructor')?.value;
  if (typeof constructor !== 'function' || constructor.name === '' || !isInstance(object, constructor)) return undefined;
  return String(constructor.name);
}

function complexName(object, first, ctx, depth, inherited) {
  const own = internalName(object);
  if (ctx.depth !== null && depth > ctx.depth) return `${own} <Complex prototype>`;
  const parent = constructorName(first, ctx, depth + 1, inherited);
  if (parent !== null) return `${own} <${parent}>`;
  return `${own} <${ctx.inspect(first, { ...ctx, customInspect: false, depth: -1 })}>`;
}

function addInherited(ctx, main, object, depth, output) {
  const seen = new Set();
  for (let layer = 0; layer < PROTOTYPE_LAYERS; layer++) {
    if (layer !== 0 || main === object) {
      object = ObjectGetPrototypeOf(object);
      if (object === null) return;
      if (isBuiltIn(ObjectGetOwnPropertyDescriptor(object, 'constructor')?.value)) return;
    }
    const keys = ReflectOwnKeys(object);
    ctx.seen[ctx.seen.length] = main;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === 'constructor' || ObjectPrototypeHasOwnProperty(main, key) || SetPrototypeHas(seen, key)) continue;
      const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
      if (typeof descriptor.value === 'function') continue;
      const text = ctx.formatProperty(ctx, object, depth, key, 0, descriptor, main);
      ArrayPrototypePush(output, ctx.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    ctx.seen.length--;
    for (let i = 0; i < keys.length; i++) SetPrototypeAdd(seen, keys[i]);
  }
}

function prefix(constructor, tag, fallback, size = '') {
  if (constructor === null) {
    const hidden = tag !== '' && fallback !== tag ? ` [${tag}]` : '';
    return `[${fallback}${size}: null prototype]${hidden} `;
  }
  return tag !== '' && constructor !== tag ? `${constructor}${size} [${tag}] ` : `${constructor}${size} `;
}

// The prefix of an object of no known kind.
function plainPrefix(value, constructor, tag) {
  let fallback = '';
  if (constructor === null) {
    fallback = internalName(value);
    if (fallback === tag) fallback = 'Object';
  }
  return prefix(constructor, tag, fallback);
}

const COMMENTS = /(\/\/.*?\n)|(\/\*(.|\n)*?\*\/)/g;
const CLASS_HEAD = /^(\s+[^(]*?)\s*{/;

function isClass(source) {
  if (!StringPrototypeStartsWith(source, 'class') || !StringPrototypeEndsWith(source, '}')) return false;
  const body = StringPrototypeSlice(source, 5, -1);
  const brace = StringPrototypeIndexOf(body, '{');
  if (brace === -1) return false;
  // A function may be called `class$(...) {}`.
  return !StringPrototypeIncludes(StringPrototypeSlice(body, 0, brace), '(') ||
    RegExpPrototypeExec(CLASS_HEAD, RegExpPrototypeSymbolReplace(COMMENTS, body, '')) !== null;
}

function className(value, constructor, tag) {
  const name = (ObjectPrototypeHasOwnProperty(value, 'name') && value.name) || '(anonymous)';
  let base = `class ${name}`;
  if (constructor !== 'Function' && constructor !== null) base += ` [${constructor}]`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  if (constructor === null) return `[${base} extends [null prototype]]`;
  const parent = ObjectGetPrototypeOf(value).name;
  return parent ? `[${base} extends ${parent}]` : `[${base}]`;
}

function functionName(value, kind, constructor, tag) {
  if (isClass(FunctionPrototypeToString(value))) return className(value, constructor, tag);
  let type = 'Function';
  if (kind === Kind.GeneratorFunction || kind === Kind.AsyncGeneratorFunction) type = `Generator${type}`;
  if (kind === Kind.AsyncFunction || kind === Kind.AsyncGeneratorFunction) type = `Async${type}`;
  let base = `[${type}`;
  if (constructor === null) base += ' (null prototype)';
  base += value.name === '' ? ' (anonymous)]' : `: ${String(value.name)}]`;
  if (constructor !== type && constructor !== null) base += ` ${constructor}`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  return base;
}

const BOXES = {
  __proto__: null,
  [Kind.NumberObject]: ['Number', NumberPrototypeValueOf],
  [Kind.StringObject]: ['String', StringPrototypeValueOf],
  [Kind.BooleanObject]: ['Boolean', BooleanPrototypeValueOf],
  [Kind.BigIntObject]: ['BigInt', BigIntPrototypeValueOf],
  [Kind.SymbolObject]: ['Symbol', SymbolPrototypeValueOf],
};

function isBoxed(kind) {
  return BOXES[kind] !== undefined;
}

function boxName(value, kind, ctx, keys, constructor, tag) {
  const type = BOXES[kind][0];
  const inner = BOXES[kind][1](value);
  // A string's characters are its first keys.
  if (kind === Kind.StringObject) ArrayPrototypeSplice(keys, 0, inner.length);
  let base = `[${type}`;
  if (type !== constructor) base += constructor === null ? ' (null prototype)' : ` (${constructor})`;
  base += `: ${formatPrimitive(plain, inner, ctx)}]`;
  if (tag !== '' && tag !== constructor) base += ` [${tag}]`;
  if (keys.length !== 0 || ctx.stylize === plain) return base;
  return ctx.stylize(base, StringPrototypeToLowerCase(type));
}

return { isBuiltIn, isInstance, constructorName, prefix, plainPrefix, functionName, isBoxed, boxName };
