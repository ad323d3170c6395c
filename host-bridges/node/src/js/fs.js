'use strict';

// `node:fs`: each operation three times, answering at once, by a promise, and by a callback.

const {
  ArrayPrototypePop, ArrayPrototypePush, Date, ErrorCaptureStackTrace, NumberParseInt, ObjectAssign, ObjectDefineProperty,
  ObjectFreeze, PromisePrototypeThen, ReflectApply, StringPrototypeLastIndexOf, StringPrototypeSlice, Symbol,
  Uint8Array, decodeURIComponent,
} = primordials;
const { now, pooled } = host;
const { invalidType, invalidValue } = load('web/errors');
const { kindOf, Kind } = load('web/inspect/kind');
const { Buffer, asBuffer } = load('node/buffer');

const constants = ObjectFreeze({
  __proto__: null,
  F_OK: 0, X_OK: 1, W_OK: 2, R_OK: 4,
  COPYFILE_EXCL: 1, COPYFILE_FICLONE: 2, COPYFILE_FICLONE_FORCE: 4,
  S_IFMT: 0o170000, S_IFREG: 0o100000, S_IFDIR: 0o040000, S_IFCHR: 0o020000, S_IFBLK: 0o060000, S_IFIFO: 0o010000,
  S_IFLNK: 0o120000, S_IFSOCK: 0o140000,
  O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 0o100, O_EXCL: 0o200, O_TRUNC: 0o1000, O_APPEND: 0o2000,
});

// What becomes of a file's contents, by the flag it is opened with; the numbers are those of `Existing` in files.rs.
const FLAGS = { __proto__: null, w: 0, 'w+': 0, a: 1, 'a+': 1, wx: 2, 'wx+': 2, ax: 2, 'ax+': 2, 'r+': 3 };

const STATS_FIELDS = ['dev', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'blksize', 'ino', 'size', 'blocks', 'atimeMs',
  'mtimeMs', 'ctimeMs', 'birthtimeMs'];
const STATS_DATES = ['atime', 'mtime', 'ctime', 'birthtime'];

class Stats {
  constructor(values) {
    for (let i = 0; i < STATS_FIELDS.length; i++) this[STATS_FIELDS[i]] = values[i];
    for (let i = 0; i < STATS_DATES.length; i++) this[STATS_DATES[i]] = new Date(this[`${STATS_DATES[i]}Ms`]);
  }

  isFile() {
    return (this.mode & constants.S_IFMT) === constants.S_IFREG;
  }

  isDirectory() {
    return (this.mode & constants.S_IFMT) === constants.S_IFDIR;
  }

  isSymbolicLink() {
    return (this.mode & constants.S_IFMT) === constants.S_IFLNK;
  }

  isFIFO() {
    return (this.mode & constants.S_IFMT) === constants.S_IFIFO;
  }

  isSocket() {
    return (this.mode & constants.S_IFMT) === constants.S_IFSOCK;
  }

  isCharacterDevice() {
    return (this.mode & constants.S_IFMT) === constants.S_IFCHR;
  }

  isBlockDevice() {
    return (this.mode & constants.S_IFMT) === constants.S_IFBLK;
  }
}

const kType = Symbol('type');

class Dirent {
  constructor(name, parentPath, type) {
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    this[kType] = type;
  }

  isFile() {
    return this[kType] === 1;
  }

  isDirectory() {
    return this[kType] === 2;
  }

  isSymbolicLink() {
    return this[kType] === 3;
  }

  isFIFO() {
    return false;
  }

  isSocket() {
    return false;
  }

  isCharacterDevice() {
    return false;
  }

  isBlockDevice() {
    return false;
  }
}

function pathOf(path, name = 'path') {
  if (typeof path === 'string') return path;
  if (kindOf(path) === Kind.TypedArray && path instanceof Uint8Array) return asBuffer(path).toString();
  if (path !== null && typeof path === 'object' && typeof path.href === 'string') return pathOfUrl(path, name);
  throw invalidType(name, 'string, Buffer or URL', path);
}

function pathOfUrl(url, name) {
  if (url.protocol !== 'file:' || url.hostname !== '') throw invalidValue(name, 'a URL of a local file', url.href);
  return decodeURIComponent(url.pathname);
}

function optionsOf(options, defaults) {
  if (options === undefined || options === null || typeof options === 'function') return defaults;
  if (typeof options === 'string') return { ...defaults, encoding: options };
  if (typeof options !== 'object') throw invalidType('options', 'string or object', options);
  return { ...defaults, ...options };
}

function encodingOf(encoding) {
  if (encoding === undefined || encoding === null || encoding === 'buffer') return null;
  if (!Buffer.isEncoding(encoding)) throw invalidValue('encoding', 'an encoding', encoding);
  return encoding === 'utf8' || encoding === 'utf-8' ? 'utf8' : encoding;
}

function modeOf(mode, otherwise) {
  if (mode === undefined || mode === null) return otherwise;
  return typeof mode === 'string' ? NumberParseInt(mode, 8) : mode;
}

function writing(path, data, options, flag) {
  const { encoding, mode, flag: wanted } = optionsOf(options, { encoding: 'utf8', mode: 0o666, flag });
  const existing = FLAGS[wanted ?? flag];
  if (existing === undefined) throw invalidValue('flag', 'a flag for writing', wanted);
  const name = encodingOf(encoding) ?? 'utf8';
  if (typeof data === 'string' && name !== 'utf8') data = Buffer.from(data, name);
  return ['writeFile', [pathOf(path), data, existing, modeOf(mode, 0o666)], undefined];
}

