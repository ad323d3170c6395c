'use strict';

// `console.table`.

const {
  ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypePush, ArrayPrototypeUnshift, MapIteratorPrototypeNext,
  MapPrototypeEntries, MapPrototypeGetSize, MathMax, ObjectKeys, ObjectPrototypeHasOwnProperty,
  SetIteratorPrototypeNext, SetPrototypeGetSize, SetPrototypeValues, StringPrototypeRepeat, TypeError,
} = primordials;
const { Kind, entriesOf, kindOf } = load('web/inspect/kind');
const { width } = load('web/inspect/text');
const { inspect } = load('web/inspect/index');

const INDEX = '(index)';
const ITERATION = '(iteration index)';
const KEY = 'Key';
const VALUES = 'Values';

function table(data, properties, inspectOptions) {
  if (properties !== undefined && !ArrayIsArray(properties)) throw new TypeError('`properties`: expected array');
  const show = (value) => inspect(value, {
    depth: isWide(value) ? -1 : 0, maxArrayLength: 3, breakLength: Infinity, ...inspectOptions,
  });
  switch (kindOf(data)) {
    case Kind.Map: return tableOfEntries(mapEntries(data), show);
    case Kind.Set: return tableOfValues(setValues(data), show);
    case Kind.SetIterator: return tableOfValues(entriesOf(data)[0], show);
    case Kind.MapIterator: {
      const details = entriesOf(data);
      return details[1] ? tableOfEntries(details[0], show) : tableOfValues(details[0], show);
    }
    default: return tableOfRows(data, properties, show);
  }
}

function isWide(value) {
  return value !== null && typeof value === 'object' && !ArrayIsArray(value) && kindOf(value) !== Kind.TypedArray &&
    ObjectKeys(value).length > 2;
}

function mapEntries(map) {
  const iterator = MapPrototypeEntries(map);
  const entries = [];
  for (let i = MapPrototypeGetSize(map); i > 0; i--) {
    const entry = MapIteratorPrototypeNext(iterator).value;
    ArrayPrototypePush(entries, entry[0], entry[1]);
  }
  return entries;
}

function setValues(set) {
  const iterator = SetPrototypeValues(set);
  const values = [];
  for (let i = SetPrototypeGetSize(set); i > 0; i--) ArrayPrototypePush(values, SetIteratorPrototypeNext(iterator).value);
  return values;
}

function tableOfEntries(entries, show) {
  const columns = [[], [], []];
  for (let i = 0; i < entries.length / 2; i++) {
    columns[0][i] = show(i);
    columns[1][i] = show(entries[i * 2]);
    columns[2][i] = show(entries[i * 2 + 1]);
  }
  return render([ITERATION, KEY, VALUES], columns);
}

function tableOfValues(values, show) {
  const columns = [[], []];
  for (let i = 0; i < values.length; i++) {
    columns[0][i] = show(i);
    columns[1][i] = show(values[i]);
  }
  return render([ITERATION, VALUES], columns);
}

function tableOfRows(data, properties, show) {
  const indexes = ObjectKeys(data);
  const columns = { __proto__: null };
  const primitives = [];
  let hasPrimitives = false;
  for (let i = 0; i < indexes.length; i++) {
    const row = data[indexes[i]];
    const isPrimitive = row === null || (typeof row !== 'object' && typeof row !== 'function');
    if (properties === undefined && isPrimitive) {
      hasPrimitives = true;
      primitives[i] = show(row);
      continue;
    }
    const keys = properties ?? ObjectKeys(row);
    for (let j = 0; j < keys.length; j++) {
      const column = columns[keys[j]] ??= [];
      column[i] = isPrimitive || !ObjectPrototypeHasOwnProperty(row, keys[j]) ? '' : show(row[keys[j]]);
    }
  }
  const heads = ObjectKeys(columns);
  const cells = [];
  for (let i = 0; i < heads.length; i++) cells[i] = columns[heads[i]];
  if (hasPrimitives) {
    ArrayPrototypePush(heads, VALUES);
    ArrayPrototypePush(cells, primitives);
  }
  ArrayPrototypeUnshift(heads, INDEX);
  ArrayPrototypeUnshift(cells, indexes);
  return render(heads, cells);
}

function render(heads, columns) {
  let rows = 0;
  const widths = [];
  for (let i = 0; i < columns.length; i++) {
    rows = MathMax(rows, columns[i].length);
    widths[i] = width(heads[i]);
    for (let j = 0; j < columns[i].length; j++) widths[i] = MathMax(widths[i], width(columns[i][j] ?? ''));
  }
  const rules = []; // of lines as boxes are drawn with
  for (let i = 0; i < widths.length; i++) rules[i] = StringPrototypeRepeat('\u2500', widths[i] + 2);
  const lines = [
    `\u250c${ArrayPrototypeJoin(rules, '\u252c')}\u2510`,
    lineOf(heads, widths),
    `\u251c${ArrayPrototypeJoin(rules, '\u253c')}\u2524`,
  ];
  for (let row = 0; row < rows; row++) {
    const cells = [];
    for (let i = 0; i < columns.length; i++) cells[i] = columns[i][row] ?? '';
    ArrayPrototypePush(lines, lineOf(cells, widths));
  }
  ArrayPrototypePush(lines, `\u2514${ArrayPrototypeJoin(rules, '\u2534')}\u2518`);
  return ArrayPrototypeJoin(lines, '\n');
}

function lineOf(cells, widths) {
  const padded = [];
  for (let i = 0; i < cells.length; i++) padded[i] = cells[i] + StringPrototypeRepeat(' ', widths[i] - width(cells[i]));
  return `\u2502 ${ArrayPrototypeJoin(padded, ' \u2502 ')} \u2502`;
}

return { table };
