// Calls what the prelude put in the place of V8's functions, and V8's own, with the same things: what they answer, throw
// and leave behind has to be the same. Evaluates to a function, which answers with the differences.
(function oracle(install) {
  'use strict';

  const natives = new Map();
  const targets = [
    ['Array', Array, ['from']],
    ['Array.prototype', Array.prototype, ['every', 'filter', 'forEach', 'includes', 'indexOf', 'lastIndexOf', 'map',
      'reduce', 'reduceRight', 'some', 'concat', 'copyWithin', 'fill', 'flat', 'flatMap', 'join', 'reverse', 'shift',
      'slice', 'splice', 'toReversed', 'toSpliced', 'unshift', 'with', 'sort', 'toSorted', 'toLocaleString']],
    ['String.prototype', String.prototype, ['includes', 'indexOf', 'lastIndexOf', 'match', 'normalize', 'replace',
      'replaceAll', 'split', 'toLowerCase', 'toUpperCase', 'localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
    ['TypedArray.prototype', Object.getPrototypeOf(Uint8Array.prototype), ['join', 'toLocaleString']],
    ['JSON', JSON, ['parse', 'stringify']],
    ['Intl', Intl, ['getCanonicalLocales']],
  ];
  for (const [owner, object, names] of targets) {
    for (const name of names) {
      natives.set(`${owner}.${name}`, Object.getOwnPropertyDescriptor(object, name));
    }
  }
  install();

  class Listed extends Array {}
  const receivers = {
    Array: [() => Array, () => Listed, () => undefined],
    'Array.prototype': [
      () => [], () => [1], () => [1, 2, 3, 2, 1], () => [3, , 1, , undefined, 'b', 'a'], () => [NaN, -0, 0, null],
      () => [[1, [2, [3]]], , [4]], () => new Listed(1, 2, 3), () => ({ length: 3, 0: 'a', 2: 'c' }),
      () => ({ length: -1 }), () => ({ length: '2', 0: 1, 1: 2 }), () => ({}), () => 'text', () => 7, () => undefined,
      () => new Uint8Array([5, 6, 7]), () => Object.freeze([1, 2, 3]), () => Object.freeze({ length: 2, 0: 1, 1: 2 }),
      () => Object.assign([1, 2, 3], { constructor: { [Symbol.species]: Listed } }),
      () => Object.assign([1, 2, 3], { constructor: undefined }), () => new Proxy([1, 2, 3], {}),
      () => Object.defineProperty([1, 2, 3], 1, { get() { this.length = 1; return 2; }, configurable: true }),
    ],
    'String.prototype': [
      () => '', () => 'a', () => 'abcabc', () => 'aaaa', () => 'x\u{1F600}y\u{1F600}', () => 'A\u0130\u00df', () => 12321,
      () => undefined, () => ({ toString: () => 'object' }), () => 'one,two;three', () => 'abcdefghijklmnopqrstuvwxyz'.repeat(9),
    ],
    'TypedArray.prototype': [() => new Uint8Array(), () => new Float64Array([1.5, -0, NaN]), () => [], () => undefined],
    JSON: [() => JSON],
    Intl: [() => Intl],
  };
  const functions = [
    (...given) => given.length, (value) => value > 1, (value) => [value, value], (a, b) => `${a}${b}`, Boolean,
    () => { throw new Error('thrown'); }, (match, at) => `<${match}${at}>`,
  ];
  const values = [
    () => undefined, () => null, () => 0, () => 1, () => -1, () => 2, () => 1.5, () => NaN, () => Infinity,
    () => -Infinity, () => '', () => 'a', () => 'b', () => 'abc', () => '$&$$$`$\'', () => '[$1$2$10$<n>$0]', () => ({}), () => [1, 2],
    () => ({ length: 2, 0: 'x', [Symbol.isConcatSpreadable]: true }), () => ['de', 'en'], () => ({ length: 1, 0: 'tr' }),
    () => /a/, () => /(?<n>b)|(c)/g, () => /(?:)/g, () => /(?:)/gu, () => /a*?/g, () => /,|;/, () => /(a)(b)?/y, () => /b|$/gm,
    () => new Set([1, 2]), () => Object.assign(/a/g, { exec: () => null }), () => ({ [Symbol.replace]: () => 'own',
      [Symbol.split]: () => ['own'], [Symbol.match]: () => 'own' }), () => 'NFD', () => '"json"', () => '[1,{"a":2}]',
    ...functions.map((value) => () => value),
  ];

  const show = (value, depth = 0) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      return Object.is(value, -0) ? '-0' : typeof value === 'string' ? `'${value}'` : String(value);
    }
    if (depth > 4) {
      return '...';
    }
    const kind = Object.prototype.toString.call(value) + (value instanceof Listed ? ' Listed' : '');
    const members = Reflect.ownKeys(value).map((key) => {
      const { get, value: member } = Reflect.getOwnPropertyDescriptor(value, key);
      return `${String(key)}: ${get ? 'getter' : show(member, depth + 1)}`;
    });
    return `${kind} {${members.join(', ')}}`;
  };
  const outcome = (method, receiver, given) => {
    let answer;
    try {
      answer = show(Reflect.apply(method, receiver, given));
    } catch (error) {
      answer = `throws ${error?.name ?? error}${error?.message === 'thrown' ? ' thrown' : ''}`;
    }
    return `${answer}; leaves ${show(receiver)}; ${given.map((value) => show(value)).join()}`;
  };

  // Calls with none, with one, with some pairs of arguments, and a few with three.
  const calls = [[]];
  values.forEach((first) => calls.push([first]));
  values.forEach((first, i) => values.forEach((second, j) => (i * 7 + j) % 9 === 0 && calls.push([first, second])));
  values.slice(0, 12).forEach((value) => calls.push([() => 1, () => 2, value], [value, () => 0, () => 2], [value, value, value]));

  const differences = [];
  let compared = 0;
  for (const [owner, object, names] of targets) {
    for (const name of names) {
      const native = natives.get(`${owner}.${name}`);
      const replaced = Object.getOwnPropertyDescriptor(object, name);
      const face = ({ value, writable, enumerable, configurable }) => [value.name, value.length, 'prototype' in value,
        writable, enumerable, configurable].join();
      if (face(native) !== face(replaced)) {
        differences.push(`${owner}.${name}: ${face(native)} or ${face(replaced)}`);
      }
      let told = 0;
      for (const receiver of receivers[owner]) {
        for (const given of calls) {
          const [expected, actual] = [native, replaced].map(({ value }) =>
            outcome(value, receiver(), given.map((make) => make())));
          compared++;
          if (expected !== actual && told++ < 3) {
            const call = `${show(receiver())}.${name}(${given.map((make) => show(make())).join()})`;
            differences.push(`${call}:\n  native   ${expected}\n  replaced ${actual}`);
          }
        }
      }
    }
  }
  return differences.length === 0 && compared > 100_000 ? '' : `${compared} compared\n${differences.join('\n')}`;
});
