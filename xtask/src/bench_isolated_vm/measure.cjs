// Takes the measurement that is named as an argument, as `benches/beside.rs` does for Innerbox, and prints it as JSON.
const fs = require('node:fs');
const { setTimeout: sleep, setImmediate: turn } = require('node:timers/promises');
const ivm = require('isolated-vm');

const SCRIPT = '1 + 1';
const MEMORY_LIMIT_MIB = 64;
const WARM_UP = 20;
const TIMED = 200;
const IDLE = 200;
const GONE = [1_000, 10_000];
const AFTERMATH_MS = 500;

/** A fresh isolate that has run the script in a fresh context. */
const used = () => {
  const isolate = new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MIB });
  const context = isolate.createContextSync();
  if (context.evalSync(SCRIPT) !== 2) throw new Error('a wrong answer');
  return { isolate, context };
};

const fresh = () => used().isolate.dispose();

const inside = (isolate) => () => {
  const context = isolate.createContextSync();
  if (context.evalSync(SCRIPT) !== 2) throw new Error('a wrong answer');
  context.release();
};

/** Between two rounds isolated-vm may clean up, which is not in the times of the rounds but in the processor's. */
const timed = async (round) => {
  for (let i = 0; i < WARM_UP; i++) { round(); await turn(); }
  const before = process.cpuUsage();
  const times = [];
  for (let i = 0; i < TIMED; i++) {
    const start = process.hrtime.bigint();
    round();
    times.push(Number(process.hrtime.bigint() - start));
    await turn();
  }
  await sleep(AFTERMATH_MS / 10);
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  return { least_ns: times[0], median_ns: times[TIMED / 2], processor_ns: ((user + system) * 1e3) / TIMED };
};

const residentBytes = () => {
  const [, kilobytes] = /^Rss:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/smaps_rollup', 'latin1'));
  return Number(kilobytes) * 1024;
};

const idle = () => {
  const first = Array.from({ length: WARM_UP }, used);
  const before = residentBytes();
  const isolates = Array.from({ length: IDLE }, used);
  const resident = (residentBytes() - before) / IDLE;
  const statistics = isolates.map(({ isolate }) => isolate.getHeapStatisticsSync());
  const each = (name) => statistics.reduce((sum, one) => sum + one[name], 0) / IDLE;
  first.forEach(({ isolate }) => isolate.dispose());
  return {
    resident_bytes: resident,
    heap_bytes: each('total_physical_size'),
    objects_bytes: each('used_heap_size'),
    malloced_bytes: each('malloced_memory'),
  };
};

const gone = async () => {
  const after = [];
  let made = 0;
  for (const count of GONE) {
    for (; made < count; made++) { fresh(); await turn(); }
    await sleep(AFTERMATH_MS);
    after.push(residentBytes());
  }
  return { first_bytes: after[0], last_bytes: after[1] };
};

const measurements = {
  fresh: () => timed(fresh),
  context: () => timed(inside(new ivm.Isolate({ memoryLimit: MEMORY_LIMIT_MIB }))),
  pool: () => null, // isolated-vm has none
  idle,
  gone,
};

const main = async () => {
  const figures = await measurements[process.argv[2]]();
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
};

main();
