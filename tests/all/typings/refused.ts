// What the declarations refuse is refused by the crossing too: each line is an error to the compiler, and throws.
import { Image } from 'image';
import { digestHex } from 'digest';
import * as echo from 'fixture-echo';
import { add } from 'fixture-bare';
import { instantiate } from 'innerbox:component';

declare const console: { log(...values: unknown[]): void };

const wrong: Array<() => unknown> = [
  // @ts-expect-error
  () => add('1', 2),
  // @ts-expect-error
  () => add(1n, 2),
  // @ts-expect-error
  () => add(1),
  // @ts-expect-error
  () => echo.echoU64(1),
  // @ts-expect-error
  () => echo.echoBool(1),
  // @ts-expect-error
  () => echo.echoString(1),
  // @ts-expect-error
  () => echo.echoListU8(new Uint16Array(1)),
  // @ts-expect-error
  () => echo.echoListU8('bytes'),
  // @ts-expect-error
  () => echo.echoListU8(new Set([1])),
  // @ts-expect-error
  () => echo.echoListU16(new Uint8Array(1)),
  // @ts-expect-error
  () => echo.echoListU64([1]),
  // @ts-expect-error
  () => echo.echoListString('a'),
  // @ts-expect-error
  () => echo.echoListString({ length: 0 }),
  // @ts-expect-error
  () => echo.echoPoint({ x: 1 }),
  // @ts-expect-error
  () => echo.echoTuple2([1]),
  // @ts-expect-error
  () => echo.echoTuple2([1, 'a', 2]),
  // @ts-expect-error
  () => echo.echoColor('blue'),
  // @ts-expect-error
  () => echo.echoShape({ tag: 'round' }),
  // @ts-expect-error
  () => echo.echoShape({ tag: 'byte' }),
  // @ts-expect-error
  () => echo.echoFlags3({ b0: 1 }),
  // @ts-expect-error
  () => echo.echoOptionU32('1'),
  // @ts-expect-error
  () => echo.echoOptionOptionU32({ tag: 'many', val: 1 }),
  // @ts-expect-error
  () => echo.echoResults({ both: 1, ok: { tag: 'ok', val: 1 }, err: { tag: 'ok' }, neither: { tag: 'ok' } }),
  // @ts-expect-error
  () => echo.echoCounter({}),
  // @ts-expect-error
  () => echo.echoCounter(new echo.Badge('b')),
  // @ts-expect-error
  () => new echo.Counter('1'),
  // @ts-expect-error
  () => echo.Counter(1),
  // @ts-expect-error
  () => echo.Counter.merge([new echo.Badge('b')]),
  // @ts-expect-error
  () => new Image(),
  // @ts-expect-error
  () => Image.fromPixels(1, 1, '....'),
  // @ts-expect-error
  () => digestHex('md5', []),
  // @ts-expect-error
  () => instantiate('fixture-given'),
  // @ts-expect-error
  () => instantiate('fixture-given', {}),
  // @ts-expect-error
  () => instantiate('fixture-given', { host: { add: (a: number, b: number) => a + b } }),
];

for (const call of wrong) {
  try {
    console.log(`${call} gave`, call());
  } catch (error) {
    if (!(error instanceof TypeError)) console.log(`${call} threw`, error);
  }
}
console.log(wrong.length);
