// What a component of the world `languages` costs to call, and to have again after it trapped:
// `innerbox run --ext=target/languages/NAME.wasm guest/languages/measure.js NAME`

const [name] = process.argv.slice(2);
const component = await import(name);
const guest = component.echo ?? component; // with several interfaces, each is a namespace
guest.echoU32(1);

// The least time of a turn, in microseconds: what else a machine does only ever adds to one.
const least = (rounds, turns, turn) => {
  const times = Array.from({ length: rounds }, () => {
    const before = performance.now();
    for (let index = 0; index < turns; index += 1) turn(index);
    return ((performance.now() - before) * 1000) / turns;
  });
  return `${Math.min(...times).toPrecision(2)} us`;
};

const again = () => {
  try {
    guest.fail('to have a fresh instance');
  } catch {
    guest.echoU32(1);
  }
};
const text = 'x'.repeat(1024);
console.log(`${name}: ${least(5, 10, again)} for a fresh instance after a trap, ready and called;`
  + ` ${least(5, 10_000, guest.echoU32)} a call of one number; ${least(5, 1000, () => guest.echoString(text))} for 1 KiB of`
  + ' text, in and out');
