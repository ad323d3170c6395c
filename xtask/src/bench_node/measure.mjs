// Times the loops that are named as arguments, as `cargo bench` does: warmed up, then samples of as many rounds each. Prints
// the least and the median of one round, in nanoseconds, as JSON.
import './loops.js';

const SAMPLES = 30;
const WARM_UP_MS = 500;
const SAMPLE_MS = 1000 / SAMPLES;

const time = (loop, rounds) => {
  const begin = performance.now();
  loop(rounds);
  return performance.now() - begin;
};

const measure = (loop) => {
  let rounds = 1;
  let spent = 0;
  let last = 0;
  while (spent < WARM_UP_MS) {
    last = time(loop, rounds);
    spent += last;
    if (last < SAMPLE_MS / 2) rounds *= 2;
  }
  rounds = Math.max(1, Math.round((rounds * SAMPLE_MS) / last));
  const samples = Array.from({ length: SAMPLES }, () => (time(loop, rounds) * 1e6) / rounds).sort((a, b) => a - b);
  return { least_ns: samples[0], median_ns: samples[SAMPLES / 2] };
};

const figures = Object.fromEntries(process.argv.slice(2).map((name) => [name, measure(globalThis[name])]));
console.log(JSON.stringify({ node: process.version, v8: process.versions.v8, figures }));
