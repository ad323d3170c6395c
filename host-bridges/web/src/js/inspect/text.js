'use strict';

// How primitives are written, and how wide text is on a terminal.

const {
  ArrayPrototypeJoin, MathTrunc, RegExp, NumberIsFinite, NumberIsNaN, NumberPrototypeToString, ObjectIs, RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace, RegExpPrototypeSymbolSplit, String, StringPrototypeCharCodeAt, StringPrototypeCodePointAt,
  StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeNormalize, StringPrototypePadStart,
  StringPrototypeRepeat, StringPrototypeSlice, StringPrototypeToUpperCase, SymbolPrototypeToString,
} = primordials;

const SHORT_STRING = 16;
const ESCAPED = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ESCAPED_ALL = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPED_BUT_QUOTE = /[\x00-\x1f\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const LINE_END = /(?<=\n)/;

const NAMED_ESCAPES = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 39: "\\'", 92: '\\\\' };

function escape(character) {
  const code = StringPrototypeCharCodeAt(character, 0);
  const named = NAMED_ESCAPES[code];
  if (named !== undefined) return named;
  const hex = NumberPrototypeToString(code, 16);
  return code < 256 ? `\\x${StringPrototypeToUpperCase(StringPrototypePadStart(hex, 2, '0'))}` : `\\u${hex}`;
}

function escapeAll(text) {
  return RegExpPrototypeSymbolReplace(ESCAPED_ALL, text, escape);
}

// Single quotes; where the text has some, double quotes; where it has both, backticks.
function quote(text) {
  if (RegExpPrototypeExec(ESCAPED, text) === null) return `'${text}'`;
  let mark = "'";
  if (StringPrototypeIncludes(text, "'")) {
    if (!StringPrototypeIncludes(text, '"')) mark = '"';
    else if (!StringPrototypeIncludes(text, '`') && !StringPrototypeIncludes(text, '${')) mark = '`';
  }
  const pattern = mark === "'" ? ESCAPED_ALL : ESCAPED_BUT_QUOTE;
  return `${mark}${RegExpPrototypeSymbolReplace(pattern, text, escape)}${mark}`;
}

function plural(count, noun) {
  return `${count} ${noun}${count > 1 ? 's' : ''}`;
}

function remaining(count, noun = 'item') {
  return `... ${count} more ${noun}${count > 1 ? 's' : ''}`;
}

function separateThousands(digits) {
  let result = '';
  let end = digits.length;
  const start = digits[0] === '-' ? 1 : 0;
  for (; end >= start + 4; end -= 3) result = `_${StringPrototypeSlice(digits, end - 3, end)}${result}`;
  return end === digits.length ? digits : `${StringPrototypeSlice(digits, 0, end)}${result}`;
}

function separateFraction(digits) {
  let result = '';
  let start = 0;
  for (; start < digits.length - 3; start += 3) result += `${StringPrototypeSlice(digits, start, start + 3)}_`;
  return start === 0 ? digits : `${result}${StringPrototypeSlice(digits, start)}`;
}

function formatNumber(stylize, number, separator) {
  if (ObjectIs(number, -0)) return stylize('-0', 'number');
  const text = `${number}`;
  if (!separator || NumberIsNaN(number) || !NumberIsFinite(number) || StringPrototypeIncludes(text, 'e')) {
    return stylize(text, 'number');
  }
  if (MathTrunc(number) === number) return stylize(separateThousands(text), 'number');
  const point = StringPrototypeIndexOf(text, '.');
  const whole = separateThousands(StringPrototypeSlice(text, 0, point));
  const fraction = separateFraction(StringPrototypeSlice(text, point + 1));
  return stylize(`${whole}.${fraction}`, 'number');
}

function formatBigInt(stylize, bigint, separator) {
  const text = String(bigint);
  return stylize(`${separator ? separateThousands(text) : text}n`, 'bigint');
}

