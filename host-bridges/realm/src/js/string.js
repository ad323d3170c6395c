// Methods of strings that look for something. A string may be of 2 ** 29 units and cost its script nothing, for it may be
// one short string doubled many times.
(function string(common) {
  'use strict';

  const { ELEMENTS_MAX, add, apply, callAs, construct, replace, toInteger, toPosition, uncurryThis } = common;
  const { RangeError, RegExp, TypeError } = globalThis;
  const { prototype } = globalThis.String;
  const { match: matchSymbol, replace: replaceSymbol, species, split: splitSymbol } = Symbol;
  const { prototype: regExpPrototype } = RegExp;
  const { escape: nativeEscape } = globalThis;
  const nativeIncludes = uncurryThis(prototype.includes);
  const nativeIndexOf = uncurryThis(prototype.indexOf);
  const nativeLastIndexOf = uncurryThis(prototype.lastIndexOf);
  const nativeMatch = uncurryThis(prototype.match);
  const nativeNormalize = uncurryThis(prototype.normalize);
  const nativeReplace = uncurryThis(prototype.replace);
  const nativeReplaceAll = uncurryThis(prototype.replaceAll);
  const nativeSplit = uncurryThis(prototype.split);
  const nativeToLowerCase = uncurryThis(prototype.toLowerCase);
  const nativeToUpperCase = uncurryThis(prototype.toUpperCase);
  const nativeRegExpMatch = regExpPrototype[matchSymbol];
  const nativeRegExpReplace = regExpPrototype[replaceSymbol];
  const nativeRegExpSplit = regExpPrototype[splitSymbol];
  const charCodeAt = uncurryThis(prototype.charCodeAt);
  const slice = uncurryThis(prototype.slice);

  // Units of text that V8 may go through in one go, answering with something new for each.
  const TEXT_MAX = 2 ** 20;
  // Units that it may go through without that.
  const SCAN_MAX = 2 ** 25;
  // Units of the text times units of what is looked for: comparisons that a search may make at worst.
  const SEARCH_MAX = 2 ** 28;
  // A text of this length is never too long, whatever is looked for in it.
  const SHORT_MAX = 2 ** 14;

  const textOf = (value, method) => {
    if (value === undefined || value === null) {
      throw new TypeError(`String.prototype.${method} called on null or undefined`);
    }
    return `${value}`;
  };

  const tooLong = (length, method) =>
    new RangeError(`Invalid string length: ${length} units are too many for \`${method}\``);

  // Where `sought` is in `text`, from a position on: a piece of the text at a time.
  const find = (text, sought, from) => {
    if (text.length * sought.length <= SEARCH_MAX) {
      return nativeIndexOf(text, sought, from);
    }
    const starts = SEARCH_MAX / sought.length >>> 0 || 1;
    for (let start = from; start + sought.length <= text.length; start += starts) {
      const position = nativeIndexOf(slice(text, start, start + starts + sought.length - 1), sought);
      if (position >= 0) {
        return start + position;
      }
    }
    return -1;
  };

  const findLast = (text, sought, from) => {
    if (text.length * sought.length <= SEARCH_MAX) {
      return nativeLastIndexOf(text, sought, from);
    }
    const starts = SEARCH_MAX / sought.length >>> 0 || 1;
    const last = from < text.length - sought.length ? from : text.length - sought.length;
    for (let end = last + 1; end > 0; end -= starts) {
      const start = end > starts ? end - starts : 0;
      const position = nativeLastIndexOf(slice(text, start, end + sought.length - 1), sought);
      if (position >= 0) {
        return start + position;
      }
    }
    return -1;
  };

  const isPattern = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

  const exec = (pattern, text) => {
    const result = pattern.exec(text);
    if (result !== null && !isPattern(result)) {
      throw new TypeError('object null is not a function');
    }
    return result;
  };

  const advance = (text, index, isUnicode) => {
    if (!isUnicode || index + 1 >= text.length) {
      return index + 1;
    }
    const [high, low] = [charCodeAt(text, index), charCodeAt(text, index + 1)];
    return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff ? index + 2 : index + 1;
  };

  // All that a global pattern matches.
  const matches = (pattern, text, flags) => {
    const isUnicode = nativeIncludes(flags, 'u') || nativeIncludes(flags, 'v');
    const results = [];
    let count = 0;
    pattern.lastIndex = 0;
    for (let result = exec(pattern, text); result !== null; result = exec(pattern, text)) {
      add(results, count++, result);
      if (`${result[0]}` === '') {
        pattern.lastIndex = advance(text, pattern.lastIndex, isUnicode);
      }
    }
    return results;
  };

  const slowRegExpMatch = (pattern, text) => {
    const flags = `${pattern.flags}`;
    if (!nativeIncludes(flags, 'g')) {
      return exec(pattern, text);
    }
    const results = matches(pattern, text, flags);
    for (let index = 0; index < results.length; index++) {
      results[index] = `${results[index][0]}`;
    }
    return results.length === 0 ? null : results;
  };

  const isDigit = (code) => code >= 48 && code <= 57;

  // What `$` and what follows it stand for, and how many units that takes: the capture of two digits, of one, or a name.
  const reference = (template, at, captures, groups) => {
    const [first, second] = [charCodeAt(template, at + 1), charCodeAt(template, at + 2)];
    if (isDigit(first)) {
      for (const [number, taken] of isDigit(second) ? [[first * 10 + second - 528, 3], [first - 48, 2]] : [[first - 48, 2]]) {
        if (number > 0 && number < captures.length) {
          return [captures[number] === undefined ? '' : captures[number], taken];
        }
      }
    } else if (first === 60 && groups !== undefined) {
      const end = nativeIndexOf(template, '>', at + 2);
      if (end >= 0) {
        const value = groups[slice(template, at + 2, end)];
        return [value === undefined ? '' : `${value}`, end - at + 1];
      }
    }
    return ['$', 1];
  };

  const substitute = (template, text, position, captures, groups) => {
    let made = '';
    let from = 0;
    for (let at = nativeIndexOf(template, '$'); at >= 0; at = nativeIndexOf(template, '$', from)) {
      made += slice(template, from, at);
      const sign = slice(template, at + 1, at + 2);
      let [value, taken] = ['$', 2];
      if (sign === '&') {
        value = captures[0];
      } else if (sign === '`') {
        value = slice(text, 0, position);
      } else if (sign === "'") {
        value = slice(text, position + captures[0].length);
      } else if (sign !== '$') {
        [value, taken] = reference(template, at, captures, groups);
      }
      made += value;
      from = at + taken;
    }
    return made + slice(template, from);
  };

  const capturesOf = (result) => {
    const captures = [`${result[0]}`];
    const count = toInteger(result.length);
    for (let number = 1; number < count; number++) {
      const capture = result[number];
      add(captures, number, capture === undefined ? undefined : `${capture}`);
    }
    return captures;
  };

  const argumentsOf = (captures, position, text, groups) => {
    const given = captures;
    add(given, given.length, position);
    add(given, given.length, text);
    if (groups !== undefined) {
      add(given, given.length, groups);
    }
    return given;
  };

  const slowRegExpReplace = (pattern, text, replacement) => {
    const template = typeof replacement === 'function' ? undefined : `${replacement}`;
    const flags = `${pattern.flags}`;
    const first = nativeIncludes(flags, 'g') ? undefined : exec(pattern, text);
    const results = first === undefined ? matches(pattern, text, flags) : first === null ? [] : [first];
    let replaced = '';
    let from = 0;
    for (let index = 0; index < results.length; index++) {
      const result = results[index];
      const captures = capturesOf(result);
      const end = captures[0].length;
      const position = toPosition(result.index, text.length, 0);
      const { groups } = result;
      const value = template === undefined
        ? `${apply(replacement, undefined, argumentsOf(captures, position, text, groups))}`
        : substitute(template, text, position, captures, groups);
      if (position >= from) {
        replaced += slice(text, from, position) + value;
        from = position + end;
      }
    }
    return from >= text.length ? replaced : replaced + slice(text, from);
  };

  const slowReplace = (text, sought, replacement, times) => {
    const template = typeof replacement === 'function' ? undefined : `${replacement}`;
    let replaced = '';
    let from = 0;
    for (let position = find(text, sought, 0); position >= 0 && times > 0; times--) {
      const value = template === undefined
        ? `${replacement(sought, position, text)}`
        : substitute(template, text, position, [sought], undefined);
      replaced += slice(text, from, position) + value;
      from = position + sought.length;
      const next = sought.length === 0 ? position + 1 : from;
      position = next > text.length ? -1 : find(text, sought, next);
    }
    return replaced + slice(text, from);
  };

  const slowSplit = (text, separator, limit) => {
    if (separator === '') {
      if (text.length > ELEMENTS_MAX && limit > ELEMENTS_MAX) {
        throw new RangeError(`Invalid array length: ${text.length} pieces of a string are too many`);
      }
      return nativeSplit(text, '', limit);
    }
    const pieces = [];
    let [count, from] = [0, 0];
    for (let at = find(text, separator, 0); at >= 0 && count < limit; at = find(text, separator, from)) {
      add(pieces, count++, slice(text, from, at));
      from = at + separator.length;
    }
    if (count < limit) {
      add(pieces, count, slice(text, from));
    }
    return pieces;
  };

  // As the language has it, but that the pattern is not tried at each position in turn.
  const slowRegExpSplit = (pattern, text, limit) => {
    const constructor = pattern.constructor?.[species] ?? RegExp;
    const flags = `${pattern.flags}`;
    const isUnicode = nativeIncludes(flags, 'u') || nativeIncludes(flags, 'v');
    // A sticky pattern matches anywhere here, too.
    const free = nativeReplace(flags, 'y', '');
    const splitter = construct(constructor, [pattern, nativeIncludes(free, 'g') ? free : `${free}g`]);
    const pieces = [];
    let [count, from, at] = [0, 0, 0];
    while (at < text.length && count < limit) {
      splitter.lastIndex = at;
      const result = exec(splitter, text);
      const end = result === null ? 0 : toPosition(splitter.lastIndex, text.length, 0);
      if (result === null || result.index >= text.length) {
        break;
      }
      if (end === from) {
        at = advance(text, at, isUnicode);
        continue;
      }
      add(pieces, count++, slice(text, from, result.index));
      for (let number = 1; number < result.length && count < limit; number++) {
        add(pieces, count++, result[number]);
      }
      from = end;
      at = end;
    }
    const isNothing = text === '' && exec(splitter, text) !== null;
    if (count < limit && !isNothing) {
      add(pieces, count, slice(text, from));
    }
    return pieces;
  };

  // What a pattern's own method answers; `undefined` where it has none. The language's own one is replaced by `slow`.
  const delegate = (pattern, symbol, native, slow, receiver, text, argument) => {
    const method = pattern[symbol];
    if (method === undefined || method === null) {
      return undefined;
    }
    const answer = method === native ? slow(pattern, text, argument) : callAs(method, pattern, receiver, argument);
    return { __proto__: null, answer };
  };

  // The same, where the text is long.
  const longReplace = (receiver, method, pattern, replacement) => {
    const text = textOf(receiver, method);
    if (isPattern(pattern)) {
      if (method === 'replaceAll' && pattern[matchSymbol] && !nativeIncludes(`${pattern.flags}`, 'g')) {
        throw new TypeError('replaceAll must be called with a global RegExp');
      }
      const slow = text.length <= TEXT_MAX
        ? (pattern, text, replacement) => callAs(nativeRegExpReplace, pattern, text, replacement)
        : slowRegExpReplace;
      const done = delegate(pattern, replaceSymbol, nativeRegExpReplace, slow, receiver, text, replacement);
      if (done !== undefined) {
        return done.answer;
      }
    }
    return slowReplace(text, `${pattern}`, replacement, method === 'replace' ? 1 : Infinity);
  };

  const longSplit = (receiver, separator, limit) => {
    const text = textOf(receiver, 'split');
    if (isPattern(separator)) {
      const slow = text.length <= TEXT_MAX
        ? (pattern, text, limit) => callAs(nativeRegExpSplit, pattern, text, limit)
        : (pattern, text, limit) => slowRegExpSplit(pattern, text, limit === undefined ? 2 ** 32 - 1 : limit >>> 0);
      const done = delegate(separator, splitSymbol, nativeRegExpSplit, slow, receiver, text, limit);
      if (done !== undefined) {
        return done.answer;
      }
    }
    const pieces = limit === undefined ? 2 ** 32 - 1 : limit >>> 0;
    return separator === undefined ? nativeSplit(text, undefined, pieces) : slowSplit(text, `${separator}`, pieces);
  };

  const longMatch = (receiver, pattern) => {
    const text = textOf(receiver, 'match');
    if (isPattern(pattern)) {
      const done = delegate(pattern, matchSymbol, nativeRegExpMatch, slowRegExpMatch, receiver, text, undefined);
      if (done !== undefined) {
        return done.answer;
      }
    }
    return nativeMatch(text, pattern);
  };

  const scan = (receiver, method, native, argument) => {
    const text = textOf(receiver, method);
    if (text.length > SCAN_MAX) {
      throw tooLong(text.length, method);
    }
    return native(text, argument);
  };

  const isShort = (value) => typeof value === 'string' && value.length <= SHORT_MAX;

  replace(globalThis, {
    escape(text) {
      return scan(`${text}`, 'escape', nativeEscape, undefined);
    },
  });

  replace(prototype, {
    includes(sought, from = undefined) {
      if ((typeof this === 'string' && this.length <= SHORT_MAX) || isShort(sought) && sought.length < 32) {
        return from === undefined ? nativeIncludes(this, sought) : nativeIncludes(this, sought, from);
      }
      const text = textOf(this, 'includes');
      // Throws where a pattern is given, which a string cannot be asked for.
      const needle = typeof sought === 'string' ? sought : (nativeIncludes('', sought), `${sought}`);
      return find(text, needle, toPosition(toInteger(from) < 0 ? 0 : from, text.length, 0)) >= 0;
    },
    indexOf(sought, from = undefined) {
      if ((typeof this === 'string' && this.length <= SHORT_MAX) || isShort(sought) && sought.length < 32) {
        return from === undefined ? nativeIndexOf(this, sought) : nativeIndexOf(this, sought, from);
      }
      const text = textOf(this, 'indexOf');
      const needle = `${sought}`;
      return find(text, needle, toPosition(toInteger(from) < 0 ? 0 : from, text.length, 0));
    },
    lastIndexOf(sought, from = undefined) {
      if ((typeof this === 'string' && this.length <= SHORT_MAX) || isShort(sought) && sought.length < 32) {
        return nativeLastIndexOf(this, sought, from);
      }
      const text = textOf(this, 'lastIndexOf');
      const needle = `${sought}`;
      const number = +from;
      const last = number !== number ? text.length : toPosition(number < 0 ? 0 : number, text.length, text.length);
      return findLast(text, needle, last);
    },
    match(pattern) {
      return typeof this === 'string' && this.length <= TEXT_MAX ? nativeMatch(this, pattern) : longMatch(this, pattern);
    },
    normalize(form = undefined) {
      return scan(this, 'normalize', nativeNormalize, form);
    },
    replace(pattern, replacement) {
      return typeof this === 'string' && this.length <= SHORT_MAX
        ? nativeReplace(this, pattern, replacement)
        : longReplace(this, 'replace', pattern, replacement);
    },
    replaceAll(pattern, replacement) {
      return typeof this === 'string' && this.length <= SHORT_MAX
        ? nativeReplaceAll(this, pattern, replacement)
        : longReplace(this, 'replaceAll', pattern, replacement);
    },
    split(separator, limit) {
      return typeof this === 'string' && this.length <= SHORT_MAX
        ? nativeSplit(this, separator, limit)
        : longSplit(this, separator, limit);
    },
    toLowerCase() {
      return typeof this === 'string' && this.length <= SCAN_MAX
        ? nativeToLowerCase(this)
        : scan(this, 'toLowerCase', nativeToLowerCase, undefined);
    },
    toUpperCase() {
      return typeof this === 'string' && this.length <= SCAN_MAX
        ? nativeToUpperCase(this)
        : scan(this, 'toUpperCase', nativeToUpperCase, undefined);
    },
  });
});