function reading(path, options) {
  const { encoding, flag } = optionsOf(options, { encoding: null, flag: 'r' });
  if (flag !== undefined && flag !== null && flag[0] !== 'r') throw invalidValue('flag', 'a flag for reading', flag);
  const name = encodingOf(encoding);
  const finish = (contents) => {
    if (name === 'utf8') return contents;
    const buffer = asBuffer(contents);
    return name === null ? buffer : buffer.toString(name);
  };
  return ['readFile', [pathOf(path), name === 'utf8'], finish];
}

function statting(native) {
  return (path, options) => {
    if (options?.bigint) throw invalidValue('options.bigint', 'false', true);
    return [native, [pathOf(path)], (values) => new Stats(values)];
  };
}

function listing(path, options) {
  const { withFileTypes, recursive, encoding } = optionsOf(options, { encoding: 'utf8' });
  const parent = pathOf(path);
  const finish = (pairs) => {
    const entries = [];
    for (let i = 0; i < pairs.length; i += 2) {
      ArrayPrototypePush(entries, entryOf(parent, pairs[i], pairs[i + 1], withFileTypes, encoding === 'buffer'));
    }
    return entries;
  };
  return ['readdir', [parent, !!recursive], finish];
}

function entryOf(parent, way, type, withFileTypes, asBuffers) {
  const wrap = (name) => (asBuffers ? Buffer.from(name) : name);
  if (!withFileTypes) return wrap(way);
  const slash = StringPrototypeLastIndexOf(way, '/');
  const folder = slash === -1 ? parent : `${parent}/${StringPrototypeSlice(way, 0, slash)}`;
  return new Dirent(wrap(StringPrototypeSlice(way, slash + 1)), folder, type);
}

// What each operation asks of the host, and what it makes of the answer.
const operations = {
  __proto__: null,
  readFile: reading,
  writeFile: (path, data, options) => writing(path, data, options, 'w'),
  appendFile: (path, data, options) => writing(path, data, options, 'a'),
  stat: statting('stat'),
  lstat: statting('lstat'),
  readdir: listing,
  mkdir: (path, options) => ['mkdir', [pathOf(path), !!options?.recursive], undefined],
  unlink: (path) => ['unlink', [pathOf(path)], undefined],
  rmdir: (path) => ['rmdir', [pathOf(path)], undefined],
  rm: (path, options) => ['rm', [pathOf(path), !!options?.recursive, !!options?.force], undefined],
  rename: (from, to) => ['rename', [pathOf(from, 'oldPath'), pathOf(to, 'newPath')], undefined],
  copyFile: (from, to, mode = 0) => (
    ['copyFile', [pathOf(from, 'src'), pathOf(to, 'dest'), (mode & constants.COPYFILE_EXCL) !== 0], undefined]
  ),
  access: (path, mode = constants.F_OK) => ['access', [pathOf(path), (mode & constants.W_OK) !== 0], undefined],
};

const fs = {};
const promises = { constants };

function isMissing(error) {
  return error?.code === 'ENOENT';
}

function define(name, prepare) {
  const finished = (finish, answer) => (finish === undefined ? answer : finish(answer));
  const { sync } = { sync(...values) {
    const [native, given, finish] = prepare(...values);
    try {
      return finished(finish, ReflectApply(now[native], undefined, given));
    } catch (error) {
      throw thrownBy(error, sync);
    }
  } };
  const { promise } = { async promise(...values) {
    const [native, given, finish] = prepare(...values);
    try {
      return finished(finish, await ReflectApply(pooled[native], undefined, given));
    } catch (error) {
      throw thrownBy(error, promise);
    }
  } };
  const { callback } = { callback(...values) {
    const done = ArrayPrototypePop(values);
    if (typeof done !== 'function') throw invalidType('callback', 'function', done);
    PromisePrototypeThen(ReflectApply(promise, undefined, values), (answer) => {
      if (answer === undefined) done(null);
      else done(null, answer);
    }, (error) => { done(error); });
  } };
  fs[`${name}Sync`] = named(sync, `${name}Sync`);
  fs[name] = named(callback, name);
  promises[name] = named(promise, name);
}

// The host's error, whose stack begins with the caller of `callee`: that is where a script went wrong.
function thrownBy(error, callee) {
  ErrorCaptureStackTrace(error, callee);
  return error;
}

function named(func, name) {
  return ObjectDefineProperty(func, 'name', { __proto__: null, value: name, configurable: true });
}

for (const name of ['readFile', 'writeFile', 'appendFile', 'stat', 'lstat', 'readdir', 'mkdir', 'unlink', 'rmdir', 'rm',
  'rename', 'copyFile', 'access']) {
  define(name, operations[name]);
}

const throwingStat = { statSync: fs.statSync, lstatSync: fs.lstatSync };
for (const name of ['statSync', 'lstatSync']) {
  fs[name] = named((path, options) => {
    try {
      return throwingStat[name](path, options);
    } catch (error) {
      if (options?.throwIfNoEntry === false && isMissing(error)) return undefined;
      throw thrownBy(error, fs[name]);
    }
  }, name);
}

// Says no where it may not look, and never throws.
fs.existsSync = function existsSync(path) {
  try {
    return now.exists(pathOf(path));
  } catch {
    return false;
  }
};

fs.exists = function exists(path, callback) {
  if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
  PromisePrototypeThen(pooled.exists(pathOf(path)), callback, () => { callback(false); });
};

return ObjectAssign(fs, { promises, constants, Stats, Dirent, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 });
