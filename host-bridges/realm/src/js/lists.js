// Lists that functions take besides the array they belong to: of locales, and of names for `JSON.stringify`.
(function lists(common) {
  'use strict';

  const { add, apply, callAs, construct, isArray, isRealArray, ownKeys, replace, toLength, uncurryThis } = common;
  const { defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { Intl, JSON, RangeError } = globalThis;
  const { parse, stringify } = JSON;
  const localeCompare = uncurryThis(String.prototype.localeCompare);
  const localeToString = uncurryThis(Intl.Locale.prototype.toString);

  // Locales that anybody has use for.
  const LOCALES_MAX = 1_000;
  // Names of properties that `JSON.stringify` shall write.
  const NAMES_MAX = 2 ** 20;
  // Units of JSON that are parsed in one go.
  const JSON_MAX = 2 ** 25;

  const isLocale = (value) => {
    try {
      localeToString(value);
      return true;
    } catch {
      return false;
    }
  };

  const tooMany = (length) => new RangeError(`Invalid array length: ${length} locales are too many`);

  // The locales as V8 may go through them: a real array is as long as it says.
  const localesOf = (locales) => {
    if (typeof locales !== 'object' || locales === null || isLocale(locales)) {
      return locales;
    }
    const length = toLength(locales.length);
    if (length > LOCALES_MAX) {
      throw tooMany(length);
    }
    if (isRealArray(locales)) {
      return locales;
    }
    const copy = [];
    let count = 0;
    for (let index = 0; index < length; index++) {
      if (index in locales) {
        add(copy, count++, locales[index]);
      }
    }
    return copy;
  };

  const withLocales = (object, names, position) => {
    for (const name of names) {
      const native = object[name];
      const { method } = {
        method(...given) {
          if (given.length > position) {
            given[position] = localesOf(given[position]);
          }
          return apply(native, this, given);
        },
      };
      defineProperty(method, 'name', { __proto__: null, value: name });
      replace(object, { __proto__: null, [name]: method });
    }
  };

  const replaceConstructor = (name) => {
    const Native = Intl[name];
    function Constructor(locales, options) {
      const given = [localesOf(locales), options];
      return new.target === undefined ? apply(Native, this, given) : construct(Native, given, new.target);
    }
    for (const key of ownKeys(Native)) {
      defineProperty(Constructor, key, getOwnPropertyDescriptor(Native, key));
    }
    defineProperty(Native.prototype, 'constructor', {
      ...getOwnPropertyDescriptor(Native.prototype, 'constructor'),
      value: Constructor,
    });
    replace(Intl, { __proto__: null, [name]: Constructor });
    withLocales(Constructor, ['supportedLocalesOf'], 0);
  };

  for (const name of ownKeys(Intl)) {
    if (typeof name === 'string' && typeof Intl[name]?.supportedLocalesOf === 'function') {
      replaceConstructor(name);
    }
  }
  withLocales(Intl, ['getCanonicalLocales'], 0);
  withLocales(String.prototype, ['toLocaleLowerCase', 'toLocaleUpperCase'], 0);
  withLocales(Number.prototype, ['toLocaleString'], 0);
  withLocales(BigInt.prototype, ['toLocaleString'], 0);
  withLocales(Date.prototype, ['toLocaleDateString', 'toLocaleString', 'toLocaleTimeString'], 0);
  for (const name of ownKeys(globalThis.Temporal ?? {})) {
    const { prototype } = Temporal[name];
    if (typeof prototype?.toLocaleString === 'function' && Object.hasOwn(prototype, 'toLocaleString')) {
      withLocales(prototype, ['toLocaleString'], 0);
    }
  }
  replace(String.prototype, {
    localeCompare(that, locales = undefined, options = undefined) {
      return localeCompare(this, that, localesOf(locales), options);
    },
  });

  replace(JSON, {
    parse(text, reviver) {
      const json = typeof text === 'string' ? text : `${text}`;
      if (json.length > JSON_MAX) {
        throw new RangeError(`Invalid string length: ${json.length} units are too many for \`parse\``);
      }
      return parse(json, reviver);
    },
    stringify(value, replacer, space) {
      if (isArray(replacer) && replacer.length > NAMES_MAX) {
        throw new RangeError(`Invalid array length: ${replacer.length} names are too many for \`stringify\``);
      }
      return stringify(value, replacer, space);
    },
  });
});
