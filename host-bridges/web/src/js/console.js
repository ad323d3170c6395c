'use strict';

// `console`: what its methods write is what they write in Node.js. Warnings and errors go to the error stream.

const {
  defineHidden, ErrorCaptureStackTrace, Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeHas, MapPrototypeSet, MathFloor,
  Number, NumberPrototypeToFixed, ReflectApply, StringPrototypeIncludes, StringPrototypePadStart,
  StringPrototypeReplaceAll, StringPrototypeSlice, StringPrototypeSplit, SymbolToStringTag,
} = primordials;
const { write, now, colored } = host;

const OUT = 0;
const ERR = 1;
const GROUP = '  ';
const INDENTATION_MAX = 1000;

const counts = new Map();
const starts = new Map();
let indentation = '';

const inspectOptions = () => (colored() ? { colors: true } : {});

function print(stream, values) {
  // Most lines are one string, which needs no formatting.
  if (values.length === 1 && typeof values[0] === 'string') return printText(stream, values[0]);
  const { formatWithOptions } = load('web/inspect/format');
  return printText(stream, formatWithOptions(inspectOptions(), ...values));
}

function printText(stream, text) {
  if (indentation !== '') {
    if (StringPrototypeIncludes(text, '\n')) text = StringPrototypeReplaceAll(text, '\n', `\n${indentation}`);
    text = indentation + text;
  }
  write(stream, `${text}\n`);
}

function warning(text) {
  printText(ERR, `Warning: ${text}`);
}

function duration(ms) {
  if (ms < 1000) return `${Number(NumberPrototypeToFixed(ms, 3))}ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${NumberPrototypeToFixed(seconds, 3)}s`;
  const two = (value) => StringPrototypePadStart(`${value}`, 2, '0');
  const hours = MathFloor(seconds / 3600);
  const minutes = MathFloor((seconds % 3600) / 60);
  const rest = StringPrototypeSplit(NumberPrototypeToFixed(seconds % 60, 3), '.');
  const clock = `${two(rest[0])}.${rest[1]}`;
  return hours === 0 ? `${minutes}:${clock} (m:ss.mmm)` : `${hours}:${two(minutes)}:${clock} (h:mm:ss.mmm)`;
}

function logTime(method, label, values) {
  const start = MapPrototypeGet(starts, label);
  if (start === undefined) return warning(`No such label '${label}' for console.${method}()`);
  return print(OUT, ['%s: %s', label, duration(now() - start), ...values]);
}

const console = {
  log(...values) {
    print(OUT, values);
  },

  debug(...values) {
    print(OUT, values);
  },

  info(...values) {
    print(OUT, values);
  },

  warn(...values) {
    print(ERR, values);
  },

  error(...values) {
    print(ERR, values);
  },

  trace(...values) {
    const { formatWithOptions } = load('web/inspect/format');
    const error = { name: 'Trace', message: formatWithOptions(inspectOptions(), ...values) };
    ErrorCaptureStackTrace(error, trace);
    printText(ERR, `${error.stack}`);
  },

  assert(condition, ...values) {
    if (condition) return;
    values[0] = values.length === 0 ? 'Assertion failed' : `Assertion failed: ${values[0]}`;
    print(ERR, values);
  },

  dir(value, options) {
    const { inspect } = load('web/inspect/index');
    printText(OUT, inspect(value, { customInspect: false, ...inspectOptions(), ...options }));
  },

  dirxml(...values) {
    print(OUT, values);
  },

  table(data, properties) {
    if (data === null || typeof data !== 'object') return print(OUT, [data]);
    const { table } = load('web/console_table');
    return printText(OUT, table(data, properties, inspectOptions()));
  },

  count(label = 'default') {
    label = `${label}`;
    const count = (MapPrototypeGet(counts, label) ?? 0) + 1;
    MapPrototypeSet(counts, label, count);
    printText(OUT, `${label}: ${count}`);
  },

  countReset(label = 'default') {
    label = `${label}`;
    if (!MapPrototypeDelete(counts, label)) warning(`Count for '${label}' does not exist`);
  },

  group(...values) {
    if (values.length > 0) print(OUT, values);
    if (indentation.length < INDENTATION_MAX) indentation += GROUP;
  },

  groupCollapsed(...values) {
    ReflectApply(group, console, values);
  },

  groupEnd() {
    indentation = StringPrototypeSlice(indentation, GROUP.length);
  },

  time(label = 'default') {
    label = `${label}`;
    if (MapPrototypeHas(starts, label)) return warning(`Label '${label}' already exists for console.time()`);
    return void MapPrototypeSet(starts, label, now());
  },

  timeEnd(label = 'default') {
    label = `${label}`;
    logTime('timeEnd', label, []);
    MapPrototypeDelete(starts, label);
  },

  timeLog(label = 'default', ...values) {
    logTime('timeLog', `${label}`, values);
  },

  clear() {},
};

// The methods as they are, whatever has taken their places.
const { trace, group } = console;

defineHidden(console, { [SymbolToStringTag]: 'console' });
defineHidden(globalThis, { console });

return { console };
