const path = require('node:path');
const paths = ['', '.', '..', '/', '//', '///', 'a', '/a', 'a/', '/a/', 'a/b', '/a/b/', 'a//b', './a', '../a', 'a/..', 'a/../..',
  '/../a', 'a/./b/../c/', '.hidden', '.hidden.txt', 'a.b.c', 'a.', '..a', 'a..', 'dir.x/file', '/dir/file.txt', '//a', '//a/b', 'a/b///', './', '../', 'x/.', 'file.tar.gz', '...', '....ext'];
for (const p of paths) {
  console.log(JSON.stringify(p), path.normalize(p), path.dirname(p), path.basename(p), path.basename(p, '.txt'), path.extname(p), path.isAbsolute(p), JSON.stringify(path.parse(p)), path.format(path.parse(p)));
}
console.log(path.join('a', '', '..', 'b'), path.join(''), path.join(), path.join('/a', '../../b'), path.join('a', '/b'), path.join('..', 'x', '../..'), path.join('/', '/x'));
console.log(path.resolve('/a', 'b', '../c'), path.resolve('/a', '/b'), path.resolve('/a/b/', '..', './x/'), path.resolve('/', '..'));
for (const [a, b] of [['/a/b', '/a/c'], ['/a', '/a/b/c'], ['/a/b/c', '/a'], ['/', '/a'], ['/a', '/'], ['/a/b', '/a/b'], ['/a/b/', '/a/bc']]) console.log(a, b, path.relative(a, b));
console.log(path.format({ dir: '/d', base: 'b' }), path.format({ root: '/', name: 'n', ext: '.e' }), path.format({ root: '/', name: 'n', ext: 'e' }), path.format({ name: 'n' }), path.format({ dir: '/', root: '/', base: 'x' }));
console.log(path.sep, path.delimiter, path.posix === path);
for (const f of ['join', 'resolve', 'dirname', 'normalize']) try { path[f](1); } catch (e) { console.log(f, e.name, e.code); }
console.log(path.basename('file.txt', 'file.txt'), path.basename('a/b', 'b'), path.basename('aabb', 'bb'), path.basename('/a/b.c', ''));
