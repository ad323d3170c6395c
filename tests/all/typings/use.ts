// Guests in use, as their declarations have them: type-checked, and then run.
import image, { codec, decode, Image, type Encoding, type Error as ImageError, type Info } from 'image';
import { probe } from 'innerbox:image/codec@0.1.0';
import { Image as SameImage } from 'innerbox:image/codec';
import { Hasher, digestHex, xxh3, type Algorithm } from 'digest';
import * as echo from 'fixture-echo';
import type { Person, PersonLike, Point, Shape } from 'fixture-echo';
import { add, left, right } from 'fixture-bare';
import type { Imports } from 'fixture-given';
import { instantiate, promising } from 'innerbox:component';

declare const console: { log(...values: unknown[]): void };

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
type Returned<F extends (...args: never[]) => unknown> = ReturnType<F>;

// What comes back is known exactly.
const exact: [
  Same<Returned<typeof decode>, Image>,
  Same<Returned<typeof xxh3>, bigint>,
  Same<Returned<typeof echo.nop>, void>,
  Same<Returned<typeof echo.echoListU8>, Uint8Array<ArrayBuffer>>,
  Same<Returned<typeof echo.echoListU64>, BigUint64Array<ArrayBuffer>>,
  Same<Returned<typeof echo.echoListString>, string[]>,
  Same<Returned<typeof echo.echoTuple2>, [number, string]>,
  Same<Returned<typeof echo.echoOptionU32>, number | undefined>,
  Same<Returned<typeof echo.echoOptionOptionU32>, { tag: 'some'; val: number | undefined } | undefined>,
  Same<Returned<typeof echo.echoResult>, number>,
  Same<Returned<typeof echo.echoResultErr>, void>,
  Same<Returned<typeof echo.echoColor>, 'red' | 'green' | 'dark-blue'>,
  Same<Returned<typeof echo.echoPerson>, Person>,
  Same<Info['format'], codec.Format | undefined>,
  Same<typeof SameImage, typeof image.codec.Image>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true, true];

// Bytes are taken in every form, and other numbers in theirs.
const forms = [new Uint8Array(2), new Uint8ClampedArray(2), new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), [0, 0]];
console.log(exact.length, new Set(forms.map((bytes) => digestHex('blake3', bytes))).size);
console.log(echo.sum(new Uint32Array([1, 2])) + echo.sum([3, 4]), echo.echoListS64([5n])[0]);

// What comes back may be given again; what is optional may be left out.
const someone: PersonLike = { name: 'Ada', age: 36, nickNames: ['A'] as const, address: { street: 'x', houseNumber: 7 } };
const ada: Person = echo.echoPerson(echo.echoPerson(someone));
const place: Point | undefined = ada.address.place;
console.log(ada.name, ada.email?.length, place, ada.nickNames.length);
console.log(echo.echoOptionU32(), echo.echoOptionU32(null), echo.echoOptionU32(7), echo.peek());
console.log(echo.echoOptionOptionU32(7)?.val, echo.echoOptionOptionU32({ tag: 'some' })?.tag, echo.echoOptionOptionU32({ tag: 'none' }));
console.log(echo.echoFlags3({ b1: true }).b1, echo.echoMixed(true, 1, 2n, 3, 'c', 's', 4, undefined, 'red').length);

// A variant is told by its tag.
const area = (shape: Shape): number => {
  switch (shape.tag) {
    case 'place':
      return shape.val.x * shape.val.y;
    case 'bytes':
      return shape.val.byteLength;
    case 'maybe':
      return shape.val ?? -1;
    default:
      return 0;
  }
};
console.log(area(echo.echoShape({ tag: 'place', val: { x: 2, y: 3 } })), area(echo.echoShape({ tag: 'maybe' })));
console.log(area(echo.echoShape({ tag: 'bytes', val: [1, 2, 3, 4] })), area(echo.echoShape({ tag: 'nothing' })));

// A failure carries its payload.
const why = (bytes: Uint8Array): ImageError | undefined => {
  try {
    probe(bytes);
  } catch (error) {
    if (error instanceof ComponentError) return error.payload;
    throw error;
  }
  return undefined;
};
console.log(why(new Uint8Array(4))?.tag);

// Resources are classes, under whichever name.
const formats: Encoding[] = [{ tag: 'png' }, { tag: 'jpeg', val: 80 }];
{
  using dot = Image.fromPixels(2, 1, new Uint8Array(8));
  using wide: codec.Image = dot.resize({ width: 4 });
  using again = codec.decode(wide.encode(formats[0]!));
  console.log(again.info().width, again instanceof SameImage);
  using hasher = new Hasher('sha256' satisfies Algorithm);
  hasher.update(dot.pixels());
  console.log(hasher.digest().length);
}
const counter = echo.Counter.parse('41');
console.log(counter.next(), echo.Counter.total([counter]), new echo.Counter(1).absorb(counter));

console.log(add(1, 2), left.side(), right.side(), right.swap({ first: 1, second: 2 }));

// What a component imports is given as it wants it.
class Sink implements Imports.Host.Sink {
  #lines = 0;
  static opened: string[] = [];
  constructor(readonly name: string) {}
  write(line: string): number {
    return (this.#lines += line.length > 0 ? 1 : 0);
  }
  static largest(sinks: Imports.Host.Sink[]): string {
    return `${sinks.length}`;
  }
  static open(name: string): Sink {
    if (name === '') throw 'no name';
    return new Sink(name);
  }
}
const host: Imports.Host.Given = {
  Sink,
  add: (a, b) => a + b,
  poke() {},
  greet: (name) => `hello, ${name}`,
  mirror: (person) => ({ ...person, email: null }),
  describe: (before, shape, after) => (shape.tag === 'corner' ? `${before} ${shape.val[1]} ${after}` : shape.tag),
  bytes: (bytes) => [...bytes].reverse(),
  parse(text) {
    if (text === '') throw new TypeError('no number');
    return Number(text);
  },
  many: (...all) => [BigInt(all.length), all[12]],
};
const guest = instantiate('fixture-given', { host });
console.log(guest.count(1, 2), guest.greet('you'), guest.describe({ tag: 'corner', val: [1, 2n] }), guest.bytes([1, 2]));
console.log(guest.writeAll('sink', ['a', '', 'b']), guest.open('s') instanceof Sink, guest.mirror({ name: 'n', age: 1, tags: [] }).email);

// The same exports, off the thread.
const later: Promise<string> = promising(digestHex)('sha256', [1]);
const count = new echo.Counter(4);
console.log((await later).length, await promising(count.next).call(count));
