'use strict';

// Colours, and the options of `inspect`.

const { ObjectSeal, StringPrototypeSlice, StringPrototypeToUpperCase } = primordials;

const defaults = ObjectSeal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

// Each name with the codes that switch it on and off.
const colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  gray: [90, 39],
  grey: [90, 39],
  bgGray: [100, 49],
  framed: [51, 54],
  overlined: [53, 55],
};

const HUES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
for (let i = 0; i < HUES.length; i++) {
  const hue = HUES[i];
  const background = `bg${StringPrototypeToUpperCase(hue[0])}${StringPrototypeSlice(hue, 1)}`;
  colors[hue] = [30 + i, 39];
  colors[background] = [40 + i, 49];
  colors[`${hue}Bright`] = [90 + i, 39];
  colors[`${background}Bright`] = [100 + i, 49];
}

const styles = {
  __proto__: null,
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
};

function plain(text) {
  return text;
}

function colored(text, style) {
  const color = colors[styles[style]];
  return color === undefined ? text : `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
}

return { defaults, colors, styles, plain, colored };
