'use strict';

// `format`: the directives %s %d %i %f %j %o %O %c in a first argument, and the rest inspected, with spaces between.

const {
  JSONStringify, Number, NumberParseFloat, NumberParseInt, ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf,
  ObjectPrototypeHasOwnProperty, String, StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeStartsWith,
  SymbolToPrimitive,
} = primordials;
const { proxyDetails } = load('web/inspect/kind');
const { defaults, plain } = load('web/inspect/style');
const { formatBigInt, formatNumber } = load('web/inspect/text');
const { isBuiltIn } = load('web/inspect/names');
const { inspect } = load('web/inspect/index');

const PERCENT = 37;

function format(...values) {
  return formatWithOptions(undefined, ...values);
}

function formatWithOptions(options, ...values) {
  const first = values[0];
  if (typeof first !== 'string') return joinRest(options, values, 0, '');
  if (values.length === 1) return first;
  let text = '';
  let next = 1;
  let copied = 0;
  for (let i = 0; i < first.length - 1; i++) {
    if (StringPrototypeCharCodeAt(first, i) !== PERCENT) continue;
    const code = StringPrototypeCharCodeAt(first, ++i);
    if (code === PERCENT) {
      text += StringPrototypeSlice(first, copied, i);
      copied = i + 1;
      continue;
    }
    const directive = next < values.length ? directives[code] : undefined;
    if (directive === undefined) continue;
    text += StringPrototypeSlice(first, copied, i - 1) + directive(values[next++], options);
    copied = i + 1;
  }
  return joinRest(options, values, next, text + StringPrototypeSlice(first, copied));
}

function joinRest(options, values, start, text) {
  for (let i = start; i < values.length; i++) {
    if (i > 0) text += ' ';
    text += typeof values[i] === 'string' ? values[i] : inspect(values[i], options);
  }
  return text;
}

const separator = (options) => options?.numericSeparator ?? defaults.numericSeparator;
const numberText = (number, options) => formatNumber(plain, number, separator(options));
const bigintText = (bigint, options) => formatBigInt(plain, bigint, separator(options));

function asNumber(convert) {
  return (value, options) => {
    if (typeof value === 'bigint') return bigintText(value, options);
    return typeof value === 'symbol' ? 'NaN' : numberText(convert(value), options);
  };
}

// By the code of the character that follows the percent sign.
const directives = {
  __proto__: null,
  [StringPrototypeCharCodeAt('s')]: asString,
  [StringPrototypeCharCodeAt('d')]: asNumber(Number),
  [StringPrototypeCharCodeAt('i')]: asNumber((value) => NumberParseInt(value)),
  [StringPrototypeCharCodeAt('f')]: (value, options) => (
    typeof value === 'symbol' ? 'NaN' : numberText(NumberParseFloat(value), options)
  ),
  [StringPrototypeCharCodeAt('j')]: asJson,
  [StringPrototypeCharCodeAt('O')]: (value, options) => inspect(value, options),
  [StringPrototypeCharCodeAt('o')]: (value, options) => (
    inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 })
  ),
  [StringPrototypeCharCodeAt('c')]: () => '',
};

function asString(value, options) {
  if (typeof value === 'number') return numberText(value, options);
  if (typeof value === 'bigint') return bigintText(value, options);
  if (typeof value !== 'object' || value === null || !hasBuiltInToString(value)) return String(value);
  return inspect(value, { ...options, compact: 3, colors: false, depth: 0 });
}

function asJson(value) {
  try {
    return JSONStringify(value);
  } catch (error) {
    const circular = error?.name === 'TypeError' &&
      StringPrototypeStartsWith(String(error.message), 'Converting circular structure to JSON');
    if (circular) return '[Circular]';
    throw error;
  }
}

// Whether the object's own class says how it is written as a string.
function hasBuiltInToString(value) {
  for (let proxy = proxyDetails(value); proxy !== undefined; proxy = proxyDetails(value)) {
    value = proxy[0];
    if (value === null) return true;
  }
  const hasToString = typeof value.toString === 'function';
  const hasToPrimitive = typeof value[SymbolToPrimitive] === 'function';
  if (!hasToString && !hasToPrimitive) return true;
  for (let layer = value; layer !== null; layer = ObjectGetPrototypeOf(layer)) {
    const defines = (hasToString && ObjectPrototypeHasOwnProperty(layer, 'toString')) ||
      (hasToPrimitive && ObjectPrototypeHasOwnProperty(layer, SymbolToPrimitive));
    if (!defines) continue;
    return layer !== value && isBuiltIn(ObjectGetOwnPropertyDescriptor(layer, 'constructor')?.value);
  }
  return true;
}

return { format, formatWithOptions };
