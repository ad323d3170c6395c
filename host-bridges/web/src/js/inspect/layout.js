'use strict';

// How formatted members become lines: on one line where they fit, numbers in columns, else one member a line.

const {
  ArrayPrototypeJoin, ArrayPrototypePush, MathFloor, MathMax, MathMin, MathRound, MathSqrt, StringPrototypeIncludes,
  StringPrototypePadEnd, StringPrototypePadStart, StringPrototypeRepeat,
} = primordials;
const { stripControlSequences, width } = load('web/inspect/text');

const Layout = { Object: 0, Element: 1, Array: 2 };

const SEPARATOR = 2; // A comma and a space.
const GROUPED_MIN = 6;
const COLUMNS_MAX = 15;
// A character is about this many times as high as wide; a group should look square.
const CHARACTER_RATIO = 2.5;

function groupElements(ctx, output, value) {
  // The note on what was left out is no element.
  const count = ctx.maxArrayLength < output.length ? output.length - 1 : output.length;
  const lengths = [];
  let total = 0;
  let longest = 0;
  for (let i = 0; i < count; i++) {
    lengths[i] = width(output[i], ctx.colors);
    total += lengths[i] + SEPARATOR;
    longest = MathMax(longest, lengths[i]);
  }
  const cell = longest + SEPARATOR;
  if (cell * 3 + ctx.indentationLvl >= ctx.breakLength || (total / cell <= 5 && longest > 6)) return output;
  const columns = columnsFor(ctx, cell, total, output.length, count);
  if (columns <= 1) return output;
  const widths = columnWidths(lengths, columns, output.length);
  const lines = [];
  const pad = isNumeric(value, output.length) ? StringPrototypePadStart : StringPrototypePadEnd;
  for (let i = 0; i < count; i += columns) {
    ArrayPrototypePush(lines, lineOf(output, lengths, widths, i, MathMin(i + columns, count), pad));
  }
  if (count < output.length) ArrayPrototypePush(lines, output[count]);
  return lines;
}

function columnsFor(ctx, cell, total, entries, count) {
  const bias = MathSqrt(cell - total / entries);
  const biased = MathMax(cell - 3 - bias, 1);
  return MathMin(
    MathRound(MathSqrt(CHARACTER_RATIO * biased * count) / biased),
    MathFloor((ctx.breakLength - ctx.indentationLvl) / cell),
    ctx.compact * 4,
    COLUMNS_MAX,
  );
}

function columnWidths(lengths, columns, entries) {
  const widths = [];
  for (let column = 0; column < columns; column++) {
    let widest = 0;
    for (let i = column; i < entries; i += columns) {
      if (lengths[i] > widest) widest = lengths[i];
    }
    widths[column] = widest + SEPARATOR;
  }
  return widths;
}

function isNumeric(value, count) {
  if (value === undefined) return true;
  for (let i = 0; i < count; i++) {
    if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') return false;
  }
  return true;
}

function lineOf(output, lengths, widths, start, end, pad) {
  let line = '';
  for (let i = start; i < end; i++) {
    // Colours take no room.
    const room = widths[i - start] + output[i].length - lengths[i];
    if (i < end - 1) line += pad(`${output[i]}, `, room, ' ');
    else line += pad === StringPrototypePadStart ? pad(output[i], room - SEPARATOR, ' ') : output[i];
  }
  return line;
}

function fits(ctx, output, start, base) {
  let total = output.length + start;
  if (total + output.length > ctx.breakLength) return false;
  for (let i = 0; i < output.length; i++) {
    total += ctx.colors ? stripControlSequences(output[i]).length : output[i].length;
    if (total > ctx.breakLength) return false;
  }
  return base === '' || !StringPrototypeIncludes(base, '\n');
}

function reduce(ctx, output, base, braces, layout, depth, value) {
  const lead = base ? `${base} ` : '';
  if (ctx.compact === true) return reduceCompactly(ctx, output, base, braces);
  if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
    const entries = output.length;
    if (layout === Layout.Array && entries > GROUPED_MIN) output = groupElements(ctx, output, value);
    // Only the innermost levels go on one line, and only what was not grouped.
    if (ctx.currentDepth - depth < ctx.compact && entries === output.length) {
      const start = output.length + ctx.indentationLvl + braces[0].length + base.length + 10;
      if (fits(ctx, output, start, base)) {
        const joined = ArrayPrototypeJoin(output, ', ');
        if (!StringPrototypeIncludes(joined, '\n')) return `${lead}${braces[0]} ${joined} ${braces[1]}`;
      }
    }
  }
  const indentation = `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`;
  return `${lead}${braces[0]}${indentation}  ${ArrayPrototypeJoin(output, `,${indentation}  `)}${indentation}${braces[1]}`;
}

function reduceCompactly(ctx, output, base, braces) {
  if (fits(ctx, output, 0, base)) {
    return `${braces[0]}${base ? ` ${base}` : ''} ${ArrayPrototypeJoin(output, ', ')} ${braces[1]}`;
  }
  const indentation = StringPrototypeRepeat(' ', ctx.indentationLvl);
  const lead = base === '' && braces[0].length === 1 ? ' ' : `${base ? ` ${base}` : ''}\n${indentation}  `;
  return `${braces[0]}${lead}${ArrayPrototypeJoin(output, `,\n${indentation}  `)} ${braces[1]}`;
}

return { Layout, reduce };
