'use strict';

// `node:path`, of POSIX systems.

const {
  ArrayPrototypeJoin, ArrayPrototypePop, ArrayPrototypePush, StringPrototypeEndsWith, StringPrototypeLastIndexOf,
  StringPrototypeSlice, StringPrototypeSplit, StringPrototypeStartsWith,
} = primordials;
const { invalidType } = load('web/errors');

const sep = '/';

function requireText(value, name) {
  if (typeof value !== 'string') throw invalidType(name, 'string', value);
}

// The parts of a path without `.` and, as far as there is something before them, `..`.
function resolveDots(path, isAbsolute) {
  const parts = StringPrototypeSplit(path, sep);
  const kept = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      ArrayPrototypePush(kept, part);
    } else if (kept.length > 0 && kept[kept.length - 1] !== '..') {
      ArrayPrototypePop(kept);
    } else if (!isAbsolute) {
      ArrayPrototypePush(kept, '..');
    }
  }
  return ArrayPrototypeJoin(kept, sep);
}

function isAbsolute(path) {
  requireText(path, 'path');
  return path[0] === sep;
}

function normalize(path) {
  requireText(path, 'path');
  if (path === '') return '.';
  const absolute = path[0] === sep;
  const trailing = path[path.length - 1] === sep;
  let normal = resolveDots(path, absolute);
  if (normal === '') {
    if (absolute) return sep;
    return trailing ? './' : '.';
  }
  if (trailing) normal += sep;
  return absolute ? `${sep}${normal}` : normal;
}

function join(...paths) {
  let joined = '';
  for (let i = 0; i < paths.length; i++) {
    requireText(paths[i], 'path');
    if (paths[i] !== '') joined += joined === '' ? paths[i] : `${sep}${paths[i]}`;
  }
  return joined === '' ? '.' : normalize(joined);
}

function resolve(...paths) {
  let resolved = '';
  for (let i = paths.length - 1; i >= -1 && resolved[0] !== sep; i--) {
    const path = i >= 0 ? paths[i] : load('node/process').cwd();
    requireText(path, `paths[${i}]`);
    if (path !== '') resolved = `${path}${sep}${resolved}`;
  }
  const absolute = resolved[0] === sep;
  const normal = resolveDots(resolved, absolute);
  if (absolute) return `${sep}${normal}`;
  return normal === '' ? '.' : normal;
}

function relative(from, to) {
  requireText(from, 'from');
  requireText(to, 'to');
  if (from === to) return '';
  const source = StringPrototypeSplit(resolve(from), sep);
  const target = StringPrototypeSplit(resolve(to), sep);
  if (source[source.length - 1] === '') ArrayPrototypePop(source);
  if (target[target.length - 1] === '') ArrayPrototypePop(target);
  let shared = 0;
  while (shared < source.length && shared < target.length && source[shared] === target[shared]) shared++;
  const way = [];
  for (let i = shared; i < source.length; i++) ArrayPrototypePush(way, '..');
  for (let i = shared; i < target.length; i++) ArrayPrototypePush(way, target[i]);
  return ArrayPrototypeJoin(way, sep);
}

function withoutTrailing(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === sep) end--;
  return StringPrototypeSlice(path, 0, end);
}

function dirname(path) {
  requireText(path, 'path');
  if (path === '') return '.';
  const trimmed = withoutTrailing(path);
  const slash = StringPrototypeLastIndexOf(trimmed, sep);
  if (slash === -1) return '.';
  if (slash === 0) return sep;
  return slash === 1 && trimmed[0] === sep ? '//' : StringPrototypeSlice(trimmed, 0, slash);
}

function basename(path, suffix) {
  requireText(path, 'path');
  if (suffix !== undefined) requireText(suffix, 'suffix');
  const trimmed = withoutTrailing(path);
  if (trimmed === sep || suffix === path) return '';
  const name = StringPrototypeSlice(trimmed, StringPrototypeLastIndexOf(trimmed, sep) + 1);
  if (suffix === undefined || suffix === '' || name === suffix || !StringPrototypeEndsWith(name, suffix)) return name;
  return StringPrototypeSlice(name, 0, name.length - suffix.length);
}

function extname(path) {
  requireText(path, 'path');
  const name = basename(path);
  const dot = StringPrototypeLastIndexOf(name, '.');
  return dot <= 0 || name === '..' ? '' : StringPrototypeSlice(name, dot);
}

function format(parts) {
  if (parts === null || typeof parts !== 'object') throw invalidType('pathObject', 'object', parts);
  const folder = parts.dir || parts.root;
  const { ext = '' } = parts;
  const base = parts.base || `${parts.name || ''}${ext === '' || StringPrototypeStartsWith(ext, '.') ? ext : `.${ext}`}`;
  if (!folder) return base;
  return folder === parts.root ? `${folder}${base}` : `${folder}${sep}${base}`;
}

function parse(path) {
  requireText(path, 'path');
  const root = path[0] === sep ? sep : '';
  const trimmed = withoutTrailing(path);
  const base = basename(path);
  const ext = extname(path);
  const name = StringPrototypeSlice(base, 0, base.length - ext.length);
  const slash = StringPrototypeLastIndexOf(trimmed, sep);
  let dir = root;
  if (slash > 0) dir = StringPrototypeSlice(trimmed, 0, slash);
  return { root, dir, base, ext, name };
}

const path = {
  sep,
  delimiter: ':',
  basename,
  dirname,
  extname,
  format,
  isAbsolute,
  join,
  normalize,
  parse,
  relative,
  resolve,
  toNamespacedPath: (value) => value,
};
path.posix = path;

return path;
