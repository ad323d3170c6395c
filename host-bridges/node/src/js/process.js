'use strict';

// `process`: what a script is told of the run it is part of.

const {
  ArrayIsArray, defineHidden, Number, PromisePrototypeThen, PromiseResolve, ReflectApply,
  String, SymbolToStringTag, TypeError, Uint8Array,
} = primordials;
const { invalidType } = load('web/errors');
const EventEmitter = load('node/events');
const { asBuffer } = load('node/buffer');

const OUT = 1;
const ERR = 2;
const BILLION = 1_000_000_000n;

// The release whose behaviour the modules follow.
const NODE = '20.20.2';

function streamTo(number) {
  const stream = new EventEmitter();
  stream.fd = number;
  stream.writable = true;
  stream.isTTY = false;
  stream.write = function write(chunk, encoding, callback) {
    if (typeof encoding === 'function') callback = encoding;
    if (typeof chunk !== 'string') {
      if (!(chunk instanceof Uint8Array)) throw invalidType('chunk', 'string, Buffer or Uint8Array', chunk);
      chunk = asBuffer(chunk).toString();
    }
    host.write(number, chunk);
    if (typeof callback === 'function') process.nextTick(callback);
    return true;
  };
  stream.end = function end(chunk, encoding, callback) {
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') stream.write(chunk, encoding);
    const done = typeof chunk === 'function' ? chunk : callback;
    if (typeof done === 'function') process.nextTick(done);
    return stream;
  };
  return stream;
}

const env = {};
const argv = [];
const process = new EventEmitter();

// What is the sandbox's own; told again where a snapshot has brought `process` into another one.
function tell() {
  for (const key of primordials.ObjectKeys(env)) delete env[key];
  const environment = host.environment();
  for (let i = 0; i < environment.length; i += 2) env[environment[i]] = environment[i + 1];
  const told = host.arguments();
  argv.length = told.length;
  for (let i = 0; i < told.length; i++) argv[i] = told[i];
  process.argv0 = argv[0];
  process.execPath = argv[0];
}
load('node/process_told').tell = tell;

function hrtime(previous) {
  const nanoseconds = host.elapsed();
  let seconds = Number(nanoseconds / BILLION);
  let rest = Number(nanoseconds % BILLION);
  if (previous !== undefined) {
    if (!ArrayIsArray(previous)) throw invalidType('time', 'array', previous);
    seconds -= previous[0];
    rest -= previous[1];
    if (rest < 0) {
      seconds -= 1;
      rest += 1e9;
    }
  }
  return [seconds, rest];
}

hrtime.bigint = function bigint() {
  return host.elapsed();
};

function exit(code = process.exitCode ?? 0) {
  process.emit('exit', Number(code));
  return host.exit(Number(code));
}

// Before the promises' reactions that are queued after it, but after those queued before: there is one queue.
function nextTick(callback, ...values) {
  if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
  PromisePrototypeThen(PromiseResolve(), () => { ReflectApply(callback, undefined, values); });
}

function memoryUsage() {
  const [heapTotal, heapUsed, external] = host.memory();
  return { rss: heapTotal + external, heapTotal, heapUsed, external, arrayBuffers: external };
}

function emitWarning(warning, type) {
  const name = typeof type === 'object' && type !== null ? type.type : type;
  const text = typeof warning === 'string' ? `${name ?? 'Warning'}: ${warning}` : String(warning);
  host.write(ERR, `(innerbox) ${text}\n`);
}

function unavailable(name) {
  return () => { throw new TypeError(`process.${name} is not available in a sandbox`); };
}

const properties = {
  title: 'innerbox',
  pid: 1,
  ppid: 0,
  platform: host.platform,
  arch: host.arch,
  version: `v${NODE}`,
  versions: { node: NODE, v8: host.v8, innerbox: host.innerbox },
  release: { name: 'node' },
  argv,
  argv0: undefined,
  execArgv: [],
  execPath: undefined,
  env,
  exitCode: undefined,
  features: {},
  config: {},
  stdout: streamTo(OUT),
  stderr: streamTo(ERR),
  cwd: () => host.cwd(),
  chdir: unavailable('chdir'),
  kill: unavailable('kill'),
  umask: () => 0o022,
  uptime: () => Number(host.elapsed()) / 1e9,
  exit,
  hrtime,
  nextTick,
  memoryUsage,
  emitWarning,
};
for (const key of primordials.ObjectKeys(properties)) process[key] = properties[key];
tell();
defineHidden(process, { [SymbolToStringTag]: 'process' });

return process;