function formatString(stylize, value, ctx) {
  let trailer = '';
  if (value.length > ctx.maxStringLength) {
    trailer = remaining(value.length - ctx.maxStringLength, 'character');
    value = StringPrototypeSlice(value, 0, ctx.maxStringLength);
  }
  const room = ctx.breakLength - ctx.indentationLvl - 4;
  if (ctx.compact === true || value.length <= SHORT_STRING || value.length <= room) {
    return stylize(quote(value), 'string') + trailer;
  }
  const lines = RegExpPrototypeSymbolSplit(LINE_END, value);
  for (let i = 0; i < lines.length; i++) lines[i] = stylize(quote(lines[i]), 'string');
  return ArrayPrototypeJoin(lines, ` +\n${StringPrototypeRepeat(' ', ctx.indentationLvl + 2)}`) + trailer;
}

function formatPrimitive(stylize, value, ctx) {
  switch (typeof value) {
    case 'string': return formatString(stylize, value, ctx);
    case 'number': return formatNumber(stylize, value, ctx.numericSeparator);
    case 'bigint': return formatBigInt(stylize, value, ctx.numericSeparator);
    case 'boolean': return stylize(`${value}`, 'boolean');
    case 'undefined': return stylize('undefined', 'undefined');
    default: return stylize(SymbolPrototypeToString(value), 'symbol');
  }
}

// ANSI escape sequences.
const CONTROL_SEQUENCE = new RegExp(
  '[\\u001B\\u009B][[\\]()#;?]*' +
  '(?:(?:(?:(?:;[-a-zA-Z\\d\\/\\#&.:=?%@~_]+)*' +
  '|[a-zA-Z\\d]+(?:;[-a-zA-Z\\d\\/\\#&.:=?%@~_]*)*)?' +
  '(?:\\u0007|\\u001B\\u005C|\\u009C))' +
  '|(?:(?:\\d{1,4}(?:;\\d{0,4})*)?' +
  '[\\dA-PR-TZcf-nq-uy=><~]))', 'g',
);

function stripControlSequences(text) {
  return RegExpPrototypeSymbolReplace(CONTROL_SEQUENCE, text, '');
}

const ZERO_WIDTH = [
  [0x00, 0x1f], [0x7f, 0x9f], [0x300, 0x36f], [0x200b, 0x200f], [0x20d0, 0x20ff], [0xfe00, 0xfe0f], [0xfe20, 0xfe2f],
  [0xe0100, 0xe01ef],
];
const DOUBLE_WIDTH = [
  [0x1100, 0x115f], [0x2329, 0x232a], [0x2e80, 0x303e], [0x3040, 0x3247], [0x3250, 0x4dbf], [0x4e00, 0xa4c6],
  [0xa960, 0xa97c], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe10, 0xfe19], [0xfe30, 0xfe6b], [0xff01, 0xff60],
  [0xffe0, 0xffe6], [0x1b000, 0x1b001], [0x1f200, 0x1f251], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWithin(ranges, code) {
  for (let i = 0; i < ranges.length; i++) {
    if (code >= ranges[i][0] && code <= ranges[i][1]) return true;
  }
  return false;
}

// The columns that `text` takes on a terminal.
function width(text, withControlSequences = true) {
  if (withControlSequences) text = stripControlSequences(text);
  let columns = 0;
  let normalized = false;
  for (let i = 0; i < text.length; i++) {
    let code = StringPrototypeCharCodeAt(text, i);
    if (code < 127) {
      columns += code >= 32 ? 1 : 0;
      continue;
    }
    if (!normalized) {
      text = StringPrototypeSlice(text, 0, i) + StringPrototypeNormalize(StringPrototypeSlice(text, i), 'NFC');
      normalized = true;
    }
    code = StringPrototypeCodePointAt(text, i);
    if (code > 0xffff) i++;
    if (isWithin(DOUBLE_WIDTH, code)) columns += 2;
    else if (!isWithin(ZERO_WIDTH, code)) columns += 1;
  }
  return columns;
}

return {
  escapeAll, quote, plural, remaining, formatNumber, formatBigInt, formatPrimitive, stripControlSequences, width,
};
